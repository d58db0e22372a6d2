/* boomgate-sim: what cannot be put on a desk. `run` is the simulation; the other commands talk to its
 * control port or tell beforehand what it will do. */
#include "protocol/support/options.h"
#include "sim/control/client.h"
#include "sim/run.h"
#include "sim/traffic/plates.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { USAGE = 2, FAILED = 1, POLL_MS = 100 };

static int wrong_usage(const char *text)
{
    fprintf(stderr, "boomgate-sim: %s; see boomgate-sim --help\n", text);
    return USAGE;
}

/* A whole decimal number in min..max. */
static bool parse_number(const char *text, long min, long max, long *ret)
{
    char *end = NULL;
    if (text == NULL || *text < '0' || *text > '9' || strlen(text) > 9)
        return false;
    long v = strtol(text, &end, 10);
    if (*end != '\0' || v < min || v > max)
        return false;
    *ret = v;
    return true;
}

static int command_run(int argc, char **argv)
{
    const char *ready = NULL, *summary = NULL, *help_config = NULL;
    const struct option_row rows[] = {
        {"ready-file", "FILE", "write the ports as JSON when all listen", &ready},
        {"summary-file", "FILE", "write the truth as JSON at the end", &summary},
        {"help-config", NULL, "explain every key of the configuration", &help_config}};
    struct options o = options_parse(
        argc, argv, "run -c FILE [options]",
        "Simulated gates (Modbus TCP), vehicles, a payment provider and a control port (HTTP).",
        rows, 3);
    if (help_config != NULL) {
        sim_config_help(stdout);
        return 0;
    }
    if (o.config == NULL)
        return wrong_usage("run needs -c FILE");
    if (o.first_argument < argc)
        return wrong_usage("run takes no arguments");
    static struct sim_config config;
    static struct trace traces[SIM_PLACES_MAX];
    if (sim_config_read(o.config, &config, stderr) != ERR_OK ||
        run_read_traces(&config, traces, stderr) != ERR_OK)
        return FAILED;
    int status = 0;
    if (!o.check)
        status = run_simulation(&config, traces, &o.clock, ready, summary);
    for (size_t i = 0; i < config.place_count; i++)
        trace_free(&traces[i]);
    return status;
}

/* Prints what went wrong with a call; 0 if nothing did. */
static int judge(enum err e, int status, const json_t *answer)
{
    if (e != ERR_OK) {
        fprintf(stderr, "boomgate-sim: control port: %s\n", err_text(e));
        return FAILED;
    }
    if (status < 300)
        return 0;
    const char *text = json_string_value(json_object_get(answer, "error"));
    fprintf(stderr, "boomgate-sim: refused (%d): %s\n", status, text != NULL ? text : "");
    return FAILED;
}

static const char *member(const json_t *answer, const char *key)
{
    const char *text = json_string_value(json_object_get(answer, key));
    return text != NULL ? text : "";
}

/* Follows a vehicle until it is somewhere for good, and prints where. */
static int follow(uint16_t port, const char *id)
{
    static const char *const passing[] = {"queued", "at_column", "passing"};
    const struct timespec pause = {0, POLL_MS * 1000000L};
    char path[64];
    snprintf(path, sizeof path, "/vehicles/%.32s", id);
    for (;;) {
        json_t *answer = NULL;
        int status = 0;
        enum err e = client_call(port, "GET", path, NULL, &status, &answer);
        int failed = judge(e, status, answer);
        char state[16];
        snprintf(state, sizeof state, "%s", member(answer, "state"));
        json_decref(answer);
        if (failed)
            return failed;
        bool goes_on = false;
        for (int i = 0; i < 3; i++)
            goes_on |= strcmp(state, passing[i]) == 0;
        if (!goes_on) {
            puts(state);
            return 0;
        }
        nanosleep(&pause, NULL);
    }
}

static int command_car(int argc, char **argv)
{
    const char *control = NULL, *place = NULL, *lane = NULL, *plate = NULL, *then = "drive";
    const char *wait = NULL, *force = NULL, *unreadable = NULL, *ticket = "", *tag = "";
    const struct option_row rows[] = {
        {"control", "PORT", "control port of a running simulation", &control},
        {"place", "NAME", "where it drives up", &place},
        {"lane", "NAME", "to which lane", &lane},
        {"plate", "TEXT", "its plate; none: unreadable", &plate},
        {"then", "WORD",
         "drive, wait, force, back_out_before, back_out_after, back_out_under, stand_under, "
         "tailgate, "
         "follow, wrong_way or far_side",
         &then},
        {"force", NULL, "exit: also a car that is not inside", &force},
        {"unreadable", NULL,
         "no camera reads its plate: it takes a ticket, and shows it at an exit", &unreadable},
        {"ticket", "NUMBER", "shows this one at an exit", &ticket},
        {"tag", "TEXT", "a card that is read from afar", &tag},
        {"wait", NULL, "until it is inside, left or away, and print which", &wait}};
    struct options o = options_parse(
        argc, argv, "car --control PORT --place NAME --lane NAME [options]",
        "Sends one vehicle to a lane; prints its number.", rows, sizeof rows / sizeof rows[0]);
    long port;
    if (!parse_number(control, 1, 65535, &port) || place == NULL || lane == NULL)
        return wrong_usage("car needs --control PORT, --place NAME and --lane NAME");
    if (o.first_argument < argc)
        return wrong_usage("car takes no arguments");
    json_t *body =
        json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:s, s:s}", "place", place, "lane", lane, "plate",
                  plate != NULL ? plate : "", "then", then, "force", force != NULL, "unreadable",
                  unreadable != NULL, "ticket", ticket, "tag", tag);
    if (body == NULL)
        return wrong_usage("place, lane, plate and then must be UTF-8");
    json_t *answer = NULL;
    int status = 0;
    enum err e = client_call((uint16_t)port, "POST", "/vehicles", body, &status, &answer);
    int failed = judge(e, status, answer);
    if (!failed && wait != NULL)
        failed = follow((uint16_t)port, member(answer, "vehicle"));
    else if (!failed)
        puts(member(answer, "vehicle"));
    json_decref(body);
    json_decref(answer);
    return failed;
}

static int command_truth(int argc, char **argv)
{
    const char *control = NULL;
    const struct option_row rows[] = {
        {"control", "PORT", "control port of a running simulation", &control}};
    struct options o = options_parse(argc, argv, "truth --control PORT",
                                     "Prints what is really the case, as JSON.", rows, 1);
    long port;
    if (!parse_number(control, 1, 65535, &port))
        return wrong_usage("truth needs --control PORT");
    if (o.first_argument < argc)
        return wrong_usage("truth takes no arguments");
    json_t *answer = NULL;
    int status = 0;
    enum err e = client_call((uint16_t)port, "GET", "/truth", NULL, &status, &answer);
    int failed = judge(e, status, answer);
    if (!failed) {
        json_dumpf(answer, stdout, JSON_INDENT(2));
        putchar('\n');
    }
    json_decref(answer);
    return failed;
}

static int command_plates(int argc, char **argv)
{
    const char *seed = "1", *count = "1000", *korean = "60";
    const struct option_row rows[] = {
        {"seed", "N", "seed of the simulation (default 1)", &seed},
        {"count", "N", "how many generated ones, in order of arrival (default 1000)", &count},
        {"korean-percent", "N", "share of Korean plates (default 60)", &korean}};
    struct options o =
        options_parse(argc, argv, "plates [options]",
                      "Prints the plates that generated vehicles will have.", rows, 3);
    long s, n, k;
    if (!parse_number(seed, 0, 1000000000, &s) || !parse_number(count, 1, 1000000, &n) ||
        !parse_number(korean, 0, 100, &k))
        return wrong_usage("plates: --seed, --count and --korean-percent are numbers");
    if (o.first_argument < argc)
        return wrong_usage("plates takes no arguments");
    /* Taxi and hire syllables: no generated plate has them. */
    puts("plate,token\n22아2222,cus_0a\n33바3333,cus_0b\n44사4444,cus_0c\n66바6666,cus_declined");
    for (long i = 0; i < n; i++)
        printf("%s,cus_0%06ld\n", plate_make((uint64_t)s, (uint32_t)i, (int)k).plate.text, i);
    return fflush(stdout) == 0 ? 0 : FAILED;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } commands[] = {{"run", command_run},
                    {"car", command_car},
                    {"truth", command_truth},
                    {"plates", command_plates}};
    for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            argv[1] = argv[0];
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    if (argc > 1 && argv[1][0] != '-')
        return wrong_usage("the commands are run, car, truth and plates");
    options_parse(argc, argv, "run|car|truth|plates [options]",
                  "Simulates gates, vehicles and a payment provider. "
                  "Each command has its own --help.",
                  NULL, 0);
    return wrong_usage("a command is needed: run, car, truth or plates");
}
