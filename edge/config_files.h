/* The documents a configuration is made of: its file and every file this names (profiles, rate table,
 * password), with the exact bytes that were read. Kept in one file, they are the last configuration
 * that ran well.
 *
 * G1 What was parsed is what is kept: a document is read once, and parsed from memory.
 * G2 A kept set is replaced as a whole or not at all, and used only if it is undamaged. */
#ifndef BOOMGATE_EDGE_CONFIG_FILES_H
#define BOOMGATE_EDGE_CONFIG_FILES_H

#include "protocol/base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct config_files;

/* An empty set that reads from the disk what it is asked for. */
struct config_files *config_files_live(void);

/* A set that was kept in `store`, and reads nothing else. ERR_NOTFOUND: there is none, or it is
 * damaged (logged). */
enum err config_files_kept(const char *store, struct config_files **ret);

/* The document at `path`, valid as long as the set. ERR_NOTFOUND: it cannot be read (`errno` says
 * why); ERR_FULL: longer than 1 MiB, or one document too many. */
enum err config_files_get(struct config_files *f, const char *path, const char **ret_text,
                          size_t *ret_len);

/* The same documents with the same bytes? */
bool config_files_equal(const struct config_files *a, const struct config_files *b);

/* G2. ERR_IO, logged. */
enum err config_files_keep(const struct config_files *f, const char *store);

void config_files_free(struct config_files *f); /* NULL is fine */

#endif
