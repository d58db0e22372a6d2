/* The edge's configuration file (edge/deploy/edge.yaml is a commented example; `boomgate-edge
 * --help-config` prints every key). The rows in config.c are the master copy of each setting. */
#ifndef BOOMGATE_EDGE_CONFIG_H
#define BOOMGATE_EDGE_CONFIG_H

#include "edge/agent.h"
#include "edge/camera/camera.h"
#include "edge/config_files.h"
#include "edge/field/field.h"
#include "protocol/support/clock_source.h"
#include "protocol/support/log.h"
#include "protocol/support/table.h"

enum { CONFIG_PATH_SIZE = 256, CONFIG_TEXT_SIZE = 128, CONFIG_FAULT_SIZE = 640 };

struct edge_config {
    struct name place, edge;
    char journal[CONFIG_PATH_SIZE];
    char signing_key[CONFIG_PATH_SIZE]; /* "": none */
    int64_t journal_max_mib;
    char rights_file[CONFIG_PATH_SIZE];
    char tariff[CONFIG_PATH_SIZE]; /* "": nothing is quoted */
    char zone[CONFIG_TEXT_SIZE];
    int log_level; /* index into error, warn, notice, info, debug */

    struct config_broker {
        char host[CONFIG_TEXT_SIZE];
        int64_t port;
        char username[CONFIG_TEXT_SIZE]; /* "": PLACE/EDGE if there is a password, else none */
        char password[CONFIG_TEXT_SIZE];
        char password_file[CONFIG_PATH_SIZE]; /* its first line goes to `password` */
        int64_t reconnect_min_ms, reconnect_max_ms;
        int line;
    } broker;

    struct config_link {
        struct field_link link;
        int64_t max_command_ms;
        struct budget budget; /* computed */
        int line;
    } links[FIELD_LINKS_MAX];
    size_t link_count;

    struct config_lane {
        struct name name;
        int direction; /* 0 entry, 1 exit, 2 reversible */
        struct name link;
        int64_t unit;
        char profile[CONFIG_PATH_SIZE];
        struct config_io { /* an input module beside it; unit 0: none */
            int64_t unit;
            char profile[CONFIG_PATH_SIZE];
        } io;
        int64_t watchdog_ms;
        int64_t confidence_min;
        int passback;     /* enum passback_policy */
        int offline_exit; /* 0 open, 1 hold */
        int fallback;     /* enum field_fallback */
        int64_t loops;
        int64_t open_ms, hold_open_ms, close_delay_ms, close_ms; /* domain time */
        int64_t a_stuck_ms, b_stuck_ms;                          /* domain time */
        int mains_lost;                                          /* enum lane_mains */
        int line;
    } lanes[FIELD_LANES_MAX];
    size_t lane_count;
    struct profile profiles[FIELD_LANES_MAX]; /* of the lanes, read and joined */

    struct config_camera {
        char bind[CONFIG_TEXT_SIZE];
        int64_t port; /* 0: no camera pushes */
        char token[CAMERA_TOKEN_SIZE];
        int line;
    } camera;

    struct config_deadlines {
        int64_t entry_ms, exit_ms; /* real time: an answer from the cloud */
        int64_t no_credential_ms, unanswered_ms, pending_ms; /* domain time */
    } deadlines;

    bool remote_open_unsynced; /* commands may raise an arm while the clock is not synced */
    int64_t keep_spaces;       /* free spaces above this are returned */
};

/* Reads and checks `file` and what it names, out of `files`. ERR_NOTFOUND or ERR_INVAL if it is not right:
 * ret_fault says "FILE:LINE: KEY: what was found and expected". Large: not for the stack. */
enum err config_read(const char *file, struct config_files *files, struct edge_config *ret,
                     char ret_fault[CONFIG_FAULT_SIZE]);

/* What an agent that runs with `now` cannot change to without a stop (whose journal it is); fills
 * ret_fault. ERR_OK: nothing. */
enum err config_check_change(const char *file, const struct edge_config *now,
                             const struct edge_config *next, char ret_fault[CONFIG_FAULT_SIZE]);

/* What follows from the configuration, on stdout: per link how long a scan and a command take, per lane
 * whether the edge or the barrier closes. */
void config_print_outcome(const struct edge_config *c);

/* Every key with its bounds, default and meaning, on stdout. */
void config_print_help(void);

/* What the parts want to know, in the order of the file. The lanes point to c->profiles. */
struct agent_config config_agent(const struct edge_config *c, const struct clock_source *clock);
enum log_level config_log_level(const struct edge_config *c);
struct camera_config config_camera(const struct edge_config *c);
void config_field(const struct edge_config *c, struct field_link *ret_links,
                  struct field_lane *ret_lanes);

#endif
