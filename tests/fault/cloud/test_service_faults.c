/* The service against a store that fails its Nth call, and against kill -9 after it: the process ends
 * (C2), nothing was promised that is not committed (C1, C3), and after a restart with everything sent
 * again each fact is there once and nobody was charged twice (C4).
 *
 * Each case is a child process; what it told the world, the edge's journal and the provider's books
 * are in shared memory, as they are in other machines in real life. */
#include "tests/unit/cloud/world.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { EVENTS = 8, KEYS_MAX = 8, STAY_MS = 60 * 60000 };
enum fault { FAULT_NONE, FAULT_ERROR, FAULT_KILL };

static const char plate[] = "22아2222";
static const struct request_id exit_id = {"ab000000000000000700000000000000"};

struct provider_entry {
    char key[PAYMENT_KEY_SIZE];
    int charges;      /* that reached the provider */
    int asked_in_run; /* last run in which its status was asked for */
    int begun_in_run;
};

struct shared {
    struct world w;
    struct test_edge edge;
    char bytes[EVENTS][EVENT_BYTES_MAX];
    size_t len[EVENTS];
    struct provider_entry provider[KEYS_MAX];
    struct now begin; /* when the story starts; every run tells it with the same times */
    int run;          /* counts starts of the service */
    int violations;
    int64_t calls, nth;
    enum fault fault;
};

static struct shared *sh;
static struct store_port real;

/* ---- the failing store ---- */

/* True if this is the call that fails. */
static bool now_is_the_time(void)
{
    return sh->fault != FAULT_NONE && ++sh->calls == sh->nth;
}

#define WRAPPED(name, params, args)                                                                \
    static enum err wrapped_##name params                                                          \
    {                                                                                              \
        bool hit = now_is_the_time();                                                              \
        (void)self;                                                                                \
        if (hit && sh->fault == FAULT_ERROR)                                                       \
            return ERR_IO;                                                                         \
        enum err outcome_ = real.name args;                                                        \
        if (hit)                                                                                   \
            raise(SIGKILL);                                                                        \
        return outcome_;                                                                           \
    }

#define SELF real.self
WRAPPED(begin, (void *self), (SELF))
WRAPPED(commit, (void *self), (SELF))
WRAPPED(save_place, (void *self, const struct place_row *r), (SELF, r))
WRAPPED(save_edge, (void *self, const struct edge_row *r), (SELF, r))
WRAPPED(save_lanes,
        (void *self, const struct name *p, const struct name *e, const struct hello_lane *l,
         size_t n),
        (SELF, p, e, l, n))
WRAPPED(save_stream, (void *self, const struct stream_row *r), (SELF, r))
WRAPPED(save_grant, (void *self, const struct grant_row *r), (SELF, r))
WRAPPED(save_live, (void *self, const struct edge_live_row *r), (SELF, r))
WRAPPED(add_event, (void *self, const struct event_row *r), (SELF, r))
WRAPPED(find_digest, (void *self, int64_t st, int64_t seq, struct digest *ret),
        (SELF, st, seq, ret))
WRAPPED(merge_movement, (void *self, const struct movement_row *r), (SELF, r))
WRAPPED(find_movement, (void *self, const struct movement_id *id, struct movement_row *ret),
        (SELF, id, ret))
WRAPPED(save_session, (void *self, const struct session_row *r), (SELF, r))
WRAPPED(find_session, (void *self, const struct movement_id *id, struct session_row *ret),
        (SELF, id, ret))
WRAPPED(find_open_session,
        (void *self, const struct name *p, const struct plate *pl, struct wall_ms at,
         struct session_row *ret),
        (SELF, p, pl, at, ret))
WRAPPED(find_unmatched,
        (void *self, const struct name *p, const struct plate *pl, struct wall_ms from,
         struct session_row *ret),
        (SELF, p, pl, from, ret))
WRAPPED(save_payment, (void *self, const struct payment_row *r), (SELF, r))
WRAPPED(count_payments, (void *self, const struct movement_id *id, int64_t *ret), (SELF, id, ret))
WRAPPED(save_debt, (void *self, const struct debt_row *r), (SELF, r))
WRAPPED(find_debt, (void *self, const struct movement_id *id, struct debt_row *ret),
        (SELF, id, ret))
WRAPPED(collectable_debts, (void *self, struct debt_row *ret, size_t max, size_t *n),
        (SELF, ret, max, n))
WRAPPED(retry_debts, (void *self, const char *reason), (SELF, reason))
WRAPPED(save_decision, (void *self, const struct decision_row *r), (SELF, r))
WRAPPED(find_decision, (void *self, const struct request_id *id, struct decision_row *ret),
        (SELF, id, ret))
WRAPPED(prune_decisions, (void *self, struct wall_ms before), (SELF, before))
WRAPPED(add_answer, (void *self, const struct answer_row *r), (SELF, r))
WRAPPED(find_answer,
        (void *self, const struct digest *key, void (*visit)(void *arg, const struct answer_row *r),
         void *arg),
        (SELF, key, visit, arg))
WRAPPED(prune_answers, (void *self, struct wall_ms before, size_t max), (SELF, before, max))
WRAPPED(save_command, (void *self, const struct command_row *r), (SELF, r))
WRAPPED(find_command, (void *self, const struct request_id *id, struct command_row *ret),
        (SELF, id, ret))

static struct store_port wrap(struct world *w, struct store_port p)
{
    (void)w;
    real = p;
    p.begin = wrapped_begin;
    p.commit = wrapped_commit;
    p.save_place = wrapped_save_place;
    p.save_edge = wrapped_save_edge;
    p.save_lanes = wrapped_save_lanes;
    p.save_stream = wrapped_save_stream;
    p.save_grant = wrapped_save_grant;
    p.save_live = wrapped_save_live;
    p.add_event = wrapped_add_event;
    p.find_digest = wrapped_find_digest;
    p.merge_movement = wrapped_merge_movement;
    p.find_movement = wrapped_find_movement;
    p.save_session = wrapped_save_session;
    p.find_session = wrapped_find_session;
    p.find_open_session = wrapped_find_open_session;
    p.find_unmatched = wrapped_find_unmatched;
    p.save_payment = wrapped_save_payment;
    p.count_payments = wrapped_count_payments;
    p.save_debt = wrapped_save_debt;
    p.find_debt = wrapped_find_debt;
    p.collectable_debts = wrapped_collectable_debts;
    p.retry_debts = wrapped_retry_debts;
    p.save_decision = wrapped_save_decision;
    p.find_decision = wrapped_find_decision;
    p.prune_decisions = wrapped_prune_decisions;
    p.add_answer = wrapped_add_answer;
    p.find_answer = wrapped_find_answer;
    p.prune_answers = wrapped_prune_answers;
    p.save_command = wrapped_save_command;
    p.find_command = wrapped_find_command;
    return p;
}

/* ---- the provider: charges the moment it is called; its answer may never be heard ---- */

static struct provider_entry *entry_of(const char *key)
{
    for (int i = 0; i < KEYS_MAX; i++) {
        struct provider_entry *e = &sh->provider[i];
        if (e->key[0] == '\0')
            memcpy(e->key, key, sizeof e->key);
        if (strcmp(e->key, key) == 0)
            return e;
    }
    return NULL;
}

static void provider_hears(const struct payment_call *c)
{
    struct provider_entry *e = entry_of(c->key);
    if (c->kind == PAYMENT_CALL_QUERY) {
        e->asked_in_run = sh->run;
        return;
    }
    bool again = e->begun_in_run != 0;
    if (again && e->begun_in_run != sh->run && e->asked_in_run != sh->run)
        sh->violations++; /* begun in an earlier run and not asked about in this one */
    if (e->charges > 0)
        sh->violations++;
    e->begun_in_run = sh->run;
    e->charges++;
}

static enum payment_outcome provider_says(const struct payment_call *c)
{
    bool charged = entry_of(c->key)->charges > 0;
    if (c->kind == PAYMENT_CALL_QUERY && !charged)
        return PAYMENT_RESULT_NOT_FOUND;
    return PAYMENT_RESULT_SUCCEEDED;
}

/* ---- the scenario: a stay of an hour, paid at the exit; every run tells all of it from the start ---- */

static void write_journal(void)
{
    static const enum event_kind kinds[EVENTS / 2] = {
        EVENT_VEHICLE_PRESENTED, EVENT_PASSAGE_AUTHORISED, EVENT_PASSAGE_COMPLETED,
        EVENT_MOVEMENT_ENDED};
    struct test_edge *e = &sh->edge;
    for (int i = 0; i < EVENTS; i++) {
        bool exit = i >= EVENTS / 2;
        struct event event = edge_event(&sh->w, e, kinds[i % (EVENTS / 2)]);
        event.time.v += exit ? STAY_MS : 0;
        event.data.movement = movement_id_from(exit ? 2 : 1);
        event.data.direction = exit ? DIRECTION_EXIT : DIRECTION_ENTRY;
        memcpy(event.data.lane.text, exit ? "out-1" : "in-1", exit ? 6 : 5);
        memcpy(event.data.plate.text, plate, sizeof plate);
        event.data.basis = exit ? BASIS_PAID : BASIS_SPACE;
        if (exit && event.kind == EVENT_PASSAGE_AUTHORISED)
            event.data.request = exit_id;
        if (event.kind == EVENT_MOVEMENT_ENDED)
            event.data.outcome = OUTCOME_DROVE_THROUGH;
        sh->len[i] = edge_write(e, &event, sh->bytes[i]);
    }
}

static void send_events(int from, int to)
{
    for (int i = from; i < to; i++)
        world_post_event(&sh->w, &sh->edge, sh->bytes[i], sh->len[i]);
    world_run(&sh->w);
}

/* Every call the provider heard is answered, also those that follow from the answers. */
static void deliver_results(size_t *answered)
{
    while (*answered < sh->w.call_count) {
        size_t i = (*answered)++;
        world_result(&sh->w, i, provider_says(&sh->w.calls[i]));
    }
}

/* The same one each time, as somebody who heard no answer repeats it. */
static void order_lock(void)
{
    struct work *w = work_new(WORK_ADMIN, NULL, 0);
    w->admin.kind = ADMIN_COMMAND;
    w->admin.order.place = (struct name){"a"};
    w->admin.order.command = (struct command){
        .lane = {"in-1"}, .action = ACTION_LOCK, .actor = {"kim"}, .reason = "snow"};
    memset(w->admin.order.command.id.text, 'a', REQUEST_ID_SIZE - 1);
    assert_int_equal(service_post(sh->w.service, w), ERR_OK);
    world_run(&sh->w);
}

static void tell_everything(void)
{
    struct world *w = &sh->w;
    struct test_edge asking = sh->edge;
    size_t answered = w->call_count;
    int64_t known = sh->edge.seq;
    sh->run++;
    w->now = sh->begin;
    world_reopen(w);
    world_place(w, "a", 10, POLICY_DEFER);
    asking.epoch = sh->run == 1 ? 0 : 1;
    asking.seq = sh->run == 1 ? 0 : known;
    assert_true(edge_hello(w, &asking, "ex"));
    order_lock();
    send_events(0, EVENTS / 2);
    w->now.mono.v += STAY_MS;
    w->now.wall.v += STAY_MS;
    world_run(w);
    deliver_results(&answered);
    edge_ask(w, &sh->edge, REQUEST_EXIT, plate, false, 7);
    deliver_results(&answered);
    send_events(EVENTS / 2, EVENTS);
    world_pass_ms(w, 5000);
    deliver_results(&answered);
}

/* Runs the scenario in a process of its own; returns how it ended. */
static int run_child(enum fault fault, int64_t nth)
{
    sh->fault = fault;
    sh->nth = nth;
    sh->calls = 0;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        if (!freopen("/dev/null", "w", stderr))
            _exit(3);
        tell_everything();
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

/* What was promised before the end is in the store. */
static void promises_hold(void)
{
    const struct world *w = &sh->w;
    int64_t acked = world_last_ack(w, "e1");
    if (acked > 0)
        assert_true(world_sql(w, "SELECT last FROM stream") >= acked);
    const struct passage_answer *a = world_answer(w, &exit_id);
    if (a && a->verdict == VERDICT_ALLOW)
        assert_int_equal(world_sql(w, "SELECT count(*) FROM decision"), 1);
    if (w->command_count > 0)
        assert_int_equal(world_sql(w, "SELECT count(*) FROM lane_command"), 1);
    for (int i = 0; i < KEYS_MAX && sh->provider[i].key[0] != '\0'; i++)
        assert_int_equal(world_sql(w, "SELECT count(*) FROM payment"), 1);
}

static void all_is_recorded_once(void)
{
    const struct world *w = &sh->w;
    assert_int_equal(world_sql(w, "SELECT count(*) FROM event"), EVENTS);
    assert_int_equal(world_sql(w, "SELECT last FROM stream"), EVENTS);
    assert_int_equal(world_last_ack(w, "e1"), EVENTS);
    assert_int_equal(world_sql(w, "SELECT occupied + pending FROM place"), 0);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM session WHERE state = 'closed'"), 1);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM session"), 1);
    assert_int_equal(world_sql(w, "SELECT paid_minor FROM session"), 6000);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM payment WHERE state = 'succeeded'"), 1);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM payment"), 1);
    assert_int_equal(world_sql(w, "SELECT count(*) FROM debt WHERE state = 'open'"), 0);
    assert_int_equal(sh->provider[0].charges, 1);
    assert_string_equal(sh->provider[1].key, "");
    assert_int_equal(sh->violations, 0);
}

static void fresh(void)
{
    memset(sh, 0, sizeof *sh);
    struct world *w = &sh->w;
    memcpy(w->accounts[0].plate.text, plate, sizeof plate);
    w->accounts[0].payer = (struct payer){1, {{{"stripe"}, "cus_1"}}};
    w->account_count = 1;
    w->wrap = wrap;
    w->on_call = provider_hears;
    world_prepare(w);
    sh->begin = w->now;
    sh->edge = edge_of("a", "e1", 1);
    sh->edge.epoch = 1;
    write_journal();
}

static void every_call(enum fault fault)
{
    int64_t nth = 1;
    for (;; nth++) {
        fresh();
        int status = run_child(fault, nth);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
            break; /* the scenario has fewer calls */
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), fault == FAULT_KILL ? SIGKILL : SIGABRT);
        promises_hold();
        status = run_child(FAULT_NONE, 0);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        all_is_recorded_once();
        world_remove(&sh->w);
    }
    all_is_recorded_once();
    world_remove(&sh->w);
    assert_true(nth > 50); /* the store was really in between */
}

static void the_nth_call_fails(void **state)
{
    (void)state;
    every_call(FAULT_ERROR);
}

static void killed_after_the_nth_call(void **state)
{
    (void)state;
    every_call(FAULT_KILL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nth_call_fails),
        cmocka_unit_test(killed_after_the_nth_call),
    };
    sh = mmap(NULL, sizeof *sh, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (sh == MAP_FAILED)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
