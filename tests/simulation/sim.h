/* The deterministic simulation: real edge agents and the real cloud service in one process under
 * virtual time, with everything around them made up: journals and ledger in memory, a lossy network
 * with a broker, lanes with arms and cars, a payment provider. One seeded generator drives it all.
 *
 * A process dies by losing everything but what it committed. From the moment of its death none of
 * its calls has an effect any more; the rest of the turn runs on into nothing.
 *
 * What is checked (check.c), after every step that committed anything:
 * I1 The ledger balances and its share of each edge is what the edge's journal says at the event
 *    applied last, plus the offers on their way.
 * I2 What the edges really hold, what is under way, what is inside and what is in the pool add up to
 *    the capacity and the overdraft: no admission can overfill. And truly: no more vehicles are
 *    inside than there is room for, but for those that drove in behind another and for spaces that
 *    exist twice because a journal or the database was set back or copied (counted one by one). None
 *    is used when its lease has ended.
 * I3 Each event is applied exactly once, in order and as the edge wrote it; nothing is acknowledged
 *    that is not committed; nothing is quarantined, no stream freezes, no rule is broken.
 * I4 No key is charged or given back again that may have been, and none before it is committed. No stay is
 *    charged more than its price, nor more than its true length costs, whatever the edges' clocks.
 * I5 Nothing is acted inside a transaction; an arm that is down is raised only on a committed
 *    authorisation; it is never told to open and to close in one turn, nor to close on anything.
 * I6 A request gets one final answer.
 * I7 A vehicle that left was not counted before it did; at rest each lane has counted its vehicles,
 *    but for documented doubt: then an entry counts in and an exit does not count out.
 * I8 When the faults stop, everything comes to rest, and entries hold spaces where there is room (settle.c).
 * I9 No command of a person is begun twice.
 * I10 No recall is taken twice by one journal: spaces go back once for each time they are wanted. */
#ifndef BOOMGATE_TESTS_SIMULATION_SIM_H
#define BOOMGATE_TESTS_SIMULATION_SIM_H

#include "tests/simulation/world.h"

#include <stdio.h>

/* Ends the process with seed, step and the reason. */
void sim_fail(const struct sim *s, const char *format, ...)
    __attribute__((format(printf, 2, 3), noreturn));
void sim_say(const struct sim *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
#define TRACE(s, ...)                                                                              \
    do {                                                                                           \
        if ((s)->trace)                                                                            \
            sim_say(s, __VA_ARGS__);                                                               \
    } while (0)

static inline int64_t sim_ms(const struct sim *s)
{
    return s->now.mono.v;
}

static inline void sim_in(struct sim *s, int64_t ms, happening h, void *who, int64_t what)
{
    calendar_plan(&s->calendar, sim_ms(s) + ms, h, who, what);
}

static inline int64_t between(struct sim *s, int64_t low, int64_t high)
{
    return chance_between(&s->chance, low, high);
}

static inline bool hits(struct sim *s, int64_t ppm)
{
    return chance_hits(&s->chance, ppm);
}

/* sim.c */
struct sim_edge *sim_edge(struct sim *s, const struct name *place, const struct name *edge);
struct sim_place *sim_place(struct sim *s, const struct name *place);

/* A whole run. `steps` of weather, then the faults stop and everything must come to rest. */
struct sim_options {
    uint64_t seed, steps;
    bool trace;
    enum mutation mutation;
};
struct totals sim_run(const struct sim_options *o);

/* weather.c */
void weather_begin(struct sim *s);
void weather_end(struct sim *s); /* for good */

/* settle.c */
void settle(struct sim *s);
bool sim_step(struct sim *s);

/* journal.c */
struct journal_port journal_port_of(struct sim_edge *e);
void journal_begin_life(struct sim_edge *e); /* a fresh journal; the one before is over */
void journal_copy(struct sim_edge *to, const struct sim_journal *j, const struct journal_state *at);
bool journal_fails(struct sim_edge *e); /* a call: the process dies here, or its disk does */
void journal_drop(struct sim_edge *e);  /* an open transaction is lost */
void journal_free(struct sim_journal *j);
void journal_release(struct sim_edge *e); /* all of them */
bool journal_answered(const struct sim_journal *j, int64_t grant);
const struct journal_row *journal_entry(const struct sim_edge *e, const char *movement);
const struct books *journal_books(const struct sim_journal *j, int64_t seq); /* 0: of none */

/* edge.c */
void edge_setup(struct sim_edge *e);
void edge_start(struct sim *s, void *edge, int64_t what);
void edge_kill(struct sim_edge *e, int64_t down_ms); /* below zero: for good */
void edge_replace(struct sim_edge *e);               /* by one that remembers nothing */
struct sim_edge *edge_root(struct sim_edge *e);
struct sim_edge *edge_other(struct sim_edge *e); /* of the same name; NULL: there is none */
struct sim_edge *edge_copy(struct sim_edge *e);  /* onto a machine of its own */
void edge_set_back(struct sim_edge *e);          /* to its backup */
struct now edge_now(const struct sim_edge *e);
void edge_input(struct sim_edge *e, const struct agent_input *in);
void edge_wake(struct sim_edge *e, int64_t at_ms);
bool edge_dies_here(struct sim_edge *e); /* a port call: true if it has no effect */
void edge_storage(struct sim_edge *e, bool frugal);

/* orders.c */
enum err orders_save(void *self, const struct order_memory *o);
enum err orders_find(void *self, const struct request_id *id, struct order_memory *ret);
enum err orders_open(void *self, struct order_memory *ret, size_t max, size_t *ret_count);
bool orders_raise(const struct sim_lane *l);
void check_order(struct sim_edge *e, const struct fact *f);
void orders_any(struct sim_lane *l);  /* a person has an idea */
void orders_undo(struct sim_lane *l); /* ... and thinks better of it */

/* audit.c */
void audit_begin(struct sim_place *p);

/* uplink.c */
void uplink_taken_over(struct sim_edge *e); /* by its twin */
struct uplink_port uplink_port_of(struct sim_edge *e);
void uplink_try(struct sim *s, void *edge, int64_t incarnation);
void uplink_lost(struct sim_edge *e); /* the session ended */
void uplink_send(struct sim_edge *e); /* rows, telemetry */
void uplink_receive(struct sim_edge *e, const struct message *m);

/* lane.c */
struct field_port field_port_of(struct sim_edge *e);
void lane_setup(struct sim_lane *l, struct sim_edge *e, size_t index, bool entry, int loops);
void lane_set(struct sim_lane *l, enum lane_input i, bool on);
void lane_scan(struct sim_lane *l);                             /* something changed: soon */
void lane_show(struct sim *s, void *lane, int64_t incarnation); /* one snapshot to the agent */
void lane_beat(struct sim *s, void *lane, int64_t what);        /* one now and then */
void lane_silence(struct sim_lane *l, int64_t ms);
void lane_disturbed(struct sim_lane *l);

void lane_arm_put_back(struct sim_lane *l);   /* one that was stopped half way */
void lane_hardware_opens(struct sim_lane *l); /* by itself, in a fire */

/* device.c */
uint32_t device_inputs(const struct sim_lane *l); /* as the device shows them */
void device_breaks(struct sim_lane *l);
void device_repaired(struct sim_lane *l);
bool device_evacuates(const struct sim_lane *l);
void device_acknowledged(struct sim_lane *l);

/* traffic.c */
void traffic_begin(struct sim *s);
void traffic_leave(struct sim *s); /* everybody inside heads for an exit */
void traffic_look(struct sim *s, void *lane, int64_t token);
void traffic_forgotten(struct sim_lane *l); /* nobody knows of an authorisation any more */
void traffic_deserted(struct sim_lane *l);  /* its edge is gone for good */
void traffic_authorised(struct sim_lane *l, bool authorised);

/* network.c */
struct message *message_new(struct sim *s, enum topic_kind kind, struct sim_edge *e);
void network_up(struct message *m);   /* from the edge */
void network_down(struct message *m); /* from the cloud */
void network_will(struct sim_edge *e);
void network_retain(struct sim_edge *e, const struct message *m);
void network_birth(struct sim *s); /* retained messages to a cloud that subscribed */
void broker_restart(struct sim *s, int64_t down_ms);
void network_free(struct sim *s);

/* cloud.c, cloud_ports.c */
void cloud_setup(struct sim *s);
void cloud_start(struct sim *s, void *cloud, int64_t what);
void cloud_kill(struct sim_cloud *c, int64_t down_ms);
void cloud_connect(struct sim *s, void *cloud, int64_t incarnation);
void cloud_disconnect(struct sim_cloud *c, int64_t down_ms);
void cloud_post(struct sim_cloud *c, struct work *w);
void cloud_put_place(struct sim_cloud *c, const struct sim_place *p);
void cloud_free(struct sim_cloud *c);
int64_t cloud_price(int64_t stay_ms);
struct now cloud_now(const struct sim_cloud *c);
struct service_ports cloud_ports(struct sim_cloud *c);

void cloud_back_up(struct sim_cloud *c);
void cloud_restore(struct sim_cloud *c);
void cloud_repair(struct sim_cloud *c); /* a person looks at what has stopped */

/* money.c */
void money_any(struct sim *s); /* a person decides something about the money of a stay */

/* provider.c */
void provider_forget(struct sim *s); /* the ledger no longer knows what was charged */
struct payments_port provider_port(struct sim_cloud *c);
void provider_free(struct sim *s);
bool provider_forgotten(const struct sim *s, const char *session);
/* Of a stay, ever. */
int64_t provider_taken(const struct sim *s, const char *session);
/* Of a stay, less what was given back. */
int64_t provider_charged(const struct sim *s, const char *session);

/* check_ledger.c */
void check_step(struct sim *s);
void check_news(struct sim *s);       /* after a commit of the cloud */
void ledger_forgotten(struct sim *s); /* before a restore: grants under way */
void ledger_reread(struct sim *s);    /* after it: grants that were taken */
bool ledger_followed(const struct sim *s, const struct sim_place *p); /* every journal there */
void ledger_note_count(struct sim *s, struct sim_place *p);
bool ledger_settled(const struct sim *s, const struct sim_place *p);
int64_t ledger_phantoms(const struct sim *s, const struct sim_place *p);
bool ledger_waits(struct sim *s, int64_t stream); /* for an answer that can come */

/* check.c */
void check_lane_at_rest(struct sim_lane *l);
void check_fact(struct sim_lane *l, const struct fact *f); /* committed by the edge */
void check_open(struct sim_lane *l);
void check_close(struct sim_lane *l);
void check_answer(struct sim_cloud *c, const struct response *r);
void check_end(struct sim *s);
const char *check_unrest(struct sim *s); /* NULL: at rest */

#endif
