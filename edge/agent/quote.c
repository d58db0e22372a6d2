/* What a stay costs as far as this edge knows: it saw the entry and has a rate table of its own. Only for
 * exits without the cloud; a store that fails costs the quote, never the exit. */
#include "edge/agent/internal.h"

#include "protocol/support/log.h"

#include <stdio.h>
#include <string.h>

static bool quotes(const struct agent *a)
{
    return a->ports.quote.price != NULL && a->ports.rights.entry_of != NULL;
}

/* By what it showed first, as the cloud finds its stay. */
static enum err entry_of(struct agent *a, const struct credential *c, struct wall_ms *ret)
{
    const struct rights_port *port = &a->ports.rights;
    enum err e = ERR_NOTFOUND;
    if (c->shown.text[0] != '\0')
        e = port->entry_of(port->self, c->shown.text, ret);
    if (e == ERR_NOTFOUND && c->plate.text[0] != '\0')
        e = port->entry_of(port->self, c->plate.text, ret);
    return e;
}

struct money agent_quote(struct agent *a, size_t i)
{
    const struct agent_movement *m = &a->live.lanes[i].movement;
    struct money due = {0};
    struct wall_ms entry;
    if (!quotes(a) || m->direction != DIRECTION_EXIT || a->clock == CLOCK_UNSET)
        return due;
    enum err e = entry_of(a, &m->credential, &entry);
    if (e == ERR_OK)
        e = a->ports.quote.price(a->ports.quote.self, entry, a->now.wall, &due);
    if (e != ERR_OK && e != ERR_NOTFOUND)
        log_warn("agent.no_quote", LT("lane", a->config.lanes[i].name.text),
                 LT("reason", err_text(e)));
    return due;
}

void agent_quote_text(const struct money *due, const char *words, char ret[DISPLAY_SIZE])
{
    char amount[MONEY_TEXT_SIZE];
    money_format(*due, amount);
    if (snprintf(ret, DISPLAY_SIZE, "%s %s", amount, words) >= DISPLAY_SIZE)
        snprintf(ret, DISPLAY_SIZE, "%s", words);
}

static void note_crossing(struct agent *a, size_t i, const char *key)
{
    const struct rights_port *port = &a->ports.rights;
    bool entry = a->live.lanes[i].movement.direction == DIRECTION_ENTRY;
    if (key[0] == '\0')
        return;
    enum err e = entry && a->clock != CLOCK_UNSET ? port->entered(port->self, key, a->now.wall)
                                                  : port->left(port->self, key);
    if (e != ERR_OK)
        log_warn("agent.entry_not_kept", LT("reason", err_text(e)));
}

void agent_quote_crossed(struct agent *a, size_t i)
{
    const struct credential *c = &a->live.lanes[i].movement.credential;
    if (!quotes(a))
        return;
    note_crossing(a, i, c->plate.text);
    note_crossing(a, i, c->shown.text);
}
