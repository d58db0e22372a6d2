/* The options every program shares, on getopt_long:
 *   -c, --config FILE   --check   --help   --version   --clock-rate N   --clock-epoch T[@R]   -v
 * A program adds its own rows. Errors go to stderr with the program's name; the exit status for
 * wrong usage is 2, for a wrong configuration 1. */
#ifndef BOOMGATE_SUPPORT_OPTIONS_H
#define BOOMGATE_SUPPORT_OPTIONS_H

#include "protocol/support/clock_source.h"

#include <stdbool.h>

struct option_row {
    const char *name;     /* long option, without dashes */
    const char *argument; /* e.g. "FILE"; NULL for a flag */
    const char *help;
    const char **ret; /* set to the argument, or to "" for a flag */
};

struct options {
    const char *config; /* NULL if not given */
    bool check;
    bool verbose;
    struct clock_source clock;
    int first_argument; /* index into argv of the first operand */
};

/* Parses argv. Prints help or version and exits 0 for --help and --version, prints an error and
 * exits 2 on wrong usage. `usage` is the first line of the help, after "usage: PROGRAM ". */
struct options options_parse(int argc, char **argv, const char *usage, const char *about,
                             const struct option_row *rows, int row_count);

#endif
