/* What one entry of the feed changes in the views. */
#ifndef BOOMGATE_CLOUD_VIEW_PROJECT_H
#define BOOMGATE_CLOUD_VIEW_PROJECT_H

#include "cloud/store/reader.h"

#include <sqlite3.h>

struct projector;

/* Prepares its statements on the views' file, whose schema exists. */
enum err projector_new(sqlite3 *db, struct projector **ret);
void projector_free(struct projector *p); /* NULL is fine; before the connection is closed */

/* Within a transaction. Types and members it does not know change nothing. */
enum err projector_apply(struct projector *p, const struct feed_item *i);

/* Steps of traces are kept for so many entries of the feed. */
enum { PROJECT_STEPS_KEPT = 1000000 };

/* Forgets what is older, when entry `seen` is in. */
enum err projector_forget(struct projector *p, int64_t seen);

#endif
