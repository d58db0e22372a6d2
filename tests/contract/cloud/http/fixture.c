#include "tests/contract/cloud/http/fixture.h"

#include "protocol/support/memory.h"
#include "protocol/support/plate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

void set_text(char *to, size_t size, const char *text)
{
    assert_true((size_t)snprintf(to, size, "%s", text) < size);
}

/* ---- rows ---- */

static struct name name_of(const char *text)
{
    struct name n;
    assert_int_equal(name_parse(text, strlen(text), &n), ERR_OK);
    return n;
}

static struct plate plate_of(const char *text)
{
    struct plate p = {0};
    if (text[0] != '\0')
        assert_int_equal(plate_normalise(text, strlen(text), &p), ERR_OK);
    return p;
}

static struct movement_id movement_number(int number)
{
    return movement_id_from((uint64_t)number);
}

void seed_movement(struct fixture *f, int number, const char *place, const char *lane,
                   enum direction direction, const char *plate, enum outcome outcome,
                   int64_t ago_ms)
{
    struct movement_row m = {
        .id = movement_number(number),
        .place = name_of(place),
        .edge = name_of("e1"),
        .lane = name_of(lane),
        .direction = direction,
        .plate = plate_of(plate),
        .confidence = -1,
        .basis = outcome != OUTCOME_DROVE_THROUGH ? BASIS_NONE
                 : direction == DIRECTION_ENTRY   ? BASIS_SPACE
                                                  : BASIS_PAID,
        .reason = outcome == OUTCOME_DENIED ? REASON_FULL : REASON_NONE,
        .outcome = outcome,
        .first = {NOW_MS - ago_ms - 4000},
        .presented = {NOW_MS - ago_ms - 4000},
    };
    if (outcome == OUTCOME_DROVE_THROUGH)
        m.completed.v = NOW_MS - ago_ms;
    if (outcome != OUTCOME_NONE)
        m.ended.v = NOW_MS - ago_ms;
    pthread_mutex_lock(&f->lock);
    assert_int_equal(f->port.begin(f->port.self), ERR_OK);
    assert_int_equal(f->port.merge_movement(f->port.self, &m), ERR_OK);
    assert_int_equal(f->port.commit(f->port.self), ERR_OK);
    pthread_mutex_unlock(&f->lock);
}

static void seed_place(struct fixture *f, const char *name, int64_t capacity, int64_t occupied,
                       int64_t pending, int64_t sessions)
{
    struct place_row p = {
        .settings = {.place = name_of(name),
                     .capacity = capacity,
                     .zone = "Asia/Seoul",
                     .currency = {"KRW"},
                     .tariff = name_of("t1"),
                     .hold_max_ms = 120000,
                     .exit_grace_ms = 900000},
        .pool = capacity - occupied - pending,
        .occupied = occupied,
        .pending = pending,
        .open_sessions = sessions,
        .next_grant = 1,
        .changed = {NOW_MS},
    };
    assert_int_equal(f->port.save_place(f->port.self, &p), ERR_OK);
    f->places[f->place_count++] = p.settings;
}

static void seed_edge(struct fixture *f)
{
    struct edge_row e = {.place = name_of("a"),
                         .edge = name_of("e1"),
                         .newest_epoch = 1,
                         .hello_at = {NOW_MS - 60000},
                         .version = "0.1.0"};
    struct hello_lane lanes[2] = {{.lane = name_of("in-1"), .direction = DIRECTION_ENTRY},
                                  {.lane = name_of("out-1"), .direction = DIRECTION_EXIT}};
    struct edge_live_row live = {.place = e.place,
                                 .edge = e.edge,
                                 .online = true,
                                 .boot = 1,
                                 .session = 1,
                                 .heard = {NOW_MS - 2000},
                                 .telemetry_at = {NOW_MS - 2000}};
    live.telemetry.clock = CLOCK_SYNCED;
    live.telemetry.epoch = 1;
    live.telemetry.lane_count = 1;
    live.telemetry.lanes[0].lane = lanes[0].lane;
    live.telemetry.lanes[0].direction = DIRECTION_ENTRY;
    set_text(live.telemetry.lanes[0].state, sizeof live.telemetry.lanes[0].state, "open");
    set_text(live.telemetry.lanes[0].arm, sizeof live.telemetry.lanes[0].arm, "up");
    live.telemetry.lanes[0].online = true;
    live.telemetry.lanes[0].link_us = 480;
    assert_int_equal(f->port.save_edge(f->port.self, &e), ERR_OK);
    assert_int_equal(f->port.save_lanes(f->port.self, &e.place, &e.edge, lanes, 2), ERR_OK);
    assert_int_equal(f->port.save_live(f->port.self, &live), ERR_OK);
}

/* `payment`: PAYMENT_STATES for none. */
static void seed_stay(struct fixture *f, int number, const char *plate, int64_t start_ago_ms,
                      int64_t end_ago_ms, int64_t price, int64_t paid, enum payment_state payment)
{
    struct session_row s = {
        .id = movement_number(number),
        .place = name_of("a"),
        .plate = plate_of(plate),
        .state = end_ago_ms > 0 ? SESSION_CLOSED : SESSION_OPEN,
        .start = {NOW_MS - start_ago_ms},
        .end = {end_ago_ms > 0 ? NOW_MS - end_ago_ms : 0},
        .currency = {"KRW"},
        .tariff = name_of("t1"),
        .price_minor = price,
        .paid_minor = paid,
        .paid_at = {paid > 0 ? NOW_MS - end_ago_ms : 0},
    };
    if (number == 105)
        s.credential = (struct credential_text){"T00000000000000000"};
    assert_int_equal(f->port.save_session(f->port.self, &s), ERR_OK);
    if (payment == PAYMENT_STATES)
        return;
    struct payment_row p = {.session = s.id,
                            .place = s.place,
                            .token = "cus_1",
                            .amount = {price, {"KRW"}},
                            .state = payment,
                            .attempts = 1,
                            .created = {NOW_MS - end_ago_ms},
                            .changed = {NOW_MS - end_ago_ms},
                            .reason = ""};
    snprintf(p.key, sizeof p.key, "%s:charge:1", s.id.text);
    assert_int_equal(f->port.save_payment(f->port.self, &p), ERR_OK);
    if (paid < price) {
        struct debt_row d = {.session = s.id,
                             .place = s.place,
                             .plate = s.plate,
                             .amount = {price, {"KRW"}},
                             .state = DEBT_OPEN,
                             .created = {NOW_MS - end_ago_ms}};
        assert_int_equal(f->port.save_debt(f->port.self, &d), ERR_OK);
    }
}

static void seed(struct fixture *f)
{
    enum { MINUTE = 60000, HOUR = 60 * MINUTE };
    assert_int_equal(f->port.begin(f->port.self), ERR_OK);
    seed_place(f, "a", 10, 3, 1, 2);
    seed_place(f, "b", 2, 2, 0, 2);
    seed_edge(f);
    seed_stay(f, 101,
              "22\xEC\x95\x84"
              "2222",
              90 * MINUTE, 0, 0, 0, PAYMENT_STATES);
    seed_stay(f, 102,
              "22\xEC\x95\x84"
              "2222",
              30 * HOUR, 28 * HOUR, 3500, 3500, PAYMENT_SUCCEEDED);
    seed_stay(f, 103,
              "22\xEC\x95\x84"
              "2222",
              50 * HOUR, 49 * HOUR, 1500, 0, PAYMENT_DECLINED);
    seed_stay(f, 104,
              "33\xEB\x82\x98"
              "3333",
              5 * HOUR, 2 * HOUR, 4500, 0, PAYMENT_UNKNOWN);
    seed_stay(f, 105,
              "33\xEB\x82\x98"
              "3333",
              9 * HOUR, 8 * HOUR, 2000, 2000, PAYMENT_SUCCEEDED);
    assert_int_equal(f->port.commit(f->port.self), ERR_OK);
    seed_movement(f, 1, "a", "in-1", DIRECTION_ENTRY,
                  "22\xEC\x95\x84"
                  "2222",
                  OUTCOME_DROVE_THROUGH, 5 * MINUTE);
    seed_movement(f, 2, "a", "in-1", DIRECTION_ENTRY, "", OUTCOME_DENIED, 4 * MINUTE);
    seed_movement(f, 3, "a", "out-1", DIRECTION_EXIT,
                  "33\xEB\x82\x98"
                  "3333",
                  OUTCOME_DROVE_THROUGH, 20 * MINUTE);
    seed_movement(f, 4, "a", "in-1", DIRECTION_ENTRY, "B-XY 99", OUTCOME_NONE, 0);
}

void fixture_command(struct fixture *f, const struct command_row *r)
{
    assert_int_equal(f->port.begin(f->port.self), ERR_OK);
    assert_int_equal(f->port.save_command(f->port.self, r), ERR_OK);
    assert_int_equal(f->port.commit(f->port.self), ERR_OK);
}

/* ---- a service that only knows places, and keeps commands to lane in-1 ---- */

static struct place_settings *find(struct fixture *f, const struct name *place)
{
    for (size_t i = 0; i < f->place_count; i++)
        if (name_equal(&f->places[i].place, place))
            return &f->places[i];
    return NULL;
}

static enum err keep_command(struct fixture *f, const struct admin_command *a,
                             struct admin_result *r)
{
    struct command_row known, row = {
                                  .command = a->order.command,
                                  .place = a->order.place,
                                  .edge = name_of("e1"),
                              };
    if (!find(f, &row.place) || strcmp(row.command.lane.text, "in-1") != 0) {
        set_text(r->reason, sizeof r->reason, "lane: this place has no such lane");
        return ERR_NOTFOUND;
    }
    if (row.command.not_after.v != 0 && row.command.not_after.v <= NOW_MS) {
        set_text(r->reason, sizeof r->reason, "not_after: is past");
        return ERR_INVAL;
    }
    if (f->port.find_command(f->port.self, &row.command.id, &known) == ERR_OK) {
        set_text(r->reason, sizeof r->reason, "key: was used for another command");
        return known.command.action == row.command.action ? ERR_OK : ERR_CONFLICT;
    }
    row.command.issued.v = NOW_MS + f->command_count++;
    if (row.command.not_after.v == 0)
        row.command.not_after.v = NOW_MS + 30000;
    r->created = true;
    fixture_command(f, &row);
    return ERR_OK;
}

/* As the service does it, but for news that are none. */
static void keep_rights(struct fixture *f, const struct work *w)
{
    struct admin_result r = {.rights_version = f->rights_version};
    struct right_list_row list = {.place = w->admin.place.place};
    if (!find(f, &w->admin.place.place)) {
        r.err = ERR_NOTFOUND;
        set_text(r.reason, sizeof r.reason, "no such place");
        w->admin.done(w->admin.arg, &r);
        return;
    }
    r.rights_version = list.version = ++f->rights_version;
    if (w->admin.kind == ADMIN_RIGHTS_NEUTRAL) {
        w->admin.done(w->admin.arg, &r);
        return;
    }
    assert_int_equal(f->port.begin(f->port.self), ERR_OK);
    for (size_t at = 0; at < w->len; at += sizeof(struct right)) {
        struct right_row row = {.place = list.place, .version = list.version, .changed = {NOW_MS}};
        memcpy(&row.right, w->bytes + at, sizeof row.right);
        assert_int_equal(f->port.save_right(f->port.self, &row), ERR_OK);
        r.rights_changed++;
    }
    assert_int_equal(f->port.save_right_list(f->port.self, &list), ERR_OK);
    assert_int_equal(f->port.commit(f->port.self), ERR_OK);
    w->admin.done(w->admin.arg, &r);
}

/* Audits and releases: "a" has one audit at a time and a frozen edge "e1". */
static enum err keep_audit(struct fixture *f, const struct admin_command *a, struct admin_result *r)
{
    const struct name *place = a->kind == ADMIN_BIND || a->kind == ADMIN_UNBIND ? &a->bind.place
                               : a->kind == ADMIN_AUDIT                         ? &a->audit.place
                               : a->kind == ADMIN_AUDIT_CANCEL                  ? &a->cancel.place
                                                                                : &a->stream.place;
    set_text(r->reason, sizeof r->reason, "no such place");
    if (!find(f, place))
        return ERR_NOTFOUND;
    set_text(r->reason, sizeof r->reason, "not now");
    if (a->kind == ADMIN_BIND || a->kind == ADMIN_UNBIND)
        return strcmp(a->bind.right.text, "permit:1") == 0 ? ERR_OK : ERR_CONFLICT;
    if (a->kind == ADMIN_EDGE_RELEASE)
        return strcmp(a->stream.edge.text, "e1") == 0 ? ERR_OK : ERR_CONFLICT;
    if ((a->kind == ADMIN_AUDIT) == (f->audit.id != 0) ||
        (a->kind == ADMIN_AUDIT_CANCEL && a->cancel.id != f->audit.id))
        return ERR_CONFLICT;
    if (a->kind == ADMIN_AUDIT) {
        f->audit = (struct audit_row){.place = *place,
                                      .id = 7,
                                      .counted = a->audit.counted,
                                      .actor = a->audit.actor,
                                      .gone_count = a->audit.gone_count,
                                      .waits = "e1: its hello",
                                      .made = {NOW_MS}};
        memcpy(f->audit.reason, a->audit.reason, sizeof f->audit.reason);
        memcpy(f->audit.gone, a->audit.gone, sizeof f->audit.gone);
    } else {
        f->audit.state = AUDIT_CANCELLED;
        f->audit.waits[0] = '\0';
        f->audit.ended.v = NOW_MS + 1;
    }
    assert_int_equal(f->port.begin(f->port.self), ERR_OK);
    assert_int_equal(f->port.save_audit(f->port.self, &f->audit), ERR_OK);
    assert_int_equal(f->port.commit(f->port.self), ERR_OK);
    r->audit = f->audit.id;
    if (a->kind == ADMIN_AUDIT_CANCEL)
        f->audit.id = 0;
    return ERR_OK;
}

static void do_work(struct fixture *f, struct work *w)
{
    if (w->admin.kind == ADMIN_AUDIT || w->admin.kind == ADMIN_AUDIT_CANCEL ||
        w->admin.kind == ADMIN_EDGE_RELEASE || w->admin.kind == ADMIN_BIND ||
        w->admin.kind == ADMIN_UNBIND) {
        struct admin_result audit = {.err = ERR_OK};
        audit.err = keep_audit(f, &w->admin, &audit);
        w->admin.done(w->admin.arg, &audit);
        work_free(w);
        return;
    }
    if (w->admin.kind == ADMIN_COMMAND) {
        struct admin_result order = {.err = ERR_OK};
        order.err = keep_command(f, &w->admin, &order);
        w->admin.done(w->admin.arg, &order);
        work_free(w);
        return;
    }
    if (w->admin.kind == ADMIN_RIGHTS || w->admin.kind == ADMIN_RIGHTS_NEUTRAL) {
        keep_rights(f, w);
        work_free(w);
        return;
    }
    struct admin_result r = {.place = w->admin.place};
    struct place_row p = {.settings = w->admin.place, .pool = w->admin.place.capacity};
    const char *place = w->admin.place.place.text;
    struct place_settings *known = find(f, &w->admin.place.place);
    if (place[0] == '\0' || (w->admin.kind == ADMIN_PLACE_RESUME && !known)) {
        r.err = ERR_NOTFOUND;
        set_text(r.reason, sizeof r.reason, "no such place");
    } else if (strcmp(w->admin.place.zone, "Mars/Olympus") == 0) {
        r.err = ERR_INVAL;
        set_text(r.reason, sizeof r.reason, "no such zone");
    } else if (!known && f->place_count == sizeof f->places / sizeof f->places[0]) {
        r.err = ERR_INVAL;
        set_text(r.reason, sizeof r.reason, "no room for more places");
    } else if (w->admin.kind == ADMIN_PLACE_CREATE && known) {
        if (!place_settings_equal(known, &w->admin.place))
            r.err = ERR_CONFLICT;
    } else if (w->admin.kind != ADMIN_PLACE_RESUME) {
        r.created = !known;
        if (!known)
            known = &f->places[f->place_count++];
        *known = w->admin.place;
        assert_int_equal(f->port.begin(f->port.self), ERR_OK);
        assert_int_equal(f->port.save_place(f->port.self, &p), ERR_OK);
        assert_int_equal(f->port.commit(f->port.self), ERR_OK);
    }
    w->admin.done(w->admin.arg, &r);
    work_free(w);
}

/* As the service does it (struct once): the answer is kept before it is given. */
struct once_work {
    struct fixture *f;
    struct admin_command command;
};

static void once_done(void *arg, const struct admin_result *r)
{
    struct once_work *o = arg;
    struct fixture *f = o->f;
    struct answer_row row = {.key = o->command.once.key, .request = o->command.once.request};
    o->command.once.keep(o->command.arg, r, &row);
    assert_int_equal(f->port.begin(f->port.self), ERR_OK);
    assert_int_equal(f->port.add_answer(f->port.self, &row), ERR_OK);
    assert_int_equal(f->port.commit(f->port.self), ERR_OK);
    o->command.done(o->command.arg, r);
    free(o);
}

static void once_found(void *arg, const struct answer_row *row)
{
    const struct admin_command *c = arg;
    struct admin_result r = {.err = ERR_OK};
    r.key_reused = strcmp(row->request.text, c->once.request.text) != 0;
    if (!r.key_reused)
        c->once.again(c->arg, row);
    c->done(c->arg, &r);
}

static void do_once(struct fixture *f, struct work *w)
{
    if (w->admin.once.key.text[0] == '\0') {
        do_work(f, w);
    } else if (f->port.find_answer(f->port.self, &w->admin.once.key, once_found, &w->admin) ==
               ERR_OK) {
        work_free(w);
    } else {
        struct once_work *o = malloc(sizeof *o);
        *o = (struct once_work){f, w->admin};
        w->admin.done = once_done;
        w->admin.arg = o;
        do_work(f, w);
    }
}

static enum err take_work(void *self, struct work *w)
{
    struct fixture *f = self;
    bool probe = w->admin.place.place.text[0] == '\0';
    if (f->queue_full && !probe)
        return ERR_FULL;
    pthread_mutex_lock(&f->lock);
    if (f->asleep)
        f->waiting[f->waiting_count++] = w;
    else
        do_once(f, w);
    pthread_mutex_unlock(&f->lock);
    return ERR_OK;
}

size_t fixture_writes_waiting(const struct fixture *f)
{
    size_t n = 0;
    for (size_t i = 0; i < f->waiting_count; i++)
        n += f->waiting[i]->admin.place.place.text[0] != '\0';
    return n;
}

void fixture_wake(struct fixture *f)
{
    pthread_mutex_lock(&f->lock);
    f->asleep = false;
    for (size_t i = 0; i < f->waiting_count; i++)
        do_once(f, f->waiting[i]);
    f->waiting_count = 0;
    pthread_mutex_unlock(&f->lock);
}

static size_t one_provider(void *self, struct provider_status *ret, size_t max)
{
    (void)self;
    assert_true(max > 0);
    *ret = (struct provider_status){
        .name = {"stripe"},
        .breaker = "open",
        .openings = 2,
        .queue = 3,
        .queue_max = 256,
        .in_flight = 4,
        .in_flight_max = 128,
        .latency = {.within = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, .sum_ms = 12345},
        .endpoint_count = 1,
        .endpoints =
            {{.url = "https://pay.example", .state = "ejected", .ejections = 1, .failed = 5}},
    };
    ret->outcomes[PAYMENT_CALL_REFUND][PAYMENT_RESULT_DECLINED] = 6;
    return 1;
}

/* 100 won per started minute. */
static enum err price(void *self, const struct rate_ref *ref, const struct tariff_stay *stay,
                      struct wall_ms end, int64_t *ret_minor)
{
    (void)self;
    (void)ref;
    struct wall_ms start = stay->entry;
    if (stay->cover_count > 0 && stay->covers[0].to.v > start.v)
        start = stay->covers[0].to.v < end.v ? stay->covers[0].to : end;
    *ret_minor = (wall_diff_ms(end, start) + 59999) / 60000 * 100;
    return ERR_OK;
}

/* The same as a rate table, but that it floors to the second. */
static enum err find_rates(void *self, const struct rate_ref *ref, struct wall_ms entry,
                           const struct tariff **ret_tariff, const struct zone_table **ret_zone)
{
    static const struct tariff table = {.id = {"t1"},
                                        .version = 1,
                                        .always = true,
                                        .currency = {"KRW"},
                                        .exit_grace_s = 900,
                                        .lost_ticket_minor = 20000,
                                        .line_count = 1,
                                        .lines = {{0, 60, 100}}};
    static const struct zone_table seoul = {.name = "Asia/Seoul", .first_offset_s = 32400};
    (void)self;
    (void)entry;
    if (strcmp(ref->tariff.text, "t1") != 0)
        return ERR_NOTFOUND;
    *ret_tariff = &table;
    *ret_zone = &seoul;
    return ERR_OK;
}

static enum err complete(void *self, struct place_settings *s)
{
    (void)self;
    if (strcmp(s->tariff.text, "t1") != 0)
        return ERR_NOTFOUND;
    if (s->currency.code[0] == '\0')
        set_text(s->currency.code, sizeof s->currency.code, "KRW");
    if (s->zone[0] == '\0')
        set_text(s->zone, sizeof s->zone, "Asia/Seoul");
    return ERR_OK;
}

/* ---- life ---- */

const struct pseudonym_key fixture_key = {.set = true};

static void start(struct fixture *f)
{
    static const struct auth_token tokens[] = {
        {{"op"}, OPERATOR, 0, "", ""},
        {{"desk"}, ATTENDANT, 1, "", ""},
        {{"audit"}, AUDITOR, 2, "", ""},
        {{"kim"},
         DRIVER,
         3,
         "22\xEC\x95\x84"
         "2222, 44-4444",
         ""},
        {{"b-only"}, OPERATOR_OF_B, 0, "", "b"},
    };
    struct auth auth;
    size_t at;
    assert_int_equal(auth_load(tokens, sizeof tokens / sizeof tokens[0], &auth, &at), ERR_OK);
    struct http_ports ports = {
        .database = f->file,
        .clock = clock_real(),
        .pseudonym_key = &fixture_key,
        .metrics = &f->metrics,
        .post = take_work,
        .post_self = f,
        .providers = one_provider,
        .complete = complete,
        .rates = {.find = find_rates, .price = price},
    };
    /* The clock stands near NOW_MS: real time moves it by the milliseconds a test takes. */
    ports.clock.epoch_real = clock_now(&ports.clock).wall;
    ports.clock.epoch.v = NOW_MS;
    assert_int_equal(http_start(&f->settings, &auth, &ports, f->hub, &f->http), ERR_OK);
}

int fixture_setup(void **state)
{
    struct fixture *f = mem_alloc(sizeof *f);
    struct table_error error;
    set_text(f->dir, sizeof f->dir, "/tmp/boomgate-http.XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->file, sizeof f->file, "%s/cloud.db", f->dir);
    pthread_mutex_init(&f->lock, NULL);
    assert_int_equal(store_open(f->file, &f->store), ERR_OK);
    f->port = store_port(f->store);
    seed(f);
    metrics_set(&f->metrics, METRIC_BROKER_UP, 1);
    f->hub = hub_new();
    f->notifier = hub_notifier(f->hub);
    assert_int_equal(table_read_json("{\"port\":0}", 10, &http_table, &f->settings, &error),
                     ERR_OK);
    start(f);
    *state = f;
    return 0;
}

void fixture_restart(struct fixture *f, const struct http_settings *settings)
{
    http_stop(f->http);
    f->settings = *settings;
    start(f);
}

int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    static const char *const files[] = {"cloud.db",           "cloud.db-wal",
                                        "cloud.db-shm",       "cloud.db.views",
                                        "cloud.db.views-wal", "cloud.db.views-shm"};
    http_stop(f->http);
    hub_free(f->hub);
    store_close(f->store);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[160];
        snprintf(path, sizeof path, "%s/%s", f->dir, files[i]);
        unlink(path);
    }
    rmdir(f->dir);
    pthread_mutex_destroy(&f->lock);
    free(f);
    return 0;
}
