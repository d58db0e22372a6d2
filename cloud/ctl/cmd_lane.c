/* Commands to lanes: open, close, hold, release, lock, unlock, reset, log. */
#include "cloud/ctl/client.h"
#include "cloud/ctl/print.h"
#include "protocol/support/random.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { PATH_SIZE = 512, PART_SIZE = 200, LOOK_MS = 200 };

static bool commands_path(const struct ctl_args *a, char ret[PATH_SIZE])
{
    char place[PART_SIZE], lane[PART_SIZE];
    if (client_escape(a->operand, place, sizeof place) == ERR_OK &&
        client_escape(a->operand2, lane, sizeof lane) == ERR_OK &&
        (size_t)snprintf(ret, PATH_SIZE, "/v1/places/%s/lanes/%s/commands", place, lane) <
            PATH_SIZE)
        return true;
    fprintf(stderr, "boomgatectl: the name is too long\n");
    return false;
}

static json_t *body_of(const char *action, const struct ctl_args *a)
{
    json_t *body = json_pack("{s:s, s:s}", "action", action, "reason", a->reason);
    if (body == NULL) {
        fprintf(stderr, "boomgatectl: the reason is not UTF-8 text\n");
        return NULL;
    }
    if (a->expect != NULL)
        json_object_set_new(body, "expect", json_string(a->expect));
    return body;
}

/* Orders; what was ordered can be read at ret_path. An order whose answer was lost is repeated once
 * under the same key, which makes one command of both. */
static enum ctl_status order(struct client *c, const struct ctl_args *a, const json_t *body,
                             const char *key, char ret_path[PATH_SIZE])
{
    char path[PATH_SIZE];
    int status;
    json_t *answer;
    if (!commands_path(a, path))
        return CTL_USAGE;
    enum ctl_status s = client_post_once(c, path, key, body, &status, &answer);
    if (s == CTL_UNREACHABLE)
        s = client_post_once(c, path, key, body, &status, &answer);
    if (s == CTL_UNREACHABLE)
        fprintf(stderr, "To ask again for the same command: --key %s\n", key);
    if (s != CTL_OK)
        return s;
    if (status == 202)
        snprintf(ret_path, PATH_SIZE, "/v1/commands/%s", print_text(answer, "id"));
    else
        client_report(status, answer);
    json_decref(answer);
    return status == 202 ? CTL_OK : CTL_REFUSED;
}

static void print_stage(const json_t *stage, const char *why)
{
    printf("%s  ", print_text(stage, "time"));
    print_safe(stdout, print_text(stage, "stage"));
    if (why[0] != '\0') {
        printf(": ");
        print_safe(stdout, why);
    }
    printf("\n");
    fflush(stdout);
}

/* The stages from number *shown on. */
static void print_news(const json_t *document, size_t *shown)
{
    const json_t *stages = json_object_get(document, "stages");
    size_t count = json_array_size(stages);
    bool final = print_flag(document, "final");
    for (; *shown < count; (*shown)++)
        print_stage(json_array_get(stages, *shown),
                    final && *shown + 1 == count ? print_text(document, "why") : "");
}

static void pause_ms(long ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

/* Looks until there is an end, or once. The daemon ends every command, at the latest when nothing is
 * heard of it for long. */
static enum ctl_status follow(struct client *c, const char *path, bool wait)
{
    size_t shown = 0;
    for (;;) {
        json_t *document;
        enum ctl_status s = client_get(c, path, &document);
        if (s != CTL_OK)
            return s;
        bool final = print_flag(document, "final");
        bool done = strcmp(print_text(document, "stage"), "done") == 0;
        if (!client_json(c))
            print_news(document, &shown);
        else if (final || !wait)
            print_json(document);
        if (final && print_flag(document, "presumed"))
            fprintf(stderr, "boomgatectl: the edge was not heard of in time; what it did is not "
                            "known\n");
        json_decref(document);
        if (final || !wait)
            return done || !final ? CTL_OK : CTL_REFUSED;
        pause_ms(LOOK_MS);
    }
}

static enum ctl_status command(struct client *c, const struct ctl_args *a, const char *action)
{
    char path[PATH_SIZE];
    struct request_id random = random_request_id();
    if (a->reason == NULL) {
        fprintf(stderr, "boomgatectl: say why: --reason TEXT\n");
        return CTL_USAGE;
    }
    json_t *body = body_of(action, a);
    if (body == NULL)
        return CTL_USAGE;
    enum ctl_status s = order(c, a, body, a->key != NULL ? a->key : random.text, path);
    json_decref(body);
    return s == CTL_OK ? follow(c, path, a->wait != NULL) : s;
}

enum ctl_status cmd_lane_open(struct client *c, const struct ctl_args *a)
{
    return command(c, a, "open");
}

enum ctl_status cmd_lane_close(struct client *c, const struct ctl_args *a)
{
    return command(c, a, "close");
}

enum ctl_status cmd_lane_hold(struct client *c, const struct ctl_args *a)
{
    return command(c, a, "hold_open");
}

enum ctl_status cmd_lane_release(struct client *c, const struct ctl_args *a)
{
    return command(c, a, "release");
}

enum ctl_status cmd_lane_lock(struct client *c, const struct ctl_args *a)
{
    return command(c, a, "lock");
}

enum ctl_status cmd_lane_unlock(struct client *c, const struct ctl_args *a)
{
    return command(c, a, "unlock");
}

enum ctl_status cmd_lane_reset(struct client *c, const struct ctl_args *a)
{
    return command(c, a, "reset_fault");
}

enum ctl_status cmd_lane_log(struct client *c, const struct ctl_args *a)
{
    static const char *const heads[] = {"ISSUED", "ACTION", "WHO", "STAGE", "WHY NOT", "REASON"};
    char path[PATH_SIZE], with_limit[PATH_SIZE + 64], limit[32] = "";
    json_t *document;
    json_t *row;
    size_t i;
    if (!commands_path(a, path))
        return CTL_USAGE;
    if (a->limit != NULL && client_escape(a->limit, limit, sizeof limit) != ERR_OK)
        return CTL_USAGE;
    snprintf(with_limit, sizeof with_limit, "%s%s%s", path, limit[0] != '\0' ? "?limit=" : "",
             limit);
    enum ctl_status s = client_get(c, with_limit, &document);
    if (s != CTL_OK)
        return s;
    if (client_json(c)) {
        print_json(document);
    } else {
        struct print_table *t = print_table_new(sizeof heads / sizeof heads[0]);
        for (size_t k = 0; k < sizeof heads / sizeof heads[0]; k++)
            print_cell(t, "%s", heads[k]);
        json_array_foreach(json_object_get(document, "commands"), i, row)
        {
            print_cell(t, "%s", print_text(row, "issued"));
            print_cell(t, "%s", print_text(row, "action"));
            print_cell(t, "%s", print_text(row, "actor"));
            print_cell(t, "%s", print_text(row, "stage"));
            print_cell(t, "%s", print_text(row, "why"));
            print_cell(t, "%s", print_text(row, "reason"));
        }
        print_table_end(t);
    }
    json_decref(document);
    return CTL_OK;
}
