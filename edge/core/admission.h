/* Who may pass: decided locally when a space is in hand, else with the cloud, within deadlines.
 * Pure; one per lane, alive while a vehicle waits on loop A.
 *
 * D1 An entry is allowed only while free >= 1; the cloud's `allow` carries no space.
 * D2 A refusal for want of space is lifted by the first space; one by policy only by the cloud.
 * D3 An exit that gets no answer in time opens by the local rule (nobody is trapped).
 * D6 A place may have exits wait for the cloud (`hold_offline`): those open after unanswered_ms, and at once
 *    for a right that is honoured.
 * D4 Only the answer to the outstanding question counts.
 * D5 A plate on the deny list, outside its validity or inside already does not come in; a right that is
 *    honoured is the basis of the passage, and spends a space like anyone. None of it stops an exit.
 * D8 An exit that is refused because there is no stay to end (no session, a used ticket or another
 *    place's) opens by the local rule unanswered_ms after the help button was pressed, unless somebody
 *    helped before.
 * D7 A ticket is issued only while free >= 1; its taking spends the space, and may have to wait for one. */
#ifndef BOOMGATE_EDGE_CORE_ADMISSION_H
#define BOOMGATE_EDGE_CORE_ADMISSION_H

#include "edge/core/right.h"
#include "protocol/base/clock.h"
#include "protocol/base/err.h"
#include "protocol/wire/request.h"

/* All in domain milliseconds. */
struct admission_config {
    int64_t entry_deadline_ms;
    int64_t exit_deadline_ms;
    int64_t ask_again_ms;
    int64_t pending_ms;
    int64_t no_credential_ms;
    int64_t unanswered_ms;
};

enum admission_phase {
    ADMISSION_NONE,    /* nobody waits */
    ADMISSION_READY,   /* to be decided at `again` at the latest */
    ADMISSION_ASKED,   /* waiting for an answer */
    ADMISSION_PENDING, /* the cloud said: wait */
};

struct admission {
    enum admission_phase phase;
    enum direction direction;
    struct request_id request; /* outstanding or last */
    enum reason reason;        /* why it is refused now */
    bool policy;               /* D2: the last refusal was not for want of space */
    bool held;                 /* D6 */
    bool cleared;              /* the cloud let a right in that seemed to be inside */
    bool repeated;
    struct mono_ms since; /* presented */
    struct mono_ms again;
    struct mono_ms repeat;
    struct mono_ms deadline;
};

/* Of the ticket that lets a vehicle in of which nothing was read. */
enum ticket_stage {
    TICKET_NONE,    /* needs none, or has taken it */
    TICKET_WANTED,  /* the button was pressed */
    TICKET_OFFERED, /* printed, not taken yet */
};

/* What the world looks like now. */
struct admission_view {
    bool epoch; /* there is one: entries may be admitted, questions asked */
    bool known; /* a plate, a card, a ticket; or the ticket button was pressed */
    enum ticket_stage ticket;
    bool online;
    bool settled;  /* offline for so long that nobody waits for the uplink */
    bool crippled; /* nothing can be recorded: an exit opens, read or not (lane.md) */
    int64_t free;
    bool bound;               /* a space in hand is bound to its right */
    enum right_verdict right; /* of the plate's right, if it has one */
    bool sees_both_sides;     /* this edge alone knows who is inside */
    bool hold_offline;        /* D6 */
    bool helped;              /* D8: he has pressed the help button, then: */
    struct mono_ms helped_at;
};

enum decision_kind {
    DECISION_NONE,
    DECISION_ASK,    /* under a new id, which the caller puts into `request` */
    DECISION_REPEAT, /* the same id again */
    DECISION_TICKET, /* issue one; taken, it is allowed */
    DECISION_ALLOW,
    DECISION_DENY,
    DECISION_WAIT, /* show the text, keep waiting for the final answer */
};

struct decision {
    enum decision_kind kind;
    enum basis basis;
    enum reason reason;
    char display[DISPLAY_SIZE]; /* "": the edge's own text */
};

void admission_begin(struct admission *a, enum direction direction, struct mono_ms now);
void admission_end(struct admission *a);

/* A credential came, or another one: what was decided without it is void. */
void admission_credential(struct admission *a, struct mono_ms now);

/* The uplink is back: an outstanding question is repeated at once. */
void admission_reconnected(struct admission *a, struct mono_ms now);

/* A restart: `request` was outstanding and is repeated under the same id. */
void admission_resume(struct admission *a, const struct admission_config *c,
                      const struct request_id *request, struct mono_ms now);

/* Decides what can be decided now. Call after every change of the view and when the deadline is
 * due. */
struct decision admission_consider(struct admission *a, const struct admission_config *c,
                                   const struct admission_view *v, struct mono_ms now);

/* The answer to question `id`. ERR_CONFLICT: not outstanding (late or foreign), nothing changes. */
enum err admission_answer(struct admission *a, const struct admission_config *c,
                          const struct request_id *id, const struct passage_answer *answer,
                          const struct admission_view *v, struct mono_ms now, struct decision *ret);

/* When admission_consider must be called; INT64_MAX: only after a change. */
struct mono_ms admission_deadline(const struct admission *a, const struct admission_config *c,
                                  const struct admission_view *v);

/* The edge's own words for the display (fits DISPLAY_SIZE). */
const char *admission_text(enum reason r);

#endif
