/* trace ID: gate, question, decision, payment, answer, arm, with the time between them. */
#include "cloud/ctl/client.h"
#include "cloud/ctl/print.h"
#include "protocol/base/clock.h"

#include <stdio.h>
#include <string.h>

enum { PATH_SIZE = 256, PART_SIZE = 200 };

/* Milliseconds of an RFC 3339 text; 0 if it is none. */
static int64_t ms_of(const char *text)
{
    struct wall_ms t;
    return timestamp_parse(text, strlen(text), &t) == ERR_OK ? t.v : 0;
}

static void print_steps(const json_t *steps)
{
    static const char *const head[] = {"TIME", "+MS", "PLACE", "MOVEMENT", "WHAT", "HOW"};
    enum { COLUMNS = sizeof head / sizeof head[0] };
    struct print_table *t = print_table_new(COLUMNS);
    size_t i;
    const json_t *s;
    int64_t first = 0;
    for (size_t k = 0; k < COLUMNS; k++)
        print_cell(t, "%s", head[k]);
    json_array_foreach(steps, i, s)
    {
        int64_t at = ms_of(print_text(s, "time"));
        first = i == 0 ? at : first;
        print_cell(t, "%s", print_text(s, "time"));
        print_cell(t, "%lld", (long long)(at - first));
        print_cell(t, "%s", print_text(s, "place"));
        print_cell(t, "%s", print_text(s, "movement"));
        print_cell(t, "%s", print_text(s, "type"));
        print_cell(t, "%s", print_text(s, "text"));
    }
    print_table_end(t);
}

enum ctl_status cmd_trace(struct client *c, const struct ctl_args *a)
{
    char part[PART_SIZE], path[PATH_SIZE];
    json_t *document;
    if (client_escape(a->operand, part, sizeof part) != ERR_OK) {
        fprintf(stderr, "boomgatectl: the id is too long\n");
        return CTL_USAGE;
    }
    snprintf(path, sizeof path, "/v1/traces/%s", part);
    enum ctl_status s = client_get(c, path, &document);
    if (s != CTL_OK)
        return s;
    if (client_json(c)) {
        print_json(document);
    } else {
        printf("trace %s\n", print_text(document, "trace"));
        print_steps(json_object_get(document, "steps"));
    }
    json_decref(document);
    return CTL_OK;
}
