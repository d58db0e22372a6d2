/* The JSON documents of the read side, built from the readers' rows; the live stream sends the same
 * ones. Times are RFC 3339 UTC, money minor units, absent values null or "".
 *
 * J1 A plate leaves in full only where the caller says so; else masked ("22***22").
 * J2 A value that is older than its interval says so itself ("stale": true): the age is judged here,
 *    where the clock of the values is known, not on the screen. */
#ifndef BOOMGATE_CLOUD_HTTP_DOCUMENTS_H
#define BOOMGATE_CLOUD_HTTP_DOCUMENTS_H

#include "cloud/store/reader.h"
#include "protocol/support/clock_source.h"

#include <jansson.h>

/* How many movements a list or a new stream begins with, and the window of "arrivals and departures".
 */
enum { PLACES_MAX = 1000, MOVEMENTS_DEFAULT = 20, MOVEMENTS_MAX = 200, RECENT_MS = 15 * 60 * 1000 };

/* The curve of the day: so many steps, quarters of an hour once there is a day to show. */
enum { FLOW_STEPS = 96 };

/* One moment and the clock it was read from. */
struct moment {
    const struct clock_source *clock;
    struct wall_ms now;
};

/* A place with its edges and lanes. ERR_NOTFOUND. The result is the caller's. */
enum err document_place(struct reader *r, const struct name *place, const struct moment *m,
                        json_t **ret);

/* One page of a list: from behind `from`, `limit` entries; `more` and `last` are written. */
struct list_page {
    struct list_cursor from;
    int limit;
    bool more;
    int seen;
    struct list_cursor last;
};

/* Is this entry of the page? To be asked of each in turn; one more than `limit` is read. */
bool list_page_takes(struct list_page *p, int64_t at, const char *id);

/* Adds the member `next`: text, or null behind the last one. */
void document_set_next(json_t *document, const struct list_page *p);

/* {"places": [...]}: places as document_place, by name; `page` NULL: all of them. */
enum err document_places(struct reader *r, const struct moment *m, struct list_page *page,
                         json_t **ret);

/* {"movements": [...]}, newest first; `place` must exist (ERR_NOTFOUND). */
enum err document_movements(struct reader *r, const struct name *place, struct list_page *page,
                            bool full_plates, json_t **ret);
json_t *document_movement(const struct movement_view *v, bool full_plates);

/* The crossings of the last 24 h (less while the place is younger) in FLOW_STEPS steps, and the
 * occupancy at the end of each. ERR_NOTFOUND. */
enum err document_flow(struct reader *r, const struct name *place, const struct moment *m,
                       json_t **ret);

/* Business at a place: ever, and since its local midnight. ERR_NOTFOUND. */
enum err document_summary(struct reader *r, const struct name *place, const struct moment *m,
                          json_t **ret);

/* One stay. `amount_minor`: what it costs until now or did cost; < 0: cannot be priced now. */
json_t *document_session(const struct session_view *s, int64_t amount_minor,
                         const struct moment *m);

/* "none" "free" "pending" "unknown" "paid" "declined" "debt": what a driver wants to know. */
const char *session_payment_word(const struct session_view *s);

/* "open" "full" "degraded" "closed", from the two facts that decide it. */
const char *place_status_word(const struct place_view *p, bool trouble);

/* One command; who asked and why only if `full`. */
json_t *document_command(const struct command_row *r, bool full);

/* {"commands": [...]} to one lane, newest first; `place` must exist (ERR_NOTFOUND). */
enum err document_commands(struct reader *r, const struct name *place, const struct name *lane,
                           struct list_page *page, json_t **ret);

/* RFC 3339, or JSON null for v == 0. */
json_t *json_time(struct wall_ms t);

json_t *document_right(const struct right_row *row);

/* {"version", "count", "edges": [...], "rights": [...]}; `place` must exist (ERR_NOTFOUND). */
enum err document_rights(struct reader *r, const struct name *place, const struct right_id *after,
                         int limit, json_t **ret);

#endif
