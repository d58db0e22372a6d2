#include "protocol/modbus/plan.h"

enum { ITEMS_MAX = LANE_INPUTS + 9 + 2 + PROFILE_IDENTITY_MAX };

/* One point to be read. */
struct item {
    enum plan_class class;
    struct profile_at at;
    uint32_t count;
    struct plan_slot *slot;
};

struct items {
    struct item all[ITEMS_MAX];
    size_t count;
};

static void add(struct items *s, enum plan_class class, struct profile_at at, uint32_t count,
                struct plan_slot *slot)
{
    if (at.space != SPACE_NONE)
        s->all[s->count++] = (struct item){class, at, count, slot};
}

static void add_value(struct items *s, const struct profile_value *v, struct plan_slot *slot)
{
    add(s, PLAN_STATUS, v->at, v->wide ? 2 : 1, slot);
}

void plan_text_span(const struct profile_text *t, uint16_t *ret_address, uint32_t *ret_count)
{
    const int32_t single[] = {t->sequence.address, t->bytes, t->type, t->confidence, t->flags};
    uint32_t low = t->text, high = (uint32_t)t->text + t->registers;
    for (size_t i = 0; i < sizeof single / sizeof single[0]; i++) {
        if (single[i] < 0)
            continue;
        uint32_t v = (uint32_t)single[i];
        low = v < low ? v : low;
        high = v + 1 > high ? v + 1 : high;
    }
    *ret_address = (uint16_t)low;
    *ret_count = high - low;
}

static void add_text(struct items *s, enum plan_class class, const struct profile_text *t,
                     struct plan_slot *slot)
{
    struct profile_at at = t->sequence;
    uint32_t count;
    plan_text_span(t, &at.address, &count);
    add(s, class, at, count, slot);
}

static void gather(const struct profile *p, struct plan *plan, struct items *s)
{
    for (size_t i = 0; i < LANE_INPUTS; i++)
        add(s, PLAN_INPUTS, p->inputs[i].at, 1, &plan->inputs[i]);
    add_text(s, PLAN_READINGS, &p->plate, &plan->plate);
    add_text(s, PLAN_STATUS, &p->credential, &plan->credential);
    add_value(s, &p->gate, &plan->gate);
    add_value(s, &p->position, &plan->position);
    add_value(s, &p->last_error, &plan->last_error);
    add_value(s, &p->operations, &plan->operations);
    add_value(s, &p->boot_count, &plan->boot_count);
    add_value(s, &p->heartbeat, &plan->heartbeat);
    add_value(s, &p->uptime, &plan->uptime);
    add_value(s, &p->forward, &plan->forward);
    add_value(s, &p->reverse, &plan->reverse);
    for (size_t i = 0; i < p->identity_count; i++)
        add(s, PLAN_IDENTITY, p->identity[i].at, 1, &plan->identity[i]);
}

static bool comes_before(const struct item *a, const struct item *b)
{
    if (a->class != b->class)
        return a->class < b->class;
    if (a->at.device != b->at.device)
        return a->at.device < b->at.device;
    if (a->at.space != b->at.space)
        return a->at.space < b->at.space;
    return a->at.address < b->at.address;
}

static void sort(struct items *s)
{
    for (size_t i = 1; i < s->count; i++) {
        struct item one = s->all[i];
        size_t k = i;
        for (; k > 0 && comes_before(&one, &s->all[k - 1]); k--)
            s->all[k] = s->all[k - 1];
        s->all[k] = one;
    }
}

static uint32_t limit_of(const struct profile *p, enum profile_space s)
{
    return space_is_bits(s) ? p->max_bits : p->max_registers;
}

/* The range that already covers `i`, or plan->count. */
static size_t covered(const struct plan *plan, const struct item *i)
{
    size_t k = 0;
    for (; k < plan->count; k++) {
        const struct plan_range *r = &plan->ranges[k];
        if (r->space == i->at.space && r->device == i->at.device && i->at.address >= r->address &&
            i->at.address + i->count <= (uint32_t)r->address + r->count)
            break;
    }
    return k;
}

/* Lengthens the class's last range if that takes `i` in; false: it needs one of its own. */
static bool lengthen(const struct profile *p, struct plan *plan, size_t class_begin,
                     const struct item *i)
{
    if (plan->count == class_begin)
        return false;
    struct plan_range *r = &plan->ranges[plan->count - 1];
    uint32_t gap = space_is_bits(i->at.space) ? p->gap_bits : p->gap_registers;
    uint32_t end = i->at.address + i->count, span = end - r->address;
    if (r->space != i->at.space || r->device != i->at.device ||
        i->at.address > (uint32_t)r->address + r->count + gap || span > limit_of(p, r->space))
        return false;
    if (span > r->count)
        r->count = (uint16_t)span;
    return true;
}

static enum err place(const struct profile *p, struct plan *plan, size_t class_begin,
                      const struct item *i)
{
    if (i->count > limit_of(p, i->at.space) || i->at.address + i->count > 0x10000)
        return ERR_INVAL;
    size_t at = covered(plan, i);
    if (at == plan->count && lengthen(p, plan, class_begin, i))
        at = plan->count - 1;
    if (at == plan->count) {
        if (plan->count == PLAN_RANGES_MAX)
            return ERR_FULL;
        plan->ranges[plan->count++] =
            (struct plan_range){i->at.space, i->at.device, i->at.address, (uint16_t)i->count};
    }
    /* Sorted by address: a range never grows at its beginning, so the offset stays. */
    *i->slot =
        (struct plan_slot){(uint8_t)at, (uint16_t)(i->at.address - plan->ranges[at].address)};
    return ERR_OK;
}

enum err plan_make(const struct profile *p, struct plan *ret)
{
    struct plan plan = {.count = 0};
    struct items items = {.count = 0};
    gather(p, &plan, &items);
    sort(&items);
    size_t next = 0;
    for (int class = 0; class < PLAN_CLASSES; class ++) {
        size_t begin = plan.count;
        for (; next < items.count && (int)items.all[next].class == class; next++)
            TRY(place(p, &plan, begin, &items.all[next]));
        plan.ends[class] = plan.count;
    }
    *ret = plan;
    return ERR_OK;
}
