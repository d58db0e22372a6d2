#include "tests/unit/cloud/world.h"

#include "cloud/core/stream.h"

#include "protocol/base/buf.h"
#include "protocol/support/db.h"
#include "protocol/support/digest.h"
#include "protocol/support/log.h"
#include "protocol/support/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- fakes ---- */

static void fake_ack(void *self, const struct name *place, const struct name *edge, int64_t epoch,
                     int64_t upto)
{
    struct world *w = self;
    (void)place;
    assert_true(w->ack_count < RECORDS_MAX);
    w->acks[w->ack_count++] = (struct ack_record){*edge, epoch, upto};
}

static void fake_respond(void *self, const struct name *place, const struct name *edge,
                         const uint8_t correlation[16], const struct response *r)
{
    struct world *w = self;
    char id[REQUEST_ID_SIZE];
    (void)place;
    (void)edge;
    assert_true(w->response_count < RECORDS_MAX);
    hex_format(correlation, 16, id);
    assert_string_equal(id, r->id.text);
    w->responses[w->response_count++] = *r;
}

static void fake_offer(void *self, const struct name *place, const struct name *edge,
                       const struct grant *g)
{
    struct world *w = self;
    (void)place;
    assert_true(w->offer_count < RECORDS_MAX);
    w->offers[w->offer_count++] = (struct offer_record){*edge, *g};
}

static void fake_occupancy(void *self, const struct name *place, const struct occupancy *o)
{
    struct world *w = self;
    (void)place;
    w->occupancy = *o;
    w->occupancy_count++;
}

static void fake_resync(void *self)
{
    struct world *w = self;
    w->resync_count++;
}

static void fake_command(void *self, const struct name *place, const struct name *edge,
                         const struct command *c)
{
    struct world *w = self;
    (void)place;
    if (w->command_count < COMMANDS_MAX) /* the first ones are enough to look at */
        w->commands[w->command_count] = (struct command_record){*edge, *c};
    w->command_count++;
}

static enum err fake_start(void *self, const struct payment_call *c)
{
    struct world *w = self;
    assert_true(w->call_count < RECORDS_MAX);
    if (w->start_answer == ERR_OK) {
        w->calls[w->call_count++] = *c;
        if (w->on_call)
            w->on_call(c);
    }
    return w->start_answer;
}

static bool fake_available(void *self, const struct name *provider)
{
    struct world *w = self;
    if (provider && w->down.text[0] != '\0' && name_equal(provider, &w->down))
        return false;
    return !w->unavailable;
}

static enum err fake_settlement(void *self, const struct settlement_call *c)
{
    (void)self;
    (void)c;
    return ERR_UNAVAIL;
}

static void fake_publish(void *self, enum notice n, const struct name *place, const char *json)
{
    struct world *w = self;
    assert_non_null(place);
    w->notices[n]++;
    struct buf b = buf_of(w->last_notice[n], sizeof w->last_notice[n]);
    buf_adds(&b, json);
}

static bool fake_listening(void *self)
{
    struct world *w = self;
    return !w->deaf;
}

static enum err fake_check(void *self, const struct name *tariff, const char *zone,
                           const struct currency *currency, char *ret_reason)
{
    (void)self;
    (void)zone;
    (void)currency;
    if (strcmp(tariff->text, "t3") == 0 || strcmp(tariff->text, "t4") == 0)
        return ERR_OK;
    snprintf(ret_reason, 160, "no such rate table");
    return ERR_NOTFOUND;
}

static enum err fake_find(void *self, const struct rate_ref *ref, struct wall_ms entry,
                          const struct tariff **ret_tariff, const struct zone_table **ret_zone)
{
    static const struct zone_table utc = {.name = "UTC"};
    struct world *w = self;
    (void)entry;
    if (w->no_tariff && strcmp(ref->tariff.text, w->no_tariff) == 0)
        return ERR_NOTFOUND;
    w->rates = (struct tariff){.id = ref->tariff,
                               .version = 7,
                               .currency = {"KRW"},
                               .lost_ticket_minor = 20000,
                               .line_count = 1,
                               .lines = {{0, 60, w->price_per_minute}}};
    *ret_tariff = &w->rates;
    *ret_zone = &utc;
    return ERR_OK;
}

/* So much a minute; amounts and percentages are taken off. */
static enum err fake_price(void *self, const struct rate_ref *ref, const struct tariff_stay *stay,
                           struct wall_ms end, int64_t *ret_minor)
{
    struct world *w = self;
    struct wall_ms start = stay->entry;
    if (w->no_price || end.v < start.v)
        return ERR_INVAL;
    if (w->no_tariff && strcmp(ref->tariff.text, w->no_tariff) == 0)
        return ERR_NOTFOUND;
    if (stay->cover_count > 0 && stay->covers[0].to.v > start.v)
        start = w->rest_from = stay->covers[0].to.v < end.v ? stay->covers[0].to : end;
    int64_t times = strcmp(ref->tariff.text, "t4") == 0 ? 2 : 1; /* t4 is twice as dear */
    int64_t minor = (end.v - start.v) / 60000 * w->price_per_minute * times;
    for (size_t i = 0; i < stay->validation_count; i++)
        minor -= stay->validations[i].kind == TARIFF_VALIDATION_PERCENT
                     ? minor * stay->validations[i].value / 100
                     : stay->validations[i].value;
    *ret_minor = minor > 0 ? minor : 0;
    return ERR_OK;
}

static void fake_rights(void *self, const struct name *place, const struct name *edge,
                        const char *bytes, size_t len)
{
    struct world *w = self;
    (void)place;
    (void)edge;
    assert_true(w->part_count < PARTS_MAX);
    w->parts[w->part_count++] = (struct part_record){mem_copy(bytes, len), len};
}

/* Takes the text as it is. */
static enum err fake_sign(void *self, const char *text, size_t len, char *ret, size_t size,
                          size_t *ret_len)
{
    const struct world *w = self;
    if (w->sign_answer != ERR_OK)
        return w->sign_answer;
    assert_true(len < size);
    memcpy(ret, text, len);
    ret[len] = '\0';
    *ret_len = len;
    return ERR_OK;
}

struct rates_port world_rates(struct world *w)
{
    return (struct rates_port){w, fake_check, fake_find, fake_price};
}

/* ---- the world ---- */

void world_reopen(struct world *w)
{
    assert_int_equal(store_open(w->file, &w->store), ERR_OK);
    w->pseudonym_key.set = true;
    store_set_pseudonym_key(w->store, &w->pseudonym_key);
    struct store_port store = store_port(w->store);
    if (w->wrap)
        store = w->wrap(w, store);
    struct service_ports ports = {
        .store = store,
        .downlink = {w, fake_ack, fake_respond, fake_offer, fake_occupancy, fake_resync,
                     fake_command, fake_rights},
        .payments = {w,
                     w->second_provider ? 2 : 1,
                     {{"stripe"}, {"toss"}},
                     fake_start,
                     fake_available,
                     fake_settlement},
        .notifier = {w, fake_publish, fake_listening},
        .rates = world_rates(w),
        .signer = {w, fake_sign},
    };
    struct service_options o = {
        .clock = clock_real(),
        .accounts = w->accounts,
        .account_count = w->account_count,
        .plate_retention_ms = w->plate_retention_ms,
        .metrics = &w->metrics,
        .pay_url = w->pay_url,
        .issuers = w->issuers,
        .issuer_count = w->issuer_count,
    };
    assert_int_equal(service_create(&o, &ports, &w->service), ERR_OK);
}

void world_prepare(struct world *w)
{
    log_setup(LOG_ERROR, false);
    struct buf b = buf_of(w->file, sizeof w->file);
    buf_adds(&b, "/tmp/boomgate-test-XXXXXX");
    int fd = mkstemp(w->file);
    assert_true(fd >= 0);
    close(fd);
    struct clock_source real = clock_real();
    w->now = clock_now(&real);
    w->price_per_minute = 100;
}

void world_open(struct world *w)
{
    world_prepare(w);
    world_reopen(w);
}

void world_restart(struct world *w)
{
    service_free(w->service);
    store_close(w->store);
    world_reopen(w);
}

/* ---- the database of before ---- */

static void copy_file(const char *from, const char *to)
{
    char block[4096];
    size_t n;
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    assert_non_null(in);
    assert_non_null(out);
    while ((n = fread(block, 1, sizeof block, in)) > 0)
        assert_int_equal(fwrite(block, 1, n, out), n);
    fclose(in);
    assert_int_equal(fclose(out), 0);
}

static void copy_name(const struct world *w, char ret[80])
{
    struct buf b = buf_of(ret, 80);
    buf_addf(&b, "%s.kept", w->file);
}

void world_keep_copy(struct world *w)
{
    char name[80];
    copy_name(w, name);
    service_free(w->service);
    store_close(w->store);
    copy_file(w->file, name);
    world_reopen(w);
}

void world_set_back(struct world *w)
{
    char name[80];
    copy_name(w, name);
    service_free(w->service);
    store_close(w->store);
    world_remove(w);
    assert_int_equal(rename(name, w->file), 0);
    world_reopen(w);
}

void world_remove(struct world *w)
{
    char name[80];
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (int i = 0; i < 3; i++) {
        struct buf b = buf_of(name, sizeof name);
        buf_addf(&b, "%s%s", w->file, ends[i]);
        unlink(name);
    }
}

void world_close(struct world *w)
{
    service_free(w->service);
    store_close(w->store);
    for (size_t i = 0; i < w->part_count; i++)
        free(w->parts[i].bytes);
    world_remove(w);
}

int world_set_up(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    world_open(w);
    world_place(w, "a", 10, POLICY_DEFER);
    *state = w;
    return 0;
}

int world_tear_down(void **state)
{
    world_close(*state);
    free(*state);
    return 0;
}

void world_run(struct world *w)
{
    do {
        service_turn(w->service, w->now);
    } while (service_next_timer_ms(w->service, w->now) == 0);
}

void world_pass_ms(struct world *w, int64_t ms)
{
    w->now.mono.v += ms;
    w->now.wall.v += ms;
    world_run(w);
}

void world_admin_done(void *arg, const struct admin_result *r)
{
    struct world *w = arg;
    w->admin = *r;
    w->admin_count++;
}

static void set_text(char *to, size_t size, const char *text)
{
    struct buf b = buf_of(to, size);
    buf_adds(&b, text);
    assert_false(b.overflow);
}

struct place_settings world_settings(const char *name, int64_t capacity)
{
    struct place_settings s = {
        .capacity = capacity,
        .zone = "Asia/Seoul",
        .currency = {"KRW"},
        .tariff = {"t3"},
        .hold_max_ms = 120000,
        .exit_grace_ms = 15 * 60000,
    };
    set_text(s.place.text, sizeof s.place.text, name);
    return s;
}

void world_place(struct world *w, const char *name, int64_t capacity, enum payment_policy policy)
{
    struct work *work = work_new(WORK_ADMIN, NULL, 0);
    work->admin = (struct admin_command){
        .kind = ADMIN_PLACE_PUT,
        .place = world_settings(name, capacity),
        .done = world_admin_done,
        .arg = w,
    };
    work->admin.place.policy = policy;
    assert_int_equal(service_post(w->service, work), ERR_OK);
    world_run(w);
    assert_int_equal(w->admin.err, ERR_OK);
}

/* ---- edges ---- */

struct test_edge edge_of(const char *place, const char *name, uint64_t journal)
{
    struct test_edge e = {0};
    uint8_t bytes[16] = {0};
    set_text(e.place.text, sizeof e.place.text, place);
    set_text(e.edge.text, sizeof e.edge.text, name);
    memcpy(bytes, &journal, sizeof journal);
    e.journal = request_id_from(bytes);
    memset(e.head.text, '0', DIGEST_SIZE - 1);
    return e;
}

static void post(struct world *w, enum work_kind kind, const struct test_edge *e,
                 const struct request_id *id, const void *bytes, size_t len)
{
    struct work *work = work_new(kind, bytes, len);
    work->place = e->place;
    work->edge = e->edge;
    if (id)
        assert_int_equal(hex_parse(id->text, 32, work->correlation, 16), ERR_OK);
    assert_int_equal(service_post(w->service, work), ERR_OK);
}

static struct request_id id_of(uint64_t n)
{
    uint8_t bytes[16] = {0xab};
    memcpy(bytes + 8, &n, sizeof n);
    return request_id_from(bytes);
}

const struct response *edge_say_hello(struct world *w, const struct test_edge *e, const char *lanes,
                                      const struct response *asked)
{
    static uint64_t nth;
    struct request r = {.kind = REQUEST_HELLO, .id = id_of(0xffff0000 + ++nth)};
    r.hello = (struct hello){.journal = e->journal,
                             .epoch = e->epoch,
                             .next = e->seq + 1,
                             .base = e->base,
                             .oldest = e->oldest > 0 ? e->oldest : 1,
                             .head = e->head,
                             .boot = 1,
                             .version = "0.1.0"};
    if (asked) {
        r.hello.asked = asked->id;
        r.hello.at = asked->hello.probe;
        if (r.hello.at <= e->seq && r.hello.at >= e->oldest)
            r.hello.digest = e->log[r.hello.at - 1];
    }
    for (size_t i = 0; lanes[i]; i++) {
        struct hello_lane *l = &r.hello.lanes[r.hello.lane_count++];
        set_text(l->lane.text, sizeof l->lane.text, lanes[i] == 'x' ? "out-1" : "in-1");
        l->direction = lanes[i] == 'e'   ? DIRECTION_ENTRY
                       : lanes[i] == 'r' ? DIRECTION_REVERSIBLE
                                         : DIRECTION_EXIT;
    }
    char bytes[REQUEST_BYTES_MAX];
    size_t len, before = w->response_count;
    assert_int_equal(request_encode(&r, bytes, sizeof bytes, &len), ERR_OK);
    post(w, WORK_REQUEST, e, &r.id, bytes, len);
    world_run(w);
    return w->response_count == before ? NULL : &w->responses[before];
}

bool edge_hello(struct world *w, struct test_edge *e, const char *lanes)
{
    const struct response *r = edge_say_hello(w, e, lanes, NULL);
    while (r && r->hello.probe > 0)
        r = edge_say_hello(w, e, lanes, r);
    if (!r)
        return false;
    e->answered = r->hello;
    if (e->epoch != r->hello.epoch) {
        e->epoch = r->hello.epoch;
        e->seq = e->base = e->oldest = 0;
        e->head = stream_origin();
    }
    return true;
}

struct event edge_event(const struct world *w, const struct test_edge *e, enum event_kind kind)
{
    return (struct event){
        .kind = kind,
        .place = e->place,
        .edge = e->edge,
        .epoch = e->epoch,
        .seq = e->seq + 1,
        .prev = e->head,
        .time = w->now.wall,
        .boot = 1,
        .mono = {w->now.mono.v},
        .clock = CLOCK_SYNCED,
    };
}

size_t edge_write(struct test_edge *e, const struct event *event, char *ret)
{
    size_t len;
    assert_int_equal(event_encode(event, ret, EVENT_BYTES_MAX, &len), ERR_OK);
    e->seq = event->seq;
    digest_of(ret, len, &e->head);
    assert_in_range(e->seq, 1, EDGE_LOG);
    e->log[e->seq - 1] = e->head;
    return len;
}

void world_post_event(struct world *w, const struct test_edge *e, const void *bytes, size_t len)
{
    post(w, WORK_EVENT, e, NULL, bytes, len);
}

void edge_send(struct world *w, struct test_edge *e, const struct event *event)
{
    char bytes[EVENT_BYTES_MAX];
    size_t len = edge_write(e, event, bytes);
    world_post_event(w, e, bytes, len);
}

int64_t edge_accept(struct world *w, struct test_edge *e)
{
    for (size_t i = w->offer_count; i-- > 0;) {
        if (!name_equal(&w->offers[i].edge, &e->edge))
            continue;
        struct event event = edge_event(w, e, EVENT_SPACE_ACCEPTED);
        event.data.grant = w->offers[i].grant.id;
        event.data.n = w->offers[i].grant.n;
        edge_send(w, e, &event);
        world_run(w);
        return event.data.n;
    }
    return 0;
}

static struct event passage(struct world *w, struct test_edge *e, enum event_kind kind,
                            enum direction d, struct movement_id m)
{
    struct event event = edge_event(w, e, kind);
    event.data.movement = m;
    event.data.direction = d;
    set_text(event.data.lane.text, NAME_SIZE, d == DIRECTION_ENTRY ? "in-1" : "out-1");
    return event;
}

static struct movement_id pass(struct world *w, struct test_edge *e, enum direction d,
                               const char *plate, enum basis basis,
                               const struct request_id *request)
{
    uint64_t n = (uint64_t)++e->movements << 32;
    for (const char *c = e->edge.text; *c; c++)
        n = n * 31 + (unsigned char)*c;
    struct movement_id m = movement_id_from(n);
    struct event event = passage(w, e, EVENT_VEHICLE_PRESENTED, d, m);
    edge_send(w, e, &event);
    if (e->shown && e->shown[0] != '\0') { /* the passage itself says nothing of it */
        event = passage(w, e, EVENT_CREDENTIAL_PRESENTED, d, m);
        set_text(event.data.credential.text, CREDENTIAL_TEXT_SIZE, e->shown);
        event.data.medium = MEDIUM_QR;
        edge_send(w, e, &event);
    }
    event = passage(w, e, EVENT_PASSAGE_AUTHORISED, d, m);
    event.data.basis = basis;
    set_text(event.data.plate.text, PLATE_SIZE, plate);
    if (request)
        event.data.request = *request;
    edge_send(w, e, &event);
    event = passage(w, e, EVENT_PASSAGE_COMPLETED, d, m);
    set_text(event.data.plate.text, PLATE_SIZE, plate);
    edge_send(w, e, &event);
    event = passage(w, e, EVENT_MOVEMENT_ENDED, d, m);
    event.data.outcome = OUTCOME_DROVE_THROUGH;
    edge_send(w, e, &event);
    world_run(w);
    return m;
}

struct movement_id edge_enter(struct world *w, struct test_edge *e, const char *plate)
{
    return pass(w, e, DIRECTION_ENTRY, plate, BASIS_SPACE, NULL);
}

struct movement_id edge_leave(struct world *w, struct test_edge *e, const char *plate,
                              enum basis basis, const struct request_id *request)
{
    return pass(w, e, DIRECTION_EXIT, plate, basis, request);
}

struct request_id edge_ask(struct world *w, struct test_edge *e, enum request_kind kind,
                           const char *plate, bool no_space, uint64_t n)
{
    struct request r = {.kind = kind, .id = id_of(n)};
    set_text(r.question.lane.text, NAME_SIZE, kind == REQUEST_ENTRY ? "in-1" : "out-1");
    r.question.movement = movement_id_from(n);
    set_text(r.question.plate.text, PLATE_SIZE, plate);
    if (e->shown)
        set_text(r.question.credential.text, CREDENTIAL_TEXT_SIZE, e->shown);
    r.question.time = wall_after(w->now.wall, w->ask_ahead_ms);
    r.question.deadline_ms = 800;
    r.question.no_space = no_space;
    char bytes[REQUEST_BYTES_MAX];
    size_t len;
    assert_int_equal(request_encode(&r, bytes, sizeof bytes, &len), ERR_OK);
    post(w, WORK_REQUEST, e, &r.id, bytes, len);
    world_run(w);
    return r.id;
}

/* ---- looking ---- */

const struct passage_answer *world_answer(const struct world *w, const struct request_id *id)
{
    for (size_t i = w->response_count; i-- > 0;)
        if (strcmp(w->responses[i].id.text, id->text) == 0)
            return &w->responses[i].answer;
    return NULL;
}

size_t world_answers(const struct world *w, const struct request_id *id)
{
    size_t n = 0;
    for (size_t i = 0; i < w->response_count; i++)
        n += strcmp(w->responses[i].id.text, id->text) == 0;
    return n;
}

void world_result(struct world *w, size_t i, enum payment_outcome outcome)
{
    assert_true(i < w->call_count);
    struct work *work = work_new(WORK_PAYMENT, NULL, 0);
    memcpy(work->payment.key, w->calls[i].key, PAYMENT_KEY_SIZE);
    work->payment.kind = w->calls[i].kind;
    work->payment.provider = w->calls[i].provider;
    work->payment.outcome = outcome;
    if (outcome == PAYMENT_RESULT_SUCCEEDED)
        set_text(work->payment.provider_ref, PROVIDER_REF_SIZE, "pi_1");
    work->payment.charged_minor = w->charged_minor;
    if (outcome == PAYMENT_RESULT_DECLINED)
        set_text(work->payment.reason, PAYMENT_REASON_SIZE, "insufficient_funds");
    assert_int_equal(service_post(w->service, work), ERR_OK);
    world_run(w);
}

int64_t world_sql(const struct world *w, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *st;
    bool row = false;
    assert_int_equal(db_open_reader(w->file, &db), ERR_OK);
    assert_int_equal(db_prepare(db, sql, &st), ERR_OK);
    assert_int_equal(db_step(st, &row), ERR_OK);
    assert_true(row);
    int64_t v = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    db_close(db);
    return v;
}

int64_t world_last_ack(const struct world *w, const char *edge)
{
    for (size_t i = w->ack_count; i-- > 0;)
        if (strcmp(w->acks[i].edge.text, edge) == 0)
            return w->acks[i].upto;
    return 0;
}
