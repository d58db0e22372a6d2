/* The shared command line, in a child process each: it may exit. */
#include "tests/unit/support/check.h"

#include "protocol/support/options.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARGS_MAX = 16 };

static const char *name, *dry;
static const struct option_row rows[] = {
    {"name", "NAME", "the name of it", &name},
    {"dry-run", NULL, "change nothing", &dry},
};

/* Parses the words of `line`, the first being the program. The words and their order stay in `argv`. */
static char words[512];
static char *argv[ARGS_MAX];

static struct options parse(const char *line)
{
    int argc = 0;
    snprintf(words, sizeof words, "%s", line);
    for (char *p = words; *p && argc < ARGS_MAX - 1;) {
        argv[argc++] = p;
        p += strcspn(p, " ");
        if (*p)
            *p++ = '\0';
    }
    argv[argc] = NULL;
    name = dry = NULL;
    return options_parse(argc, argv, "[options] [word ...]", "Does it.", rows, 2);
}

struct ended {
    int status;
    char out[4096], err[4096];
};

static void read_all(int fd, char *ret, size_t size)
{
    size_t len = 0;
    for (ssize_t n; (n = read(fd, ret + len, size - 1 - len)) > 0; len += (size_t)n)
        ;
    ret[len] = '\0';
    close(fd);
}

/* Parses in a child whose outputs are kept; status 77: parsing returned. */
static struct ended run(const char *line)
{
    struct ended e = {0};
    int out[2], err[2];
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    assert_int_equal(pipe2(err, O_CLOEXEC), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        dup2(out[1], STDOUT_FILENO);
        dup2(err[1], STDERR_FILENO);
        parse(line);
        _exit(77);
    }
    close(out[1]);
    close(err[1]);
    read_all(out[0], e.out, sizeof e.out);
    read_all(err[0], e.err, sizeof e.err);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    e.status = WEXITSTATUS(status);
    return e;
}

static void test_values(void **state)
{
    (void)state;
    struct options o =
        parse("/usr/bin/prog -c a.yaml one --name=x --check -v --dry-run --clock-rate 60 two");
    assert_string_equal(o.config, "a.yaml");
    assert_true(o.check);
    assert_true(o.verbose);
    assert_int_equal(o.clock.rate, 60);
    assert_string_equal(name, "x");
    assert_string_equal(dry, "");
    o = parse("/usr/bin/prog --config b.yaml -- --check word");
    assert_string_equal(o.config, "b.yaml");
    assert_false(o.check);
    assert_false(o.verbose);
    assert_int_equal(o.clock.rate, 1);
    assert_int_equal(o.clock.epoch.v, 0);
    assert_null(name);
    assert_null(dry);
    assert_int_equal(o.first_argument, 4);
    o = parse("/usr/bin/prog --clock-epoch 2026-05-15T10:00:00Z");
    assert_int_equal(o.clock.rate, 1);
    assert_int_equal(o.clock.epoch.v, 1778839200000);
}

static void test_operands_may_stand_anywhere(void **state)
{
    (void)state;
    struct options o = parse("prog place add --name x a");
    assert_int_equal(o.first_argument, 3);
    assert_string_equal(argv[3], "place");
    assert_string_equal(argv[5], "a");
}

static void test_help_and_version(void **state)
{
    (void)state;
    struct ended e = run("/usr/bin/prog --help");
    assert_int_equal(e.status, 0);
    assert_string_equal(e.err, "");
    assert_int_equal(strncmp(e.out, "usage: prog [options] [word ...]\nDoes it.\n", 42), 0);
    static const char *const lines[] = {
        "      --name NAME                the name of it\n",
        "      --dry-run                  change nothing\n",
        "  -c, --config FILE              configuration file\n",
        "      --check ",
        "  -v, --verbose ",
        "      --clock-rate N ",
        "      --clock-epoch T[@R] ",
        "      --help ",
        "      --version ",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        assert_non_null(strstr(e.out, lines[i]));
    e = run("/usr/bin/prog --version");
    assert_int_equal(e.status, 0);
    assert_string_equal(e.out, "prog " BOOMGATE_VERSION "\n");
}

static void test_wrong_usage(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "/usr/bin/prog --bogus",        "/usr/bin/prog -x",
        "/usr/bin/prog --name",         "/usr/bin/prog --check=yes",
        "/usr/bin/prog --clock-rate 0", "/usr/bin/prog --clock-epoch yesterday",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ended e = run(cases[i]);
        assert_int_equal(e.status, 2);
        assert_string_equal(e.out, "");
        assert_non_null(strstr(e.err, "prog: see prog --help\n"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_operands_may_stand_anywhere),
        cmocka_unit_test(test_help_and_version),
        cmocka_unit_test(test_wrong_usage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
