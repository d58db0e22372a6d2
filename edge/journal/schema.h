/* The journal's tables as numbered migrations. */
#ifndef BOOMGATE_EDGE_JOURNAL_SCHEMA_H
#define BOOMGATE_EDGE_JOURNAL_SCHEMA_H

#include "protocol/support/db.h"

enum { JOURNAL_MIGRATIONS = 7 };

extern const struct migration journal_migrations[JOURNAL_MIGRATIONS];

#endif
