/* A person at a line-oriented terminal, or a script in their place. */
#ifndef BOOMGATE_EDGE_COMMISSION_TERMINAL_H
#define BOOMGATE_EDGE_COMMISSION_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { TERMINAL_LINE_SIZE = 256 };

struct terminal {
    int fd; /* lines come from here */
    FILE *out;
    char text[TERMINAL_LINE_SIZE]; /* read, not taken yet */
    size_t len;
    bool ended; /* nobody there any more */
};

void terminal_say(const struct terminal *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Reads what is there; call when the descriptor is readable. */
void terminal_read(struct terminal *t);

/* The next whole line without its end and outer spaces, cut to `size` - 1 bytes. False: not yet. */
bool terminal_take(struct terminal *t, char *ret, size_t size);

#endif
