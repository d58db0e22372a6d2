/* The numbered migrations in schema/, embedded by the build. */
#ifndef BOOMGATE_CLOUD_STORE_SCHEMA_H
#define BOOMGATE_CLOUD_STORE_SCHEMA_H

#include "protocol/support/db.h"

extern const struct migration store_migrations[];
extern const int store_migration_count;

#endif
