/* What breaks at a gate: loops that stay on, a barrier that broke off, limits that lie, a blocked beam,
 * somebody with the service key, a power cut, a restart of the device, fire. */
#include "tests/simulation/sim.h"

struct fault_kind {
    uint32_t on, off;
    const char *word;
};

#define BIT(i) (1U << (i))

/* The last one is fire. */
static const struct fault_kind kinds[] = {
    {BIT(IN_LOOP_A), 0, "loop A stays on"},
    {BIT(IN_LOOP_B), 0, "loop B stays on"},
    {BIT(IN_FAULT_A), 0, "the detector of loop A is broken"},
    {BIT(IN_FAULT_B), 0, "the detector of loop B is broken"},
    {0, BIT(IN_ARM_ATTACHED), "the arm broke off"},
    {BIT(IN_ARM_UP) | BIT(IN_ARM_DOWN), 0, "both limits"},
    {0, BIT(IN_ARM_UP) | BIT(IN_ARM_DOWN), "neither limit"},
    {0, BIT(IN_PHOTOCELL_CLEAR), "the beam is blocked"},
    {0, BIT(IN_EDGE_OK), "the safety edge is pressed"},
    {BIT(IN_OBSTRUCTION), 0, "an obstruction"},
    {0, BIT(IN_LOCAL_STOP_OK), "the local stop"},
    {BIT(IN_LOCAL_MODE), 0, "the service key"},
    {0, BIT(IN_MAINS_OK), "no mains"},
    {BIT(IN_RESTARTED), 0, "the device was restarted"},
    {BIT(IN_FIRE), 0, "fire"},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

uint32_t device_inputs(const struct sim_lane *l)
{
    return (l->bits | l->forced_on) & ~l->forced_off;
}

void device_repaired(struct sim_lane *l)
{
    if (!l->faulty)
        return;
    TRACE(l->sim, "%s/%s is repaired", l->edge->name.text, l->name.text);
    l->forced_on = l->forced_off = 0;
    l->faulty = false;
    lane_arm_put_back(l);
    lane_disturbed(l);
    lane_scan(l);
    if (l->car)
        sim_in(l->sim, between(l->sim, 300, 2000), traffic_look, l, l->car_token);
}

static void repaired(struct sim *s, void *lane, int64_t which)
{
    struct sim_lane *l = lane;
    (void)s;
    if (which == l->fault)
        device_repaired(l);
}

/* What is counted meanwhile is doubtful both ways. */
void device_breaks(struct sim_lane *l)
{
    struct sim *s = l->sim;
    const struct fault_kind *k = &kinds[between(s, 0, KINDS - 1)];
    if (l->faulty)
        return;
    TRACE(s, "%s/%s: %s", l->edge->name.text, l->name.text, k->word);
    s->totals.device_faults++;
    l->faulty = true;
    l->forced_on = k->on;
    l->forced_off = k->off;
    l->again += 2;
    l->place->doubled += 2;
    lane_disturbed(l);
    lane_scan(l);
    if (k->on == BIT(IN_FIRE))
        lane_hardware_opens(l);
    sim_in(s, hits(s, 500000) ? between(s, 1000, 20000) : between(s, 20000, 900000), repaired, l,
           ++l->fault);
}

/* What crosses then is not counted. */
bool device_evacuates(const struct sim_lane *l)
{
    return l->edge->journal->committed.lanes[l->index].modes >> LANE_MODE_FIRE & 1;
}

/* The pulse of the agent that has seen a restart. */
void device_acknowledged(struct sim_lane *l)
{
    l->forced_on &= ~BIT(IN_RESTARTED);
}
