/* The space ledger of one place (PROTOCOL.md, "Spaces"): signed arithmetic, one function per step.
 *
 * A place has counters; each epoch of each edge (a stream) has a view: the spaces the cloud knows
 * to be there or on their way, its pending admissions and its overdraft. Every step moves units so
 * that
 *
 * L1 occupied + pending + sum(view) + held + pool = capacity + overdraft
 * L2 pending = sum(view.pending), overdraft = sum(view.overdraft)
 *
 * hold after it if they held before it, whatever the edge reports. A report that breaks a rule (a
 * view below zero, more repaid than owed) is applied all the same and named in the returned mask,
 * because the facts are facts; the caller records it and stops offering. Pure. */
#ifndef BOOMGATE_CLOUD_CORE_LEDGER_H
#define BOOMGATE_CLOUD_CORE_LEDGER_H

#include "protocol/base/err.h"
#include "protocol/wire/event.h"

#include <stdbool.h>
#include <stdint.h>

struct place_ledger {
    int64_t capacity;
    int64_t pool;      /* free and not given out; below zero after the capacity was lowered */
    int64_t occupied;  /* counted; below zero when an exit is known before its entry */
    int64_t pending;   /* admitted, not yet inside */
    int64_t held;      /* set aside for bookings */
    int64_t overdraft; /* crossings without a space, not yet worked off */
};

struct space_view {
    int64_t view;
    int64_t pending;
    int64_t overdraft;
};

/* What the cloud knows of a grant an edge answers. */
enum grant_fact { GRANT_NOT_KNOWN, GRANT_WAITING, GRANT_ANSWERED };

/* Rules an edge can break; a mask. */
enum ledger_rule {
    RULE_VIEW = 1 << 0,      /* spent or returned more than it had */
    RULE_PENDING = 1 << 1,   /* completed or voided more than it authorised */
    RULE_OVERDRAFT = 1 << 2, /* repaid more than it owed */
    RULE_GRANT = 1 << 3,     /* answered twice, or with another number */
};

/* A place of `capacity` with nothing inside and all spaces in the pool. */
struct place_ledger ledger_of(int64_t capacity);

/* cloud: spaces are set aside for rights, and given to an edge from there. ERR_FULL: more than
 * ledger_available, more than was held. */
enum err ledger_hold(struct place_ledger *p, int64_t n);
enum err ledger_bind(struct place_ledger *p, struct space_view *v, int64_t n);

/* cloud: spaces leave the pool for an edge. ERR_FULL: more than ledger_available. */
enum err ledger_offer(struct place_ledger *p, struct space_view *v, int64_t n);

/* edge: took a grant of `offered` spaces as n, of which `repaid` paid its overdraft. A grant that
 * is not known (a restored database) or was answered before takes its spaces from the pool now. */
unsigned ledger_accepted(struct place_ledger *p, struct space_view *v, enum grant_fact g,
                         int64_t offered, int64_t n, int64_t repaid);
unsigned ledger_declined(struct place_ledger *p, struct space_view *v, enum grant_fact g,
                         int64_t offered);
/* edge: spent one space for an admission, or, with SPENT_OVERDRAFT, had none of this epoch to spend
 * on one that it had already made. */
unsigned ledger_authorised(struct place_ledger *p, struct space_view *v, enum spent spent);
unsigned ledger_entered(struct place_ledger *p, struct space_view *v);
/* edge: an admission came to nothing; its space was credited. */
unsigned ledger_voided(struct place_ledger *p, struct space_view *v, int64_t repaid);
/* edge: an entry nobody allowed. */
unsigned ledger_intruded(struct place_ledger *p, struct space_view *v, enum spent spent);
/* edge: an exit, allowed or not; one space was credited. */
unsigned ledger_left(struct place_ledger *p, struct space_view *v, int64_t repaid);
unsigned ledger_returned(struct place_ledger *p, struct space_view *v, int64_t n);

/* cloud: an epoch is over. Nobody works off its overdraft any more: the pool pays. The rest of its
 * share stays reserved until an audit. */
void ledger_fence(struct place_ledger *p, struct space_view *v);

/* audit: what an epoch that is over still held comes back. Returns how much. */
int64_t ledger_release(struct place_ledger *p, struct space_view *v);
/* audit: so many are inside. The pool makes up for the difference, and may fall below zero. */
void ledger_count(struct place_ledger *p, int64_t occupied);

/* person: the count is wrong by so many. The pool makes up for it, and may fall below zero. */
void ledger_correct(struct place_ledger *p, int64_t delta);

/* operator: the difference goes to the pool, which may fall below zero. */
void ledger_resize(struct place_ledger *p, int64_t capacity);

/* Applies the effect of an event of an edge, if it has one. `g` and `offered` speak of the grant
 * that a space.accepted or space.declined names. */
unsigned ledger_apply(struct place_ledger *p, struct space_view *v, const struct event *e,
                      enum grant_fact g, int64_t offered);

/* L1 and L2, with `sum` over the views of all streams of the place. */
void ledger_sum(struct space_view *sum, const struct space_view *v);
bool ledger_balanced(const struct place_ledger *p, const struct space_view *sum);

/* What may be offered: the pool, less what a count below zero and the overdraft still owe; never below
 * zero. So no admission adds to an intrusion. */
int64_t ledger_available(const struct place_ledger *p);

/* What signs show: occupied clamped to 0..capacity, and what a driver may count on. Admissions not
 * yet inside count as taken. */
void ledger_published(const struct place_ledger *p, int64_t *ret_occupied, int64_t *ret_free);

/* ---- offers ---- */

enum { OFFER_MAX = 10000 }; /* spaces in one grant (PROTOCOL.md) */

struct offer_edge {
    bool eligible; /* has an entry lane and a live stream */
    bool asked;    /* stands with no space in hand: is served whatever its view says */
    int64_t view;
    int64_t n; /* out: what to offer now */
};

/* The spaces an entry edge should hold: `configured`, or a tenth of the capacity within 1..20. */
int64_t offer_size(int64_t capacity, int64_t configured);

/* Shares `available` fairly over the edges that are below a third of `size` or asked. */
void offer_plan(int64_t available, int64_t size, struct offer_edge *edges, size_t count);

#endif
