#include "protocol/support/options.h"

#include "protocol/support/memory.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_USAGE = 2, ID_CHECK = 256, ID_HELP, ID_VERSION, ID_RATE, ID_EPOCH, ID_ROWS };

static const struct {
    const char *name, *argument, *help;
    int id;
} shared[] = {
    {"config", "FILE", "configuration file", 'c'},
    {"check", NULL, "read the configuration, report errors and exit", ID_CHECK},
    {"verbose", NULL, "log more", 'v'},
    {"clock-rate", "N", "simulation: domain time passes N times as fast, 1 to 1000", ID_RATE},
    {"clock-epoch", "T[@R]", "simulation: domain time is T (at real time R, else now)", ID_EPOCH},
    {"help", NULL, "print this help and exit", ID_HELP},
    {"version", NULL, "print the version and exit", ID_VERSION},
};
enum { SHARED_COUNT = sizeof shared / sizeof shared[0] };

static void print_row(char letter, const char *name, const char *argument, const char *help)
{
    char left[64];
    snprintf(left, sizeof left, "--%s%s%s", name, argument ? " " : "", argument ? argument : "");
    if (letter)
        printf("  -%c, %-26s %s\n", letter, left, help);
    else
        printf("      %-26s %s\n", left, help);
}

static void print_help(const char *program, const char *usage, const char *about,
                       const struct option_row *rows, int row_count)
{
    printf("usage: %s %s\n%s\n\n", program, usage, about);
    for (int i = 0; i < row_count; i++)
        print_row('\0', rows[i].name, rows[i].argument, rows[i].help);
    for (int i = 0; i < SHARED_COUNT; i++)
        print_row(shared[i].id < 256 ? (char)shared[i].id : '\0', shared[i].name,
                  shared[i].argument, shared[i].help);
}

static _Noreturn void wrong_usage(const char *program, const char *text)
{
    if (text)
        fprintf(stderr, "%s: %s\n", program, text);
    fprintf(stderr, "%s: see %s --help\n", program, program);
    exit(EXIT_USAGE);
}

static struct option *getopt_rows(const struct option_row *rows, int row_count)
{
    struct option *list = mem_alloc((size_t)(SHARED_COUNT + row_count + 1) * sizeof *list);
    for (int i = 0; i < SHARED_COUNT; i++)
        list[i] =
            (struct option){shared[i].name, shared[i].argument ? required_argument : no_argument,
                            NULL, shared[i].id};
    for (int i = 0; i < row_count; i++)
        list[SHARED_COUNT + i] = (struct option){
            rows[i].name, rows[i].argument ? required_argument : no_argument, NULL, ID_ROWS + i};
    return list;
}

/* Flushing tells whether the help arrived: `prog --help > /dev/full` fails. */
static _Noreturn void end_after_output(void)
{
    exit(fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

struct options options_parse(int argc, char **argv, const char *usage, const char *about,
                             const struct option_row *rows, int row_count)
{
    const char *slash = strrchr(argv[0], '/');
    const char *program = slash ? slash + 1 : argv[0];
    const char *rate = NULL, *epoch = NULL;
    struct options o = {.clock = clock_real()};
    struct option *list = getopt_rows(rows, row_count);
    optind = 0; /* glibc: start over, also after an earlier parse */
    for (int id; (id = getopt_long(argc, argv, "c:v", list, NULL)) != -1;) {
        switch (id) {
        case 'c': o.config = optarg; break;
        case 'v': o.verbose = true; break;
        case ID_CHECK: o.check = true; break;
        case ID_RATE: rate = optarg; break;
        case ID_EPOCH: epoch = optarg; break;
        case ID_HELP: print_help(program, usage, about, rows, row_count); end_after_output();
        case ID_VERSION: printf("%s %s\n", program, BOOMGATE_VERSION); end_after_output();
        case '?': wrong_usage(program, NULL);
        default: *rows[id - ID_ROWS].ret = optarg ? optarg : "";
        }
    }
    free(list);
    if ((rate || epoch) && clock_parse(rate, epoch, &o.clock) != ERR_OK)
        wrong_usage(program, "--clock-rate takes 1 to 1000, --clock-epoch takes T or T@R, each "
                             "like 2026-05-15T10:00:00Z");
    o.first_argument = optind;
    return o;
}
