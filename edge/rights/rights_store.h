/* The rights list on disk, in a SQLite file of its own beside the journal, and the entries this edge
 * saw, for its own quotes. A cache: what is lost is fetched again. Loop thread only.
 *
 * L1 A whole list is staged in the table that is not in force; putting it in force switches the two in
 *    one transaction, however long it is. Changes are staged too and applied in one transaction.
 *    A right that changed, and with a whole list every right, is neutral for anti-passback.
 * L2 A look-up is one indexed read.
 * L3 A file that is damaged is thrown away and begun anew. */
#ifndef BOOMGATE_EDGE_RIGHTS_RIGHTS_STORE_H
#define BOOMGATE_EDGE_RIGHTS_RIGHTS_STORE_H

#include "edge/ports.h"

struct rights_store;

/* Opens or creates `file`. ERR_IO: not even an empty one can be made; ERR_CONFLICT: written by a newer
 * program. */
enum err rights_store_open(const char *file, struct rights_store **ret);
void rights_store_close(struct rights_store *s); /* NULL is fine */

struct rights_port rights_store_port(struct rights_store *s);

/* Clears away some of a list that is no longer in force, and entries beyond the bound. Between turns;
 * true: there is more to do. */
bool rights_store_tidy(struct rights_store *s);

#endif
