/* The spelling of every closed vocabulary, one table each. The enums are in words.h, event.h and
 * request.h; a word added there without a spelling here fails the table's size check. */
#include "protocol/wire/words.h"

#include "protocol/wire/event.h"
#include "protocol/wire/request.h"
#include "protocol/wire/rights.h"
#include "protocol/wire/vocabulary.h"

#include <assert.h>
#include <string.h>

#define VOCABULARY(name, last)                                                                     \
    static_assert(sizeof name##_words / sizeof name##_words[0] == (last) + 1,                      \
                  #name ": one spelling for each value");                                          \
    const struct vocabulary name##_vocabulary = {name##_words, (last) + 1}

static const char *const direction_words[] = {"", "entry", "exit", "reversible"};
VOCABULARY(direction, DIRECTION_REVERSIBLE);

static const char *const clock_state_words[] = {"", "synced", "holdover", "unset"};
VOCABULARY(clock_state, CLOCK_UNSET);

static const char *const outcome_words[] = {
    [OUTCOME_NONE] = "",
    [OUTCOME_DROVE_THROUGH] = "drove_through",
    [OUTCOME_BACKED_OUT] = "backed_out",
    [OUTCOME_DENIED] = "denied",
    [OUTCOME_TAILGATED] = "tailgated",
    [OUTCOME_WRONG_WAY] = "wrong_way",
    [OUTCOME_MANUAL] = "manual",
    [OUTCOME_EVACUATED] = "evacuated",
    [OUTCOME_UNCERTAIN] = "uncertain",
};
VOCABULARY(outcome, OUTCOME_UNCERTAIN);

static const char *const basis_words[] = {
    [BASIS_NONE] = "",           [BASIS_SPACE] = "space",
    [BASIS_BOUND] = "bound",     [BASIS_PAID] = "paid",
    [BASIS_FREE] = "free",       [BASIS_DEFERRED] = "deferred",
    [BASIS_OFFLINE] = "offline", [BASIS_MANUAL] = "manual",
    [BASIS_RIGHT] = "right",     [BASIS_EVACUATED] = "evacuated",
};
VOCABULARY(basis, BASIS_EVACUATED);

static const char *const reason_words[] = {
    [REASON_NONE] = "",
    [REASON_FULL] = "full",
    [REASON_PLEASE_WAIT] = "please_wait",
    [REASON_NO_CREDENTIAL] = "no_credential",
    [REASON_DECLINED] = "declined",
    [REASON_NO_ACCOUNT] = "no_account",
    [REASON_PAYMENT] = "payment",
    [REASON_NO_SESSION] = "no_session",
    [REASON_CLOSED] = "closed",
    [REASON_LATE] = "late",
    [REASON_SURPLUS] = "surplus",
    [REASON_BACKED_OUT] = "backed_out",
    [REASON_OPEN_TIMEOUT] = "open_timeout",
    [REASON_UNCERTAIN] = "uncertain",
    [REASON_UNAVAILABLE] = "unavailable",
    [REASON_STATE] = "state",
    [REASON_NO_VEHICLE] = "no_vehicle",
    [REASON_LOCAL] = "local",
    [REASON_FIRE] = "fire",
    [REASON_CLOCK] = "clock",
    [REASON_BUSY] = "busy",
    [REASON_UNSAFE] = "unsafe",
    [REASON_NO_LANE] = "no_lane",
    [REASON_RESTARTED] = "restarted",
    [REASON_TIMEOUT] = "timeout",
    [REASON_REFUSED] = "refused",
    [REASON_LOCKED] = "locked",
    [REASON_HELD_OPEN] = "held_open",
    [REASON_ARM_BROKEN] = "arm_broken",
    [REASON_LIMITS] = "limits",
    [REASON_AUDIT] = "audit",
    [REASON_BARRED] = "barred",
    [REASON_NOT_VALID] = "not_valid",
    [REASON_PASSBACK] = "passback",
    [REASON_RECALLED] = "recalled",
    [REASON_TICKET_USED] = "ticket_used",
    [REASON_OTHER_PLACE] = "other_place",
};
VOCABULARY(reason, REASON_OTHER_PLACE);

static const char *const spent_words[] = {"", "space", "overdraft"};
VOCABULARY(spent, SPENT_OVERDRAFT);

static const char *const alarm_words[] = {
    [ALARM_NONE] = "",
    [ALARM_DEVICE_SILENT] = "device_silent",
    [ALARM_OPEN_TIMEOUT] = "open_timeout",
    [ALARM_CLOSE_TIMEOUT] = "close_timeout",
    [ALARM_OBSTRUCTED] = "obstructed",
    [ALARM_FORCED] = "forced",
    [ALARM_UNAUTHORISED] = "unauthorised",
    [ALARM_WRONG_WAY] = "wrong_way",
    [ALARM_PLATE_UNREADABLE] = "plate_unreadable",
    [ALARM_LIMITS] = "limits",
    [ALARM_DISK] = "disk",
    [ALARM_JOURNAL] = "journal",
    [ALARM_CLOCK] = "clock",
    [ALARM_SESSION_TAKEN_OVER] = "session_taken_over",
    [ALARM_UPLINK_STALLED] = "uplink_stalled",
    [ALARM_LOOP_A_STUCK] = "loop_a_stuck",
    [ALARM_LOOP_B_STUCK] = "loop_b_stuck",
    [ALARM_LOOP_FAULT] = "loop_fault",
    [ALARM_ARM_BROKEN] = "arm_broken",
    [ALARM_MAINS_LOST] = "mains_lost",
    [ALARM_BATTERY_LOW] = "battery_low",
    [ALARM_CABINET_OPEN] = "cabinet_open",
    [ALARM_TICKET_LOW] = "ticket_low",
    [ALARM_HELP] = "help",
    [ALARM_PASSBACK] = "passback",
    [ALARM_CONFIGURATION] = "configuration",
};
VOCABULARY(alarm, ALARM_CONFIGURATION);

static const char *const lane_mode_words[] = {"",     "local_stop", "local",
                                              "fire", "hold_open",  "lock"};
VOCABULARY(lane_mode, LANE_MODE_LOCK);

static const char *const device_breaker_words[] = {"", "open", "probing"};
VOCABULARY(device_breaker, DEVICE_BREAKER_PROBING);

static const char *const cause_words[] = {"",       "ticket",     "right", "manual",
                                          "remote", "forced",     "fire",  "evacuation",
                                          "mains",  "obstruction"};
VOCABULARY(cause, CAUSE_OBSTRUCTION);

static const char *const verdict_words[] = {"", "allow", "deny", "pending"};
VOCABULARY(verdict, VERDICT_PENDING);

static const char *const action_words[] = {
    [ACTION_NONE] = "",           [ACTION_OPEN] = "open",
    [ACTION_CLOSE] = "close",     [ACTION_HOLD_OPEN] = "hold_open",
    [ACTION_RELEASE] = "release", [ACTION_LOCK] = "lock",
    [ACTION_UNLOCK] = "unlock",   [ACTION_RESET_FAULT] = "reset_fault",
};
VOCABULARY(action, ACTION_RESET_FAULT);

static const char *const stage_words[] = {"",         "accepted", "executing", "done",
                                          "rejected", "failed",   "expired"};
VOCABULARY(stage, STAGE_EXPIRED);

static const char *const expect_words[] = {"", "vehicle", "no_vehicle", "arm_up", "arm_down"};
VOCABULARY(expect, EXPECT_ARM_DOWN);

static const char *const medium_words[] = {"", "ticket", "qr", "rfid", "pin"};
VOCABULARY(medium, MEDIUM_PIN);

static const char *const event_kind_words[] = {
    [EVENT_UNKNOWN] = "",
    [EVENT_EDGE_STARTED] = "edge.started",
    [EVENT_VEHICLE_PRESENTED] = "vehicle.presented",
    [EVENT_CREDENTIAL_READ] = "credential.read",
    [EVENT_PASSAGE_AUTHORISED] = "passage.authorised",
    [EVENT_PASSAGE_DENIED] = "passage.denied",
    [EVENT_PASSAGE_STARTED] = "passage.started",
    [EVENT_PASSAGE_COMPLETED] = "passage.completed",
    [EVENT_PASSAGE_VOIDED] = "passage.voided",
    [EVENT_PASSAGE_UNAUTHORISED] = "passage.unauthorised",
    [EVENT_MOVEMENT_ENDED] = "movement.ended",
    [EVENT_SPACE_ACCEPTED] = "space.accepted",
    [EVENT_SPACE_DECLINED] = "space.declined",
    [EVENT_SPACE_RETURNED] = "space.returned",
    [EVENT_LANE_ALARM] = "lane.alarm",
    [EVENT_EDGE_ALARM] = "edge.alarm",
    [EVENT_COUNT_GAP] = "count.gap",
    [EVENT_COMMAND_RESULT] = "command.result",
    [EVENT_ARM_OPENED] = "arm.opened",
    [EVENT_LANE_MODE] = "lane.mode",
    [EVENT_RIGHTS_APPLIED] = "rights.applied",
    [EVENT_SPACE_RECALLED] = "space.recalled",
    [EVENT_TICKET_ISSUED] = "ticket.issued",
    [EVENT_CREDENTIAL_PRESENTED] = "credential.presented",
};
VOCABULARY(event_kind, EVENT_KINDS - 1);

static const char *const request_kind_words[] = {"", "hello", "entry", "exit", "rights"};
VOCABULARY(request_kind, REQUEST_RIGHTS);

static const char *const right_kind_words[] = {"", "permit", "booking", "deny", "account"};
VOCABULARY(right_kind, RIGHT_ACCOUNT);

static const char *const space_rule_words[] = {"", "normal", "bound"};
VOCABULARY(space_rule, SPACE_RULE_BOUND);

const char *vocabulary_word(const struct vocabulary *v, int value)
{
    return value > 0 && value < v->count ? v->words[value] : "";
}

enum err vocabulary_find(const struct vocabulary *v, const char *text, size_t len, int *ret)
{
    for (int i = 1; i < v->count; i++) {
        if (strlen(v->words[i]) == len && memcmp(v->words[i], text, len) == 0) {
            *ret = i;
            return ERR_OK;
        }
    }
    return ERR_NOTFOUND;
}

const char *event_kind_word(enum event_kind k)
{
    return vocabulary_word(&event_kind_vocabulary, (int)k);
}

const char *request_kind_word(enum request_kind k)
{
    return vocabulary_word(&request_kind_vocabulary, (int)k);
}

/* The typed pair of a vocabulary: direction_word and direction_parse, and so on. */
#define TYPED(name)                                                                                \
    const char *name##_word(enum name v)                                                           \
    {                                                                                              \
        return vocabulary_word(&name##_vocabulary, (int)v);                                        \
    }                                                                                              \
    enum err name##_parse(const char *text, enum name *ret)                                        \
    {                                                                                              \
        int value;                                                                                 \
        TRY(vocabulary_find(&name##_vocabulary, text, strlen(text), &value));                      \
        *ret = (enum name)value;                                                                   \
        return ERR_OK;                                                                             \
    }

TYPED(direction)
TYPED(clock_state)
TYPED(outcome)
TYPED(basis)
TYPED(reason)
TYPED(spent)
TYPED(alarm)
TYPED(lane_mode)
TYPED(device_breaker)
TYPED(cause)
TYPED(verdict)
TYPED(action)
TYPED(stage)
TYPED(expect)
TYPED(medium)
TYPED(right_kind)
TYPED(space_rule)
