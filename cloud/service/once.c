#include "cloud/service/once.h"

#include <string.h>

/* Longer than anybody repeats a request: a day, of real time too when domain time runs faster. */
enum { KEEP_MS = 25 * 3600 * 1000, PRUNE_MAX = 4 };

struct lookup {
    const struct admin_command *command;
    struct admin_result *result;
};

static void found(void *arg, const struct answer_row *row)
{
    const struct lookup *l = arg;
    const struct once *o = &l->command->once;
    if (strcmp(row->request.text, o->request.text) == 0)
        o->again(l->command->arg, row);
    else
        l->result->key_reused = true;
}

bool once_again(struct service *s, const struct admin_command *c, struct admin_result *ret)
{
    struct lookup l = {c, ret};
    return c->once.key.text[0] != '\0' && FOUND(s, find_answer, &c->once.key, found, &l);
}

/* A few with every new one: the table shrinks faster than it grows, and no batch is long. */
static void prune(struct service *s)
{
    int64_t keep_ms = real_ms(s, KEEP_MS);
    STORE(s, prune_answers, wall_after(s->now.wall, keep_ms > KEEP_MS ? -keep_ms : -KEEP_MS),
          PRUNE_MAX);
}

void once_keep(struct service *s, const struct admin_command *c, const struct admin_result *r)
{
    struct answer_row row = {.key = c->once.key, .request = c->once.request, .at = s->now.wall};
    if (row.key.text[0] == '\0' || r->err == ERR_UNAVAIL || r->err == ERR_FULL)
        return; /* nothing was done: the same request may succeed later */
    c->once.keep(c->arg, r, &row);
    STORE(s, add_answer, &row);
    prune(s);
}
