/* The schema of the views, from the files in schema/ (embedded at build time). */
#ifndef BOOMGATE_CLOUD_VIEW_SCHEMA_H
#define BOOMGATE_CLOUD_VIEW_SCHEMA_H

#include "protocol/support/db.h"

extern const struct migration view_migrations[];
extern const int view_migration_count;

#endif
