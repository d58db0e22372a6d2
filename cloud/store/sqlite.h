/* The store port on one SQLite file (WAL, synchronous=FULL): the only connection that writes it. */
#ifndef BOOMGATE_CLOUD_STORE_SQLITE_H
#define BOOMGATE_CLOUD_STORE_SQLITE_H

#include "cloud/ports.h"
#include "protocol/support/pseudonym.h"

struct store;

/* Opens or creates, checks and migrates. ERR_IO: damaged or not a database; ERR_CONFLICT: written
 * by a newer program. */
enum err store_open(const char *file, struct store **ret);
void store_close(struct store *s); /* NULL is fine */

/* Before forget_plates is called. */
void store_set_pseudonym_key(struct store *s, const struct pseudonym_key *key);

struct store_port store_port(struct store *s);

#endif
