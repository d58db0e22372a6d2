/* Spaces tied to one right each (PROTOCOL.md, "Bound spaces"): they let in its vehicle and no other,
 * pay no overdraft, and leave only for that vehicle or when they are recalled. Pure. */
#ifndef BOOMGATE_EDGE_CORE_BOUND_H
#define BOOMGATE_EDGE_CORE_BOUND_H

#include "protocol/base/err.h"
#include "protocol/wire/right.h"

#include <stddef.h>
#include <stdint.h>

enum { BOUND_MAX = 32 }; /* rights at one edge */

/* Zeroed: none. No right stands twice, none with 0. */
struct bound_spaces {
    size_t count;
    struct bound_space {
        struct right_id right;
        int64_t n;
    } list[BOUND_MAX];
};

int64_t bound_of(const struct bound_spaces *b, const struct right_id *right);

/* ERR_FULL: no room for another right; nothing changes. */
enum err bound_add(struct bound_spaces *b, const struct right_id *right, int64_t n);

/* Takes up to n away; returns how many were. */
int64_t bound_take(struct bound_spaces *b, const struct right_id *right, int64_t n);

#endif
