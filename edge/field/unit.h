/* One lane's device as its link thread sees it: what was read, what is to be written. Used by the
 * link thread alone; everything from other threads arrives through link.c. See field.h for the
 * rules.
 *
 * The functions that talk to the device do one transaction at a time, so that a command never waits
 * for more than one. */
#ifndef BOOMGATE_EDGE_FIELD_UNIT_H
#define BOOMGATE_EDGE_FIELD_UNIT_H

#include "edge/field/breaker.h"
#include "edge/field/field.h"
#include "edge/field/frame.h"
#include "edge/field/real_time.h"
#include "edge/field/transport.h"
#include "edge/ports.h"
#include "protocol/modbus/decode.h"
#include "protocol/support/clock_source.h"
#include "protocol/support/mailbox.h"

enum { MOTION_QUEUE = 8, OUTCOME_QUEUE = MOTION_QUEUE + 2, DATA_BYTES_MAX = 250 };

/* A motion command on its way to the device. */
struct motion {
    enum lane_command command;
    struct mono_ms expires;
    bool in_doubt; /* written under `sequence`, the answer was lost */
    uint16_t sequence;
};

/* What the agent wants shown; the newest wins. A counter unlike the written one means work. */
struct outputs {
    bool green, full_sign;
    char display[DISPLAY_SIZE];
    char ticket[CREDENTIAL_TEXT_SIZE];
    uint32_t lights_set, display_set, camera_set, restart_set, number_set, ticket_set;
};

/* How far a scan is. A device that is taken up begins at the top, any other one at the ranges. */
enum unit_stage {
    STAGE_PROBE,    /* one register or bit: is anybody there, in step? */
    STAGE_IDENTITY, /* is it the device the profile is of? */
    STAGE_ECHO,     /* the last command sequence it took */
    STAGE_RELEASE,  /* coils we may have left on */
    STAGE_HELD,     /* a level an earlier host left to hold the arm open */
    STAGE_TIMEOUT,  /* its watchdog */
    STAGE_FALLBACK, /* ... and what it does then */
    STAGE_RANGES,
};

struct unit {
    size_t lane; /* the agent's number */
    struct name name;
    struct profile profile;
    struct plan plan;
    uint8_t address[PROFILE_DEVICES];
    int64_t watchdog_ms;
    enum field_fallback fallback;
    struct transport *transport; /* the link's */
    const struct clock_source *clock;
    struct mailbox *inputs;
    int64_t stale_us;

    /* Reading. Times are real microseconds. */
    struct breaker breaker;
    enum unit_stage stage;
    size_t step;  /* within the stage */
    bool ready;   /* a whole scan was done on this connection */
    bool misfit;  /* the device is not what the profile says */
    bool echoing; /* the line's echo was told */
    bool have_inputs;
    bool have_status;
    int64_t read_us;      /* inputs last read */
    int64_t heartbeat_us; /* heartbeat last seen to move */
    int64_t status_due_us;
    struct image image; /* into `data` */
    uint8_t data[PLAN_RANGES_MAX][DATA_BYTES_MAX];
    bool have[PLAN_RANGES_MAX];
    bool plate_news;               /* the plate's range holds something else than before */
    struct lane_snapshot snapshot; /* of the last reads */
    bool text_swapped;             /* no plate of it is believed until one proves the order */
    struct counter forward, reverse;
    struct crossings crossings;
    uint32_t falls; /* of loop B, since the counters were last read */

    /* Reporting. */
    bool changed; /* since the last post */
    int64_t posted_us;
    uint16_t posted_plate; /* sequence */
    struct command_outcome outcomes[OUTCOME_QUEUE];
    size_t outcome_count;

    /* Motion. */
    uint16_t sequence; /* last one used or echoed */
    struct motion motions[MOTION_QUEUE];
    size_t motion_count;
    bool closing; /* a close may be executing: F5 applies */
    bool held;    /* a level holds the arm open: no close pulls against it */
    int64_t reflex_after_us;
    bool reflex_told;
    int64_t pulse_end_us[PROFILE_COMMANDS]; /* of the command's coil; 0: it is off */
    int64_t output_end_us[PROFILE_OUTPUTS];

    /* Outputs. */
    struct outputs wanted, written;
    uint32_t alive, alive_seen; /* F7: turns of the agent, and the last one told to the device */
    uint16_t host_heartbeat;
    int64_t host_heartbeat_due_us;
};

void unit_init(struct unit *u, const struct field_lane *lane, size_t number,
               struct transport *transport, const struct clock_source *clock,
               struct mailbox *inputs, int64_t stale_ms);

/* The functions below that return enum err: ERR_OK; ERR_DENIED: this unit failed (an exception, or
 * it is not what the profile says), the line is good; ERR_TIMEOUT, ERR_UNAVAIL: the transaction failed,
 * and transport_connected says whether the line did too. */

/* One transaction of a scan: take-up if it is due, inputs, reflex, plate, and status when due.
 * *ret_more: the scan goes on. */
enum err unit_scan(struct unit *u, int64_t now_us, bool *ret_more);

/* Reads the inputs; part of every close. */
enum err unit_read_inputs(struct unit *u);

/* Reads the echo of the last command. */
enum err unit_read_echo(struct unit *u, uint16_t *ret_sequence, enum command_result *ret_result);

/* The connection was lost. */
void unit_disconnected(struct unit *u);

/* The scan ended, well or not (breaker.h): `took_us` is what it cost. */
void unit_scanned(struct unit *u);
void unit_failed(struct unit *u, int64_t now_us, int64_t took_us);

/* Takes a motion command into the queue; a full queue is reported as an outcome with ERR_FULL. */
void unit_order(struct unit *u, enum lane_command c, struct mono_ms expires);

/* Executes what is queued, in order, if the unit is ready. */
enum err unit_move(struct unit *u);

/* Drops and reports what expired; also while the device is away. */
void unit_expire(struct unit *u);

/* The reflex (F5) on the inputs as last read. */
enum err unit_reflex(struct unit *u, int64_t now_us);

/* Writes the next of: pulses that end, changed lights, display, pulses, the host heartbeat when due.
 * *ret_more: there was something, so there may be more. */
enum err unit_write_outputs(struct unit *u, int64_t now_us, bool *ret_more);

/* Turns off the `step`th of the coils a lost connection may have left on. False: there is no such. */
bool unit_release_coil(struct unit *u, size_t step, enum err *ret);

/* Reports an outcome to the agent, now or as soon as its mailbox has room. */
void unit_outcome(struct unit *u, enum lane_command c, enum command_result r, enum err e);

/* Posts what there is to post (F2). */
void unit_report(struct unit *u, int64_t now_us);

#endif
