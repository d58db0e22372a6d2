/* The edge's application: drains its inputs, lets the pure cores decide, commits one journal
 * transaction and only then acts. Owns all mutable state of an edge; single-threaded.
 *
 * A1 No motion, display, question or wake-up leaves before the commit of what it rests on.
 * A2 A turn that fails leaves the state as it was before the turn, and nothing was acted.
 * A3 A turn that changes nothing durable writes no transaction.
 * A4 An entry is authorised only with an epoch and a space in hand, spent in the same transaction.
 * A5 Without an epoch nothing is recorded and only `hello` is asked: entries stay closed, exits
 *    open by the local rule; what crossed is told as one count.gap per lane once there is an epoch,
 *    and what opened with its own time.
 * A6 After a restart, an authorised vehicle still on loop A before an arm still down gets its open
 *    command again if it was decided less than `reissue_ms` (lane_config) ago: the first one was
 *    lost or is not executed yet, and opening twice is harmless. Any other movement that cannot be
 *    followed to its end ends `uncertain`.
 * A7 The question of a vehicle that waits on `pending` is repeated under its id, because the final
 *    answer travels at QoS 0 and may be lost.
 * A8 An acknowledgement moves the base at once and is written with the next transaction, after
 *    `ack_save_ms` at the latest. A crash in between only costs a resend.
 * A9 An agent that cannot commit is crippled (lane.md): nothing is recorded, no entry is authorised,
 *    an exit opens by the local rule for a vehicle on loop A, each fact is a line of the log. What
 *    was on record as begun when it began is settled when a commit works again; all other crossings
 *    are counted and told as one count.gap per lane. Openings are told with their own times.
 * A10 When storage is nearly full, observations (retention.h) are left out of the record and told as
 *    one count.gap per lane when there is room again; no other fact ever is.
 * A11 Only the answer to the latest hello is obeyed. One that names another epoch ends this one in one
 *    transaction: the events the cloud does not have are written anew in the new epoch, which begins
 *    without spaces (core/rechain.h).
 * A12 Spaces are used only while the lease runs: without it no entry is authorised and no grant taken.
 *    Exits do not care. What was recalled goes back first.
 * A13 Fire at one lane opens all lanes of the edge. What crosses then is not counted, so that no entry
 *    is authorised from then on until an audit (`audit_due` of the edge's memory). */
#ifndef BOOMGATE_EDGE_AGENT_H
#define BOOMGATE_EDGE_AGENT_H

#include "edge/core/admission.h"
#include "edge/core/lane.h"
#include "edge/core/order.h"
#include "edge/core/right.h"
#include "edge/core/spaces.h"
#include "edge/ports.h"
#include "protocol/wire/event.h"
#include "protocol/wire/status.h"

enum { AGENT_LANES_MAX = 16, AGENT_OPENINGS_MAX = 64 };

struct agent_config {
    struct name place;
    struct name edge;
    char version[VERSION_SIZE];
    enum clock_state clock;    /* at the start; INPUT_CLOCK tells what becomes of it */
    bool remote_open_unsynced; /* commands may raise an arm while the clock is not synced */
    int64_t keep_max;          /* free spaces above this are returned */
    int64_t rate;              /* domain milliseconds per real millisecond: 1 outside simulation */

    /* Real time: network and link. */
    int64_t entry_deadline_ms;
    int64_t exit_deadline_ms;
    int64_t hello_retry_ms; /* an unanswered hello is followed by another */
    int64_t ack_save_ms;    /* A8 */
    int64_t silence_ms;     /* no INPUT_IO for this long: stale */
    int64_t close_expiry_ms;
    int64_t open_expiry_ms;
    int64_t link_slack_ms; /* added to motion timeouts: a scaled clock leaves the link its time */

    /* Domain time. */
    int64_t hello_ms;
    int64_t rights_ms;        /* the rights list is confirmed at least this often */
    int64_t ask_again_ms;     /* a refused vehicle still on loop A asks again */
    int64_t pending_ms;       /* a `pending` exit without a final answer opens */
    int64_t no_credential_ms; /* nothing readable after this */
    int64_t unanswered_ms;    /* an exit without credential opens after this */
    int64_t plate_keep_ms;    /* a plate read before its vehicle is on loop A is good this long */
    int64_t plate_again_ms;   /* the plate of who has just passed is read again for this long */

    size_t lane_count;
    struct agent_lane_config {
        struct name name;
        struct lane_config lane;
        int64_t confidence_min; /* a plate read with less counts as not read; 0..10000 */
        enum passback_policy passback;
        bool hold_offline; /* an exit without the cloud waits `unanswered_ms` before it opens */
        bool tickets;      /* an entry whose device prints the text it is given */
        bool taken_input;  /* ... and tells when a ticket was taken */
        bool reader;       /* the device reads tickets, codes or cards */
    } lanes[AGENT_LANES_MAX];
};

/* Every default of lane.md and wire.md; names, lanes and version are left empty. */
struct agent_config agent_config_default(void);

/* ERR_INVAL: no lane or too many, an empty or repeated name, a figure that is not positive, or a
 * lane without direction. */
enum err agent_config_check(const struct agent_config *c);

struct agent_ports {
    struct journal_port journal;
    struct field_port field;
    struct uplink_port uplink;
    struct entropy_port entropy;
    struct rights_port rights; /* optional */
    struct quote_port quote;   /* optional */
};

/* What a lane's display and lights were last told, to send only changes. */
struct lane_outputs {
    bool known; /* false: the device must be told again */
    bool green;
    bool full_sign;
    char display[DISPLAY_SIZE];
};

/* A reading, or what several said of one vehicle. */
struct credential {
    struct plate plate; /* "" : none */
    struct plate_raw raw;
    int64_t confidence;
    struct credential_text shown; /* ticket, code or card; "": none */
    enum medium medium;
};

/* One lane as the agent sees it. */
struct agent_lane {
    struct lane lane;
    struct admission admission;

    /* The open Movement; all zero when there is none. */
    struct agent_movement {
        struct movement_id id;
        bool unrecorded; /* it began without an epoch: A5 */
        struct credential credential;
        struct credential held; /* shown while a question was out */
        enum ticket_stage ticket;
        bool helped; /* somebody at the lane wants help, since: */
        struct mono_ms helped_at;
        enum basis basis;
        enum reason reason; /* last recorded denial */
        bool barred;        /* ... was because of the lane, whoever it is */
        enum direction direction;
        bool unfunded; /* let through by a person without a space in hand: counted as it crosses */
        struct request_id request;
        struct right_found right; /* what the list says of the credential */
        struct money due;         /* the edge's own quote; currency "" if there is none */
        bool read_twice;          /* the camera was asked again after a poor reading */
        struct wall_ms presented;
        struct wall_ms decided;
    } movement;

    /* A plate read before its vehicle is presented, or of one that never is. */
    struct credential ahead;
    /* Who passed last: readings of it that come late are not of the next vehicle. */
    struct credential passed;
    struct mono_ms passed_until;

    bool ahead_left; /* loop A fell since: only good to name who crossed unauthorised */
    struct mono_ms ahead_until;

    bool heard;           /* fresh inputs came since the start */
    struct order command; /* the last one from afar */

    uint16_t plate_sequence; /* last one taken from the device */
    uint16_t credential_sequence;
    bool button, taken;          /* of the ticket, as last seen */
    struct mono_ms button_until; /* pressed again before that is one pressing */
    bool restarted;              /* the device's latch, as last seen */
    uint16_t boots;              /* its boot counter, once heard */
    struct mono_ms silent;       /* no INPUT_IO until then: stale */
    uint32_t inputs;
    int64_t link_us;
    enum device_breaker breaker;
    int64_t missed; /* crossings without an epoch */
    bool full;      /* the cloud said so: the sign */
    char text[DISPLAY_SIZE];
    int64_t left_out;        /* A10: observations */
    int64_t openings_beyond; /* A9: for which there was no room */
    struct lane_memory saved;

    /* A9: the Movement that was on record when the agent was crippled, and what came of it. */
    struct agent_owed {
        bool open;
        bool authorised; /* meanwhile, which is not on record */
        bool ended;
        enum event_kind crossing; /* EVENT_PASSAGE_COMPLETED, _VOIDED, _UNAUTHORISED or _UNKNOWN */
        enum reason reason;
        enum outcome outcome;
        struct agent_movement movement;
    } owed;

    struct request_id order; /* the command whose order is being carried out, or "" */

    /* Decided in this turn, done after the commit. */
    enum lane_command motion;
    bool camera;
    bool issue; /* print the ticket of the Movement */
    bool acknowledge_restart;
    bool refresh; /* tell lights and display again */
    bool ask;     /* the question is built when it is sent */
    /* Found out while acting; the next turn's business. */
    enum lane_command failed;
};

/* ALARM_DISK .. ALARM_UPLINK_STALLED, ALARM_CONFIGURATION. */
enum { EDGE_ALARMS = ALARM_UPLINK_STALLED - ALARM_DISK + 2 };

/* The rights list: what is in force, what is coming in, and when to ask. */
struct agent_rights {
    struct rights_fetch fetch;
    struct request_id request; /* outstanding, or "" */
    struct mono_ms asked;      /* when it was sent */
    struct mono_ms due;        /* ask (again) then */
    bool ask;                  /* after this turn's commit */
    bool confirmed;            /* at `confirmed_at`, at least once */
    struct mono_ms confirmed_at;
    int64_t announced;       /* version told by an event */
    bool announce;           /* told in this turn */
    struct mono_ms bound_at; /* the last space bound to a right came */
    bool look_at_bound;      /* the list is known to be newer than that */
};

/* Everything a turn may change: copied before, put back if it fails. */
struct agent_state {
    struct edge_memory memory;
    bool online;
    struct mono_ms offline_since;
    struct request_id hello; /* outstanding, or "" */
    bool introduced;         /* the cloud has answered a hello of this session */
    int64_t hello_base;      /* memory.base when it was sent, */
    struct now hello_at;     /* and when that was: its lease counts from then */
    struct agent_probe {
        struct request_id hello; /* whose answer asked for it; "": nothing is asked */
        int64_t at;
    } probe;
    struct mono_ms hello_due;
    bool say_hello; /* after this turn's commit */
    struct agent_rights rights;
    struct mono_ms base_due; /* A8: memory.base is to be written; INT64_MAX: it is */
    bool started;            /* edge.started is on record, or waits for an epoch */
    bool crippled;           /* A9 */
    struct mono_ms crippled_since;
    size_t openings; /* A5, A9: how many of agent.openings are owed */
    bool frugal;     /* A10 */
    bool fire;       /* A13: a lane latched it in this turn */
    struct agent_alarm {
        bool active, told; /* told: what is on record */
        char detail[EVENT_DETAIL_SIZE];
    } alarms[EDGE_ALARMS];
    struct agent_lane lanes[AGENT_LANES_MAX];
};

/* Large: give it static storage or mem_alloc. The fields are the agent's own. */
struct agent {
    struct agent_config config;
    struct admission_config admission;
    struct agent_ports ports;
    struct journal_port journal; /* A9: while crippled, ports.journal leads nowhere */
    enum clock_state clock;
    struct agent_state live;
    struct agent_state before;
    struct lane_outputs shown[AGENT_LANES_MAX];
    struct agent_opening { /* A5, A9: those that are owed come first, in their order */
        size_t lane;
        enum cause cause;
        struct wall_ms time;
        struct mono_ms mono;
        enum clock_state clock;
    } openings[AGENT_OPENINGS_MAX];
    struct now now;
    bool transaction; /* begin was called */
    bool durable;     /* the transaction holds something */
    bool recorded;    /* ... and that includes an event */
    bool has_entry;
    uint64_t late; /* answers that came too late, since the start */
};

/* Begins from what the journal remembers: `lanes` are matched by name, unknown ones are ignored.
 * The boot number in `memory` is already this start's. Copies its arguments. Records edge.started
 * in a transaction of its own if there is an epoch. ERR_INVAL: see agent_config_check. ERR_IO: it
 * could not be recorded; the agent is good for agent_cripple. */
enum err agent_start(struct agent *a, const struct agent_config *config,
                     const struct agent_ports *ports, const struct edge_memory *memory,
                     const struct lane_memory *lanes, size_t lane_count, struct now now);

/* One turn: the inputs in order, due timers, one transaction, then the acts. `n` may be 0.
 * ERR_IO: nothing of the turn happened (A2). */
enum err agent_turn(struct agent *a, const struct agent_input *in, size_t n, struct now now);

/* A9: after agent_turn or agent_start failed with ERR_IO. Turns go on, without the journal, and do
 * not fail. */
void agent_cripple(struct agent *a, struct now now);

/* Tries to commit again; `memory` is what the journal holds. Another journal than before starts
 * without an epoch (A5). ERR_IO: still crippled. */
enum err agent_heal(struct agent *a, const struct edge_memory *memory, struct now now);

bool agent_crippled(const struct agent *a);

/* No vehicle, no motion and no order under way in any lane, and nothing unrecorded: a restart now is
 * noticed by nobody. */
bool agent_idle(const struct agent *a);

/* When to call agent_turn at the latest; INT64_MAX: not before there is an input. */
struct mono_ms agent_next_deadline(const struct agent *a);

/* The figures of a telemetry message; outbox_age_ms is 0 (the journal knows it). */
void agent_snapshot(const struct agent *a, struct now now, struct telemetry *ret);

/* True when rows may be sent: a journal that was set back or copied must first be told so, or its
 * rows contradict those that are committed and freeze the stream. */
bool agent_introduced(const struct agent *a);

/* What the agent holds, for the uplink. Between turns all of it is committed, except base (A8). */
const struct edge_memory *agent_memory(const struct agent *a);

#endif
