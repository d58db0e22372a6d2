/* Rules of a stay (domain.md, "Session"). Pure; the price comes from the rate table.
 *
 * N1 a stay begins when its entry is completed and ends when its exit is; it is named by the
 *    movement known first, so that no fact depends on an id given here.
 * N2 what was paid is never forgotten: due = price - what was kept of it, and nothing within the
 *    grace after paying. */
#ifndef BOOMGATE_CLOUD_CORE_SESSION_H
#define BOOMGATE_CLOUD_CORE_SESSION_H

#include "cloud/core/records.h"

/* What is known of somebody who wants to leave. */
enum stay_known {
    STAY_NONE,
    STAY_OPEN,      /* he has a stay */
    STAY_USED,      /* his ticket's has ended */
    STAY_ELSEWHERE, /* his ticket is another place's */
};

/* Where and when a vehicle crossed. */
struct crossing {
    struct movement_id movement;
    struct name place, edge, lane;
    struct plate plate;                /* "" if not known */
    struct credential_text credential; /* "": none */
    struct wall_ms at;
    enum basis basis; /* exit: why it was let out; BASIS_NONE if nobody allowed it */
};

/* By the currency and the rates of the place as it is now. */
struct session_row session_open(const struct crossing *entry, const struct place_settings *place);

/* An exit whose entry is not known. */
struct session_row session_unmatched(const struct crossing *exit,
                                     const struct place_settings *place);

/* A stay that was begun without a plate has this one (which may be ""), read at its exit. */
void session_named(struct session_row *s, const struct plate *plate);

/* The exit of an open stay. The end is never before the start; another plate than the entry's is kept
 * beside it. */
void session_close(struct session_row *s, const struct crossing *exit);

/* Both plates are known and no camera takes one for the other. */
bool session_of_other(const struct session_row *s, const struct plate *plate);

/* The exit of a stay that ended, as it crossed. */
struct crossing session_exit(const struct session_row *s);

/* It was another vehicle's exit: the stay is open again, with what was paid for it; returns the exit as
 * one whose entry is not known. */
struct session_row session_split(struct session_row *s);

/* The entry of an exit that was recorded first: the two become one closed stay under the entry's
 * id. The plate and the credential are the
 * entry's as far as it has them. */
struct session_row session_join(const struct crossing *entry, const struct session_row *unmatched);

/* A vehicle that stands at this exit with a lost ticket, since `exit->at`. */
struct session_row session_lost(const struct crossing *exit, const struct place_settings *place);

/* What is still to be paid of `price_minor` at `at`, >= 0. */
int64_t session_due(const struct session_row *s, int64_t price_minor, struct wall_ms at,
                    int64_t grace_ms);

/* The stay as a rate table sees it, with these validations. */
struct tariff_stay session_stay(const struct session_row *s, const struct validation_row *given,
                                size_t count);

/* The price that holds for a stay that ended: a deferred exit pays what it was quoted for that
 * exit, not what the minutes at the barrier added. Returns true if the quote of `request` stands.
 */
bool session_quote_stands(const struct session_row *s, const struct request_id *request);

/* Money came in, quoted for `at`. */
void session_paid(struct session_row *s, int64_t minor, struct wall_ms at);

/* The price of the stay at `at`, if all of it is paid now, is settled. */
void session_settled(struct session_row *s, int64_t price_minor, struct wall_ms at);

#endif
