#include "edge/commission/start.h"

#include "edge/commission/commission.h"
#include "edge/field/field.h"
#include "edge/journal/journal.h"
#include "protocol/support/signature.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { INPUTS_MAX = 1024, LANES_MAX = FIELD_LANES_MAX, REPORT_SIZE = 160 };

static void wake(void *arg)
{
    const int *fd = arg;
    uint64_t one = 1;
    while (write(*fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

static size_t choose_lanes(const struct edge_config *c, const struct clock_source *clock,
                           const char *wanted, struct commission_lane ret[LANES_MAX])
{
    size_t n = 0;
    struct agent_config agent = config_agent(c, clock);
    for (size_t i = 0; i < c->lane_count; i++) {
        const struct config_lane *l = &c->lanes[i];
        if (wanted == NULL || strcmp(l->name.text, wanted) == 0)
            ret[n++] = (struct commission_lane){
                .name = l->name,
                .index = i,
                .direction = agent.lanes[i].lane.direction,
                .has_ticket = c->profiles[i].outputs[OUTPUT_TICKET].act != ACT_NONE,
                .device_closes = agent.lanes[i].lane.device_closes,
                .open_ms = l->open_ms,
                .close_ms = l->close_ms};
    }
    return n;
}

/* Before anything is touched: a report that cannot be signed or written helps nobody. */
static enum err check(const struct edge_config *c, const char *report)
{
    struct signature_key key;
    if (c->signing_key[0] == '\0') {
        fprintf(stderr, "boomgate-edge: no `signing_key` is configured; --make-key makes one\n");
        return ERR_INVAL;
    }
    TRY(signature_key_of(c->signing_key, &key));
    if (access(report, F_OK) == 0) {
        fprintf(stderr, "boomgate-edge: %s exists, and a report is not overwritten\n", report);
        return ERR_CONFLICT;
    }
    return ERR_OK;
}

static enum err walk(const struct edge_config *c, struct commission *w)
{
    struct field_link links[FIELD_LINKS_MAX];
    struct field_lane lanes[FIELD_LANES_MAX];
    struct field *field;
    w->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (w->wake_fd < 0)
        return ERR_IO;
    w->inputs = mailbox_new(sizeof(struct agent_input), INPUTS_MAX, wake, &w->wake_fd);
    config_field(c, links, lanes);
    enum err e =
        field_start(links, c->link_count, lanes, c->lane_count, &w->clock, w->inputs, &field);
    if (e == ERR_OK) {
        w->field = field_port(field);
        e = commission_run(w);
        field_stop(field);
    }
    mailbox_free(w->inputs);
    close(w->wake_fd);
    return e;
}

enum err commission_start(const struct edge_config *c, const struct clock_source *clock,
                          const struct commission_options *o)
{
    struct commission_lane lanes[LANES_MAX];
    char name[REPORT_SIZE];
    int lock;
    snprintf(name, sizeof name, "commissioning-%s-%s.json", c->place.text, c->edge.text);
    struct commission w = {
        .place = c->place,
        .edge = c->edge,
        .lanes = lanes,
        .lane_count = choose_lanes(c, clock, o->lane, lanes),
        .clock = *clock,
        .key_file = c->signing_key,
        .report_file = o->report ? o->report : name,
        .in_fd = STDIN_FILENO,
    };
    if (w.lane_count == 0) {
        fprintf(stderr, "boomgate-edge: there is no lane %s\n", o->lane);
        return ERR_INVAL;
    }
    TRY(check(c, w.report_file));
    TRY(journal_hold(c->journal, &lock));
    enum err e = walk(c, &w);
    close(lock);
    return e;
}
