/* One value of a table: scalars from text, with the messages that go with them; used by table.c. */
#ifndef BOOMGATE_SUPPORT_TABLE_VALUE_H
#define BOOMGATE_SUPPORT_TABLE_VALUE_H

#include "protocol/support/table_tree.h"

enum { TABLE_ROWS_MAX = 64 };

/* What a row takes, in words: "a whole number from 1 to 9". */
struct expected {
    char text[128];
};

struct expected value_expected(const struct row *r);

/* "found "entri", expected `expected`". */
enum err value_refuse(struct table_error *ret_error, const struct node *n, const char *path,
                      const char *expected);

/* Reads a scalar row into its place in the struct at `to`. */
enum err value_read(const struct row *r, const struct node *n, const char *path,
                    struct table_error *ret_error, unsigned char *to);

/* The same from the row's default, to which the row's bounds do not apply: 0 may mean "off" where
 * 10 is the least that can be set. A default of the wrong type is our own error and ERR_INVAL, too.
 */
enum err value_default(const struct row *r, const char *path, struct table_error *ret_error,
                       unsigned char *to);

#endif
