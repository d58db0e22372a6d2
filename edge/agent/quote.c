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

struct money agent_quote(struct agent *a, size_t i)
{
    const struct agent_movement *m = &a->live.lanes[i].movement;
    struct money due = {0};
    struct wall_ms entry;
    if (!quotes(a) || m->direction != DIRECTION_EXIT || m->credential.plate.text[0] == '\0' ||
        a->clock == CLOCK_UNSET)
        return due;
    enum err e = a->ports.rights.entry_of(a->ports.rights.self, &m->credential.plate, &entry);
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

void agent_quote_crossed(struct agent *a, size_t i)
{
    const struct agent_movement *m = &a->live.lanes[i].movement;
    const struct rights_port *port = &a->ports.rights;
    if (!quotes(a) || m->credential.plate.text[0] == '\0')
        return;
    bool known = m->direction == DIRECTION_ENTRY && a->clock != CLOCK_UNSET;
    enum err e = known ? port->entered(port->self, &m->credential.plate, a->now.wall)
                       : port->left(port->self, &m->credential.plate);
    if (e != ERR_OK)
        log_warn("agent.entry_not_kept", LT("reason", err_text(e)));
}
