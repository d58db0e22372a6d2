/* What the agent needs from the world, as tables of functions. Adapters (journal/, field/, uplink/)
 * implement them; tests implement them with fakes that can fail their Nth call.
 *
 * The order of a turn (agent/agent.c): drain, decide, journal.commit, act. Whatever moves an arm or
 * leaves the machine happens after commit returned ERR_OK. */
#ifndef BOOMGATE_EDGE_PORTS_H
#define BOOMGATE_EDGE_PORTS_H

#include "edge/core/admission.h"
#include "edge/core/bound.h"
#include "edge/core/lease.h"
#include "edge/core/passback.h"
#include "edge/core/rights_fetch.h"
#include "edge/core/spaces.h"
#include "protocol/base/clock.h"
#include "protocol/base/id.h"
#include "protocol/base/ticket.h"
#include "protocol/modbus/lane_io.h"
#include "protocol/wire/command.h"
#include "protocol/wire/event.h"
#include "protocol/wire/grant.h"
#include "protocol/wire/plate_text.h"
#include "protocol/wire/request.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* What survives a restart, one row per journal. */
struct edge_memory {
    struct request_id journal; /* minted with the journal */
    int64_t epoch;             /* 0: none given yet, admits nobody */
    int64_t next;              /* seq of the next event */
    int64_t base;              /* acknowledged up to here */
    struct digest head;        /* of event next - 1 */
    int64_t boot;              /* this start's number */
    struct spaces spaces;
    struct bound_spaces bound;
    int64_t owed; /* recalled, not yet returned */
    struct lease lease;
    int64_t
        audit_due; /* after fire: nobody is let in on a space until an audit covers this event; 0 */
    struct wall_ms since; /* when the journal began */
};

/* What survives a restart, one row per lane. */
struct lane_memory {
    struct name lane;
    int state;                   /* enum lane_state */
    struct movement_id movement; /* "" when idle */
    struct plate plate;
    struct credential_text credential; /* shown, or of the ticket that was issued */
    enum ticket_stage ticket;
    bool authorised;
    enum basis basis;
    struct request_id request; /* that decided, or is outstanding */
    bool b_seen;               /* loop B was on since the authorisation */
    bool a_clear_seen;         /* loop A was clear between authorisation and the fall of B */
    bool c_seen;               /* loop C was on after B (three-loop lanes) */
    uint16_t plate_sequence;   /* last one taken from the device */
    uint16_t credential_sequence;
    struct wall_ms presented;
    struct wall_ms decided; /* when authorised; 0 otherwise */
    bool reversed;          /* of a reversible lane: the Movement goes from C to A */
    uint32_t modes;         /* bits of enum lane_mode */
    uint32_t alarms;        /* bits of enum alarm: said to be active */
};

/* A command whose id was committed: it is never begun again. */
struct order_memory {
    struct request_id id;
    struct name lane;
    enum action action;
    enum stage stage; /* as last recorded */
    struct wall_ms not_after;
};

typedef enum err replay_take(void *arg, const void *bytes, size_t len);

/* All calls on the loop thread. begin..commit brackets one turn; rollback ends it without effect.
 * Any ERR_IO means the journal cannot be trusted to have stored the turn. */
struct journal_port {
    void *self;
    enum err (*begin)(void *self);
    /* Appends one outbox row. seq = memory.next - 1 rules are the agent's. */
    enum err (*append)(void *self, int64_t seq, const struct digest *digest, const void *bytes,
                       size_t len);
    enum err (*save_edge)(void *self, const struct edge_memory *m);
    enum err (*save_lane)(void *self, const struct lane_memory *m);
    /* Remembers a grant id of an epoch as answered; ERR_CONFLICT if it already was. */
    enum err (*grant_answered)(void *self, int64_t epoch, int64_t grant);
    /* Marks rows up to `upto` acknowledged (kept for 7 days). */
    enum err (*acknowledge)(void *self, int64_t upto, struct wall_ms now);
    /* Rows after `upto` were not acknowledged after all. */
    enum err (*rewind)(void *self, int64_t upto);
    /* A new epoch: forgets rows up to `upto` and which grants were answered, sets the later rows aside,
     * hands each to `take` in order, which may append, and then forgets it. Returns what `take` returned
     * if that was no ERR_OK. */
    enum err (*replay)(void *self, int64_t upto, replay_take *take, void *arg);
    /* Of a row that is kept. ERR_NOTFOUND. Also between turns, as the next. */
    enum err (*digest_at)(void *self, int64_t seq, struct digest *ret);
    /* The lowest seq of all rows that are kept; 0: none is. */
    enum err (*oldest)(void *self, int64_t *ret);
    enum err (*commit)(void *self);
    void (*rollback)(void *self);
    enum err (*save_order)(void *self, const struct order_memory *o); /* inserts or replaces */
    enum err (*find_order)(void *self, const struct request_id *id,
                           struct order_memory *ret); /* ERR_NOTFOUND: never seen */
    /* Those without an end: at most one per lane. ERR_FULL: more than `max`. */
    enum err (*open_orders)(void *self, struct order_memory *ret, size_t max, size_t *ret_count);
};

/* What the rights store knows of its list. */
struct rights_memory {
    struct rights_fetch fetch;
    struct wall_ms confirmed; /* the cloud last said that it is the newest; v == 0: never */
    int64_t announced;        /* version whose rights.applied is in the journal */
};

/* The rights list. Optional: without `find` there is no list. All calls on the loop thread. ERR_IO
 * means that the list could not be read or changed; the journal and the lanes do not depend on it. */
struct rights_port {
    void *self;
    enum err (*load)(void *self, struct rights_memory *ret);
    /* Up to `max` rights of this plate or of one a camera may take it for (plate_fold), or of this
     * credential; either may be "". Of each, first what bars, then what ends last. */
    enum err (*find)(void *self, const struct plate *plate, const char *credential,
                     struct right *ret, size_t max, size_t *ret_count);
    /* Keeps a part; `after` is how far the fetch has come with it. ERR_CONFLICT: it is not the next
     * one; what is there already is not kept twice. */
    enum err (*stage)(void *self, const struct rights_fetch *after, const struct rights_part *p);
    /* The same with the last part, which puts the list in force. */
    enum err (*activate)(void *self, const struct rights_fetch *after, const struct rights_part *p);
    enum err (*confirmed)(void *self, struct wall_ms at);
    /* When a right ends; {0}: it does not. ERR_NOTFOUND: the list does not have it. */
    enum err (*end_of)(void *self, const struct right_id *id, struct wall_ms *ret);
    enum err (*announced)(void *self, int64_t version);

    /* Where a right was seen last; SIDE_NEUTRAL if that is not known. */
    enum err (*side)(void *self, const struct right_id *right, enum side *ret);
    enum err (*set_side)(void *self, const struct right_id *right, enum side s);
    enum err (*clear_sides)(void *self);

    /* When a vehicle came in here, for the edge's own quote; `key` is its plate or what it showed.
     * ERR_NOTFOUND: not seen, or too long ago. */
    enum err (*entered)(void *self, const char *key, struct wall_ms at);
    enum err (*entry_of)(void *self, const char *key, struct wall_ms *ret);
    enum err (*left)(void *self, const char *key);
};

/* What a stay costs by the edge's own rate table. Optional: without `price` nothing is quoted. */
struct quote_port {
    void *self;
    enum err (*price)(void *self, struct wall_ms entry, struct wall_ms exit, struct money *ret);
};

/* Commands to the hardware. Never blocks; the link thread executes. ERR_FULL: its queue is full. */
struct field_port {
    void *self;
    /* A motion command. It is dropped unexecuted after `expires`. A close is re-checked by the link
     * thread against freshly read safety inputs. */
    enum err (*command)(void *self, size_t lane, enum lane_command c, struct mono_ms expires);
    /* Levels and pulses; the newest wins. */
    enum err (*lights)(void *self, size_t lane, bool green, bool full_sign);
    enum err (*display)(void *self, size_t lane, const char *text); /* < DISPLAY_SIZE bytes */
    enum err (*trigger_camera)(void *self, size_t lane);
    enum err (*acknowledge_restart)(void *self, size_t lane);
    /* The agent's loop turns and this lane's machine was worked: without it the device's watchdog is
     * no longer fed. */
    void (*alive)(void *self, size_t lane);
    /* One ticket with this text, at most CREDENTIAL_TEXT_SIZE - 1 bytes; the device gives none while its
     * arm is not down. */
    enum err (*issue_ticket)(void *self, size_t lane, const char *text);
};

/* The way to the cloud. Never blocks. */
struct uplink_port {
    void *self;
    /* New outbox rows are committed up to next - 1: send when the window allows. */
    void (*wake)(void *self);
    /* Asks; ERR_UNAVAIL without a session. The answer comes back as an agent input. */
    enum err (*ask)(void *self, const struct request *r);
};

/* Identifiers nobody can guess. */
struct entropy_port {
    void *self;
    struct movement_id (*movement)(void *self);
    struct request_id (*request)(void *self);
    struct ticket (*ticket)(void *self);
};

/* Inputs of a turn, in order of arrival. INPUT_IO comes on every change and at least every 500 ms
 * of real time; an agent that hears nothing for `silence_ms` treats the lane as stale by itself. */
enum input_kind {
    INPUT_IO, /* a lane's inputs, status, plate as last scanned */
    INPUT_COMMAND_RESULT,
    INPUT_UPLINK_UP,
    INPUT_UPLINK_DOWN,
    INPUT_ACK,
    INPUT_RESPONSE,
    INPUT_GRANT,
    INPUT_ORDER,      /* a command from afar */
    INPUT_EDGE_ALARM, /* what the host sees of itself */
    INPUT_CLOCK,
    INPUT_STORAGE,
    INPUT_RIGHTS,
    INPUT_CREDENTIAL, /* a camera pushed a plate */
};

struct lane_snapshot {
    bool fresh;      /* false: reads fail or are older than the limit; the rest is the last known */
    uint32_t inputs; /* bits of enum lane_input */
    struct lane_status status;
    struct plate_reading plate;
    struct mono_ms read_at; /* when the inputs were on the wire */
    int64_t link_us;        /* duration of the last transaction */
    uint32_t lost; /* changes nobody saw since the last snapshot (full mailbox): a count gap */
    struct credential_reading credential;
    struct lane_counts counts;
    uint32_t missed; /* vehicles the device counted and no scan saw, since the last snapshot */
    enum device_breaker breaker;
};

struct command_outcome {
    enum lane_command command;
    enum command_result result; /* RESULT_NONE: expired or the write failed, see err */
    enum err err;
};

struct ack_input {
    int64_t epoch;
    int64_t upto;
};

/* A condition of the edge: level, not edge; the agent records its changes. */
struct edge_alarm_input {
    enum alarm alarm; /* ALARM_DISK .. ALARM_UPLINK_STALLED, ALARM_CONFIGURATION */
    bool active;
    char detail[EVENT_DETAIL_SIZE]; /* "": none */
};

/* A plate as a camera said it. */
struct credential_input {
    char raw[PLATE_RAW_SIZE];
    uint8_t len;
    int64_t confidence; /* 0..10000 */
};

/* A part of the rights list, on the heap: see agent_input_release. */
struct rights_input {
    struct rights_part *part;
    char sha256[RIGHTS_SHA_SIZE]; /* of the bytes of its entries */
};

struct agent_input {
    enum input_kind kind;
    size_t lane; /* INPUT_IO, INPUT_COMMAND_RESULT */
    union {
        struct lane_snapshot io;
        struct command_outcome command;
        struct ack_input ack;
        struct grant grant;
        struct command order;
        struct response response;
        struct edge_alarm_input alarm;
        enum clock_state clock;
        bool frugal; /* INPUT_STORAGE: only business facts are recorded */
        struct rights_input rights;
        struct credential_input credential;
    };
};

/* Frees what an input brought with it, after its turn. */
static inline void agent_input_release(const struct agent_input *in)
{
    if (in->kind == INPUT_RIGHTS)
        free(in->rights.part);
}

#endif
