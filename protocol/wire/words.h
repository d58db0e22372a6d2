/* The closed vocabularies of the wire, as enums with one spelling each (words.c holds the table).
 * Value 0 is always "absent", so that a zeroed struct says nothing. */
#ifndef BOOMGATE_WIRE_WORDS_H
#define BOOMGATE_WIRE_WORDS_H

#include "protocol/base/err.h"

#include <stddef.h>

/* REVERSIBLE is said of a lane only: a Movement always has one of the other two. */
enum direction { DIRECTION_NONE, DIRECTION_ENTRY, DIRECTION_EXIT, DIRECTION_REVERSIBLE };
/* "entry" "exit" "reversible" */

/* How sure the edge is of its wall clock. */
enum clock_state { CLOCK_NONE, CLOCK_SYNCED, CLOCK_HOLDOVER, CLOCK_UNSET };
/* "synced" "holdover" "unset" */

/* What came of a Movement. */
enum outcome {
    OUTCOME_NONE,
    OUTCOME_DROVE_THROUGH,
    OUTCOME_BACKED_OUT,
    OUTCOME_DENIED,
    OUTCOME_TAILGATED,
    OUTCOME_WRONG_WAY,
    OUTCOME_MANUAL,
    OUTCOME_EVACUATED,
    OUTCOME_UNCERTAIN,
};
/* "drove_through" "backed_out" "denied" "tailgated" "wrong_way" "manual" "evacuated" "uncertain" */

/* Why a passage was authorised. */
enum basis {
    BASIS_NONE,
    BASIS_SPACE,    /* entry: a free space in hand */
    BASIS_BOUND,    /* entry: the space bound to this credential */
    BASIS_PAID,     /* exit: the stay is paid */
    BASIS_FREE,     /* exit: nothing is due */
    BASIS_DEFERRED, /* exit: the cloud opens and records a debt */
    BASIS_OFFLINE,  /* exit: no answer within the deadline; the local rule opens, a debt follows */
    BASIS_MANUAL,
    BASIS_RIGHT,     /* a right of the list: an entry spends a space, too; an exit when offline */
    BASIS_EVACUATED, /* of a stay, never of a passage: it ended by driving out under fire */
};
/* "space" "bound" "paid" "free" "deferred" "offline" "manual" "right" "evacuated" */

/* Why not (or not yet). */
enum reason {
    REASON_NONE,
    REASON_FULL,          /* no space left in the place */
    REASON_PLEASE_WAIT,   /* no space in hand and no answer within the deadline */
    REASON_NO_CREDENTIAL, /* nothing readable in time */
    REASON_DECLINED,      /* the payment was declined */
    REASON_NO_ACCOUNT,    /* no payer account is linked to the plate */
    REASON_PAYMENT,       /* payment under way or unavailable: wait at the barrier */
    REASON_NO_SESSION,    /* exit: no open stay with this plate */
    REASON_CLOSED,        /* lane or place not in operation */
    REASON_LATE,          /* a grant that came after its lease, an answer after its deadline */
    REASON_SURPLUS,       /* spaces returned: more than this edge needs, or it has no entry lane */
    REASON_BACKED_OUT,    /* void: the vehicle left backwards */
    REASON_OPEN_TIMEOUT,  /* void: the arm did not open */
    REASON_UNCERTAIN,     /* void: an exit whose crossing could not be proven */
    REASON_UNAVAILABLE,   /* cannot be decided now */
    REASON_STATE,         /* command: the lane is not in a state that allows or expects it */
    REASON_NO_VEHICLE,    /* command: nobody stands on loop A */
    REASON_LOCAL,         /* command: local stop, or the service key has the lane */
    REASON_FIRE,          /* command: the fire input, or what it left latched */
    REASON_CLOCK,         /* command: the edge cannot tell whether it is still valid */
    REASON_BUSY,          /* command: another one of this lane is under way */
    REASON_UNSAFE,        /* command: a safety input forbids the motion */
    REASON_NO_LANE,       /* command: this edge has no such lane */
    REASON_RESTARTED,     /* command: the agent stopped in between; whether it acted is not known */
    REASON_TIMEOUT,       /* command: what proves it was not seen in time */
    REASON_REFUSED,       /* command: the device refused it, or it could not be written */
    REASON_LOCKED,        /* the lane is locked */
    REASON_HELD_OPEN,     /* the lane is held open */
    REASON_ARM_BROKEN,    /* the arm is broken off or swung away */
    REASON_LIMITS,        /* where the arm is cannot be told from its limit switches */
    REASON_AUDIT,         /* entry: crossings were not counted; nobody until an audit */
    REASON_BARRED,        /* on the deny list */
    REASON_NOT_VALID,     /* has a right, but not for now */
    REASON_PASSBACK,      /* the right's vehicle is inside already */
    REASON_RECALLED,      /* spaces returned: the cloud wants them back */
    REASON_TICKET_USED,   /* exit: the stay of this ticket has ended already */
    REASON_OTHER_PLACE,   /* exit: this ticket is another place's */
};
/* "full" "please_wait" "no_credential" "declined" "no_account" "payment" "no_session" "closed"
 * "late" "surplus" "backed_out" "open_timeout" "uncertain" "unavailable" "state" "no_vehicle"
 * "local" "fire" "clock" "busy" "unsafe" "no_lane" "restarted" "timeout" "refused" "locked"
 * "held_open" "arm_broken" "limits" "audit" "barred" "not_valid" "passback" "recalled"
 * "ticket_used" "other_place" */

/* From which pocket an unauthorised entry crossing was taken. */
enum spent { SPENT_NONE, SPENT_SPACE, SPENT_OVERDRAFT };
/* "space" "overdraft" */

enum alarm {
    ALARM_NONE,
    ALARM_DEVICE_SILENT, /* reads fail or the heartbeat stands still */
    ALARM_OPEN_TIMEOUT,
    ALARM_CLOSE_TIMEOUT,
    ALARM_OBSTRUCTED,
    ALARM_FORCED,       /* arm left down with no command */
    ALARM_UNAUTHORISED, /* a crossing without authorisation */
    ALARM_WRONG_WAY,
    ALARM_PLATE_UNREADABLE, /* impossible registers or text that is not UTF-8 */
    ALARM_LIMITS,           /* both limit switches, or neither without motion */

    /* Of an edge, not of a lane. */
    ALARM_DISK,               /* the journal's storage is nearly full */
    ALARM_JOURNAL,            /* nothing could be committed, or a damaged journal was set aside */
    ALARM_CLOCK,              /* the wall clock stepped, or cannot be right */
    ALARM_SESSION_TAKEN_OVER, /* another client uses this edge's identity */
    ALARM_UPLINK_STALLED,     /* events wait for their acknowledgement for long */

    /* Of a lane. */
    ALARM_LOOP_A_STUCK, /* on for too long: ignored for arming, counting is degraded */
    ALARM_LOOP_B_STUCK, /* on for too long under a raised arm: counting is degraded */
    ALARM_LOOP_FAULT,   /* a detector reports a fault: its loop counts as occupied */
    ALARM_ARM_BROKEN,   /* broken off or swung away: open, unprotected */
    ALARM_MAINS_LOST,
    ALARM_BATTERY_LOW,
    ALARM_CABINET_OPEN,
    ALARM_TICKET_LOW,
    ALARM_HELP,          /* the help button */
    ALARM_PASSBACK,      /* a right comes in twice, or goes out twice, in a row */
    ALARM_CONFIGURATION, /* of an edge: refused; it runs with the last good one */
};
/* "device_silent" "open_timeout" "close_timeout" "obstructed" "forced" "unauthorised" "wrong_way"
 * "plate_unreadable" "limits" "disk" "journal" "clock" "session_taken_over" "uplink_stalled"
 * "loop_a_stuck" "loop_b_stuck" "loop_fault" "arm_broken" "mains_lost"
 * "battery_low" "cabinet_open" "ticket_low" "help" "passback" */

/* What holds a whole lane, the strongest first. */
enum lane_mode {
    LANE_MODE_NONE,
    LANE_MODE_LOCAL_STOP, /* somebody stopped it on the spot */
    LANE_MODE_LOCAL,      /* the service key has it */
    LANE_MODE_FIRE,       /* latched: open until a person resets it */
    LANE_MODE_HOLD_OPEN,
    LANE_MODE_LOCK,
};
/* "local_stop" "local" "fire" "hold_open" "lock" */

/* How the breaker of a lane's device stands. Open: it failed for a while and is left alone but for a probe
 * now and then. */
enum device_breaker { DEVICE_BREAKER_CLOSED, DEVICE_BREAKER_OPEN, DEVICE_BREAKER_PROBING };
/* "open" "probing" */

/* Why an arm opened. */
enum cause {
    CAUSE_NONE,
    CAUSE_TICKET,      /* a casual parker */
    CAUSE_RIGHT,       /* a permit, a booking */
    CAUSE_MANUAL,      /* by hand, at the lane */
    CAUSE_REMOTE,      /* a command */
    CAUSE_FORCED,      /* nobody asked for it */
    CAUSE_FIRE,        /* this lane's fire input */
    CAUSE_EVACUATION,  /* another lane's */
    CAUSE_MAINS,       /* the mains are lost, and the lane is to stand open then */
    CAUSE_OBSTRUCTION, /* met something while closing */
};
/* "ticket" "right" "manual" "remote" "forced" "fire" "evacuation" "mains" "obstruction" */

/* What a person far away asks of a lane. */
enum action {
    ACTION_NONE,
    ACTION_OPEN,      /* let the vehicle on loop A through */
    ACTION_CLOSE,     /* lower an arm that stayed up */
    ACTION_HOLD_OPEN, /* raise the arm and leave it up */
    ACTION_RELEASE,   /* end of HOLD_OPEN */
    ACTION_LOCK,      /* admit nobody */
    ACTION_UNLOCK,
    ACTION_RESET_FAULT, /* a person looked: take up work again */
};
/* "open" "close" "hold_open" "release" "lock" "unlock" "reset_fault" */

/* How far a command has come; the last four are final. */
enum stage {
    STAGE_NONE,
    STAGE_ACCEPTED,  /* its id is committed, the lane was told */
    STAGE_EXECUTING, /* the device took the motion */
    STAGE_DONE,      /* proven: limit switch, or the state asked for */
    STAGE_REJECTED,  /* not begun; the reason says why */
    STAGE_FAILED,    /* begun, and not proven done */
    STAGE_EXPIRED,   /* it came, or would have come, too late */
};
/* "accepted" "executing" "done" "rejected" "failed" "expired" */

/* What must be the case for a command to begin. */
enum expect { EXPECT_NONE, EXPECT_VEHICLE, EXPECT_NO_VEHICLE, EXPECT_ARM_UP, EXPECT_ARM_DOWN };
/* "vehicle" "no_vehicle" "arm_up" "arm_down" */

/* On what a credential beside the plate was read from. */
enum medium { MEDIUM_NONE, MEDIUM_TICKET, MEDIUM_QR, MEDIUM_RFID, MEDIUM_PIN };
/* "ticket" "qr" "rfid" "pin" */

enum verdict { VERDICT_NONE, VERDICT_ALLOW, VERDICT_DENY, VERDICT_PENDING };
/* "allow" "deny" "pending" */

/* The spelling, or "" for 0 and values out of range. Never NULL. */
const char *direction_word(enum direction v);
const char *clock_state_word(enum clock_state v);
const char *outcome_word(enum outcome v);
const char *basis_word(enum basis v);
const char *reason_word(enum reason v);
const char *spent_word(enum spent v);
const char *alarm_word(enum alarm v);
const char *lane_mode_word(enum lane_mode v);
const char *device_breaker_word(enum device_breaker v);
const char *cause_word(enum cause v);
const char *verdict_word(enum verdict v);
const char *action_word(enum action v);
const char *stage_word(enum stage v);
const char *expect_word(enum expect v);
const char *medium_word(enum medium v);

/* ERR_NOTFOUND for a word that is not in the list. */
enum err direction_parse(const char *text, enum direction *ret);
enum err clock_state_parse(const char *text, enum clock_state *ret);
enum err outcome_parse(const char *text, enum outcome *ret);
enum err basis_parse(const char *text, enum basis *ret);
enum err reason_parse(const char *text, enum reason *ret);
enum err spent_parse(const char *text, enum spent *ret);
enum err alarm_parse(const char *text, enum alarm *ret);
enum err lane_mode_parse(const char *text, enum lane_mode *ret);
enum err device_breaker_parse(const char *text, enum device_breaker *ret);
enum err cause_parse(const char *text, enum cause *ret);
enum err verdict_parse(const char *text, enum verdict *ret);
enum err action_parse(const char *text, enum action *ret);
enum err stage_parse(const char *text, enum stage *ret);
enum err expect_parse(const char *text, enum expect *ret);
enum err medium_parse(const char *text, enum medium *ret);

#endif
