/* One lane's device as its link thread sees it: what was read, what is to be written. Used by the
 * link thread alone; everything from other threads arrives through link.c. See field.h for the
 * rules. */
#ifndef BOOMGATE_EDGE_FIELD_UNIT_H
#define BOOMGATE_EDGE_FIELD_UNIT_H

#include "edge/field/real_time.h"
#include "edge/field/transport.h"
#include "edge/ports.h"
#include "protocol/support/clock_source.h"
#include "protocol/support/mailbox.h"

enum { MOTION_QUEUE = 8, OUTCOME_QUEUE = MOTION_QUEUE + 2 };

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
    uint32_t lights_set, display_set, camera_set, restart_set;
};

struct unit {
    size_t lane; /* the agent's number */
    struct name name;
    uint8_t address;
    struct transport *transport; /* the link's */
    const struct clock_source *clock;
    struct mailbox *inputs;
    int64_t stale_us;

    /* Reading. Times are real microseconds. */
    bool ready;  /* identity and echo were read on this connection */
    bool misfit; /* the device is not what the map says */
    bool have_inputs;
    bool have_status;
    int64_t read_us;      /* inputs last read */
    int64_t heartbeat_us; /* heartbeat last seen to move */
    int64_t status_due_us;
    int failures; /* in a row */
    int64_t skip_until_us;
    struct lane_snapshot snapshot; /* of the last reads */

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
    int64_t reflex_after_us;
    bool reflex_told;

    /* Outputs. */
    struct outputs wanted, written;
    uint16_t host_heartbeat;
    int64_t host_heartbeat_due_us;
};

void unit_init(struct unit *u, size_t lane, const struct name *name, uint8_t address,
               struct transport *transport, const struct clock_source *clock,
               struct mailbox *inputs, int64_t stale_ms);

/* The functions below that return enum err: ERR_OK; ERR_DENIED: this unit failed (an exception, or
 * it is not what the map says), the connection is good; ERR_TIMEOUT, ERR_UNAVAIL: the connection is
 * gone. */

/* One scan: inputs, reflex, plate, and status when due. The first one on a connection checks the
 * identity and learns the device's last command sequence. */
enum err unit_scan(struct unit *u, int64_t now_us);

/* Reads the inputs; part of a scan and of every close. */
enum err unit_read_inputs(struct unit *u);

/* Reads the echo of the last command. */
enum err unit_read_echo(struct unit *u, uint16_t *ret_sequence, enum command_result *ret_result);

/* The connection was lost. */
void unit_disconnected(struct unit *u);

/* Counts a failed scan. If `isolate`, the unit is left alone from the second in a row on, for 0.5,
 * 1, 2, ... 10 s, so that it does not hold up its neighbours; a misfit at once, for 5 s. */
void unit_failed(struct unit *u, int64_t now_us, bool isolate);

/* Takes a motion command into the queue; a full queue is reported as an outcome with ERR_FULL. */
void unit_order(struct unit *u, enum lane_command c, struct mono_ms expires);

/* Executes what is queued, in order, if the unit is ready. */
enum err unit_move(struct unit *u);

/* Drops and reports what expired; also while the device is away. */
void unit_expire(struct unit *u);

/* The reflex (F5) on the inputs as last read. */
enum err unit_reflex(struct unit *u, int64_t now_us);

/* Writes changed lights, display, pulses, and the host heartbeat when due. */
enum err unit_write_outputs(struct unit *u, int64_t now_us);

/* Reports an outcome to the agent, now or as soon as its mailbox has room. */
void unit_outcome(struct unit *u, enum lane_command c, enum command_result r, enum err e);

/* Posts what there is to post (F2). */
void unit_report(struct unit *u, int64_t now_us);

#endif
