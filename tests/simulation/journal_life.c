/* The histories of one edge, newest first: those that are over are kept, because the cloud may still
 * stand in them. */
#include "tests/simulation/sim.h"

#include "protocol/support/memory.h"

#include <stdlib.h>
#include <string.h>

void journal_begin_life(struct sim_edge *e)
{
    struct sim_journal *j = mem_alloc(sizeof *j);
    uint8_t id[16];
    for (int i = 0; i < 16; i++)
        id[i] = (uint8_t)between(e->sim, 0, 255);
    struct edge_memory *m = &j->now.memory;
    m->journal = request_id_from(id);
    m->next = 1;
    memset(m->head.text, '0', DIGEST_SIZE - 1);
    j->committed = j->now;
    j->older = e->journal;
    e->journal = j;
}

static int64_t lower(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

void journal_copy(struct sim_edge *to, const struct sim_journal *j, const struct journal_state *at)
{
    struct sim_journal *c = mem_alloc(sizeof *c);
    c->now = c->committed = *at;
    c->applied = lower(j->applied, (int64_t)at->row_count);
    c->applied_most = lower(j->applied_most, (int64_t)at->row_count);
    c->row_size = at->row_count;
    c->rows = mem_alloc((c->row_size + 1) * sizeof *c->rows);
    for (size_t i = 0; i < at->row_count; i++) {
        c->rows[i] = j->rows[i];
        c->rows[i].bytes = mem_copy(j->rows[i].bytes, j->rows[i].len);
    }
    c->grant_size = at->grant_count;
    c->grants = mem_alloc((c->grant_size + 1) * sizeof *c->grants);
    for (size_t i = 0; i < at->grant_count; i++)
        c->grants[i] = j->grants[i];
    c->order_size = at->order_count;
    c->orders = mem_alloc((c->order_size + 1) * sizeof *c->orders);
    for (size_t i = 0; i < at->order_count; i++)
        c->orders[i] = j->orders[i];
    c->older = to->journal;
    to->journal = c;
}

void journal_free(struct sim_journal *j)
{
    for (size_t i = 0; i < j->row_size; i++)
        free(j->rows[i].bytes);
    free(j->rows);
    free(j->grants);
    free(j->orders);
    free(j);
}

void journal_release(struct sim_edge *e)
{
    while (e->journal) {
        struct sim_journal *j = e->journal;
        e->journal = j->older;
        journal_free(j);
    }
}
