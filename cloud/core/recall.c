#include "cloud/core/recall.h"

static int64_t min_of(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Free there, and not recalled yet. */
static int64_t spare(const struct recall_edge *e)
{
    int64_t free = e->live ? e->view - e->owed - e->n : 0;
    return free > 0 ? free : 0;
}

static struct recall_edge *richest(struct recall_edge *edges, size_t count, bool helping)
{
    struct recall_edge *best = NULL;
    for (size_t i = 0; i < count; i++) {
        struct recall_edge *e = &edges[i];
        if (spare(e) == 0 || (helping && (e->starving || e->owed > 0)))
            continue;
        if (!best || spare(e) > spare(best))
            best = e;
    }
    return best;
}

/* C1: credits to come; an edge with exits before one without. */
static void pledge(int64_t missing, struct recall_edge *edges, size_t count)
{
    struct recall_edge *best = NULL;
    for (size_t i = 0; i < count; i++)
        if (edges[i].live && (!best || (edges[i].exits && !best->exits)))
            best = &edges[i];
    if (best && missing > 0)
        best->n += missing;
}

static void fill_pool(int64_t missing, struct recall_edge *edges, size_t count)
{
    int64_t pledged = 0;
    for (size_t i = 0; i < count; i++) { /* C2 */
        if (!edges[i].live)
            continue;
        int64_t covered = min_of(edges[i].owed, edges[i].view > 0 ? edges[i].view : 0);
        missing -= covered;
        pledged += edges[i].owed - covered;
    }
    struct recall_edge *e;
    while (missing > 0 && (e = richest(edges, count, false))) {
        int64_t n = min_of(missing, spare(e));
        e->n += n;
        missing -= n;
    }
    pledge(missing - pledged, edges, count);
}

/* C3 */
static void help(struct recall_edge *edges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (edges[i].live && edges[i].owed > 0)
            return; /* something is on its way */
    struct recall_edge *rich = richest(edges, count, true);
    for (size_t i = 0; rich && i < count; i++) {
        if (!edges[i].starving)
            continue;
        int64_t more = spare(rich) - (edges[i].view > 0 ? edges[i].view : 0);
        rich->n = (more + rich->idle) / 2;
        return;
    }
}

void recall_plan(int64_t missing, struct recall_edge *edges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        edges[i].n = 0;
    if (missing > 0)
        fill_pool(missing, edges, count);
    else
        help(edges, count);
}

void recall_all(struct recall_edge *edges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        edges[i].n = 0;
    for (size_t i = 0; i < count; i++)
        edges[i].n = spare(&edges[i]);
}
