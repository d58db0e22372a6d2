#include "edge/commission/commission.h"

#include "edge/commission/steps.h"
#include "protocol/support/signed_json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const result_words[] = {
    [RESULT_PASSED] = "passed", [RESULT_FAILED] = "failed", [RESULT_SKIPPED] = "skipped"};

static json_t *time_now(const struct commission *c)
{
    char text[TIMESTAMP_SIZE];
    if (timestamp_format(clock_now(&c->clock).wall, text) != ERR_OK)
        return json_null();
    return json_string(text);
}

/* What one lane's steps came to: the worst of them. */
static enum result worse(enum result a, enum result b)
{
    if (a == RESULT_FAILED || b == RESULT_FAILED)
        return RESULT_FAILED;
    return a == RESULT_SKIPPED || b == RESULT_SKIPPED ? RESULT_SKIPPED : RESULT_PASSED;
}

static enum result run_steps(struct bench *b, const struct commission_lane *lane, json_t *list)
{
    enum result all = RESULT_PASSED;
    for (size_t i = 0; i < step_count; i++) {
        json_t *report = json_object();
        json_object_set_new(report, "step", json_string(steps[i].name));
        terminal_say(&b->terminal, "\n-- %s: %s --\n", lane->name.text, steps[i].name);
        enum result r = b->terminal.ended ? RESULT_SKIPPED : steps[i].run(b, lane, report);
        json_object_set_new(report, "result", json_string(result_words[r]));
        json_array_append_new(list, report);
        terminal_say(&b->terminal, "%s: %s\n", steps[i].name, result_words[r]);
        all = worse(all, r);
        if (i == 0 && r == RESULT_FAILED && !bench_fresh(b)) /* nothing else can be seen */
            break;
    }
    steps_end(b);
    return all;
}

static json_t *run_lane(const struct commission *c, struct terminal *t,
                        const struct commission_lane *lane, enum result *ret)
{
    json_t *report = json_object(), *list = json_array();
    struct bench b = {.terminal = *t,
                      .clock = c->clock,
                      .field = c->field,
                      .inputs = c->inputs,
                      .wake_fd = c->wake_fd,
                      .lane = lane->index};
    *ret = run_steps(&b, lane, list);
    *t = b.terminal;
    json_object_set_new(report, "lane", json_string(lane->name.text));
    json_object_set_new(report, "direction", json_string(direction_word(lane->direction)));
    json_object_set_new(report, "result", json_string(result_words[*ret]));
    json_object_set_new(report, "steps", list);
    return report;
}

/* A new file each time: an older report is not overwritten. */
static enum err write_report(const struct commission *c, const json_t *report)
{
    char *text;
    TRY(signed_json_make(report, c->key_file, &text));
    FILE *f = fopen(c->report_file, "wxe");
    bool good = f != NULL && fputs(text, f) >= 0 && fflush(f) == 0 && fsync(fileno(f)) == 0;
    int why = errno;
    if (f != NULL && fclose(f) != 0)
        good = false;
    free(text);
    if (good)
        return ERR_OK;
    fprintf(stderr, "boomgate-edge: %s: %s\n", c->report_file, strerror(why));
    return ERR_IO;
}

static bool who(const struct commission *c, struct terminal *t, json_t *report)
{
    char name[TERMINAL_LINE_SIZE];
    struct bench b = {.terminal = *t,
                      .clock = c->clock,
                      .field = c->field,
                      .inputs = c->inputs,
                      .wake_fd = c->wake_fd};
    bool there;
    do
        there = bench_line(&b, "Your name, for the report:", name, sizeof name);
    while (there &&
           (name[0] == '\0' || json_object_set_new(report, "installer", json_string(name)) != 0));
    *t = b.terminal;
    return there;
}

static json_t *head_of(const struct commission *c)
{
    json_t *report = json_object();
    json_object_set_new(report, "format", json_string("boomgate-commissioning-1"));
    json_object_set_new(report, "place", json_string(c->place.text));
    json_object_set_new(report, "edge", json_string(c->edge.text));
    json_object_set_new(report, "version", json_string(BOOMGATE_VERSION));
    json_object_set_new(report, "started", time_now(c));
    return report;
}

enum err commission_run(const struct commission *c)
{
    struct terminal t = {.fd = c->in_fd, .out = stdout};
    json_t *report = head_of(c), *list = json_array();
    enum result all = RESULT_PASSED;
    if (!who(c, &t, report)) {
        json_decref(report);
        json_decref(list);
        return ERR_UNAVAIL;
    }
    for (size_t i = 0; i < c->lane_count; i++) {
        enum result r;
        json_array_append_new(list, run_lane(c, &t, &c->lanes[i], &r));
        all = worse(all, r);
    }
    json_object_set_new(report, "ended", time_now(c));
    json_object_set_new(report, "result", json_string(result_words[all]));
    json_object_set_new(report, "lanes", list);
    enum err e = write_report(c, report);
    json_decref(report);
    if (e != ERR_OK)
        return e;
    terminal_say(&t, "\n%s. The report is %s.\n", result_words[all], c->report_file);
    return all == RESULT_PASSED ? ERR_OK : ERR_DENIED;
}
