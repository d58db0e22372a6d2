/* P7: many exits at once while the provider takes its time: the real service, store and payments worker
 * against scripted endpoints that remember what they charged.
 *
 *   exit_load                                          small, for the tests: counts only
 *   exit_load --seconds=60 --min-ms=400 --max-ms=620 [--endpoints=3 --mute=1]    the figure
 *
 * `mute` of the endpoints take every request and never answer. Every exit must be answered, paid or
 * deferred; no key and no stay may be charged twice; what was charged is what was booked. */
#include "cloud/payment/payments.h"
#include "cloud/service.h"
#include "cloud/store/sqlite.h"
#include "protocol/base/buf.h"
#include "protocol/support/log.h"
#include "protocol/support/memory.h"
#include "tests/contract/cloud/payment/http_script.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PRICE = 3500, AT_ONCE = 100, LANE_DEADLINE_MS = 3000, PATIENCE_S = 60 };

static const struct name place = {"a"}, edge = {"e1"};

enum answered { CAR_INSIDE, CAR_ASKED, CAR_PAID, CAR_DEFERRED, CAR_OTHER };

struct car {
    struct movement_id session;
    struct request_id request;
    int64_t asked_ms, answered_ms;
    enum answered state;
    int charges; /* at the provider */
    bool after;  /* asked when the mute endpoint had been ejected */
};

struct load {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct car *cars;
    size_t car_count;
    size_t asked, under_way;
    bool told;            /* the place exists, the edge has said hello */
    int64_t stray, wrong; /* charges of no car; requests not understood */
    struct service *service;
    struct payments *payments;
    struct store *store;
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void or_end(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "exit_load: %s\n", what);
    exit(1);
}

/* ---- the provider ---- */

/* The number in a movement id or request id made by id_of. */
static size_t number_of(const char *hex)
{
    return (size_t)strtoull(hex, NULL, 16);
}

static size_t charge(struct load *l, const char *request, char *ret, size_t size)
{
    const char *key = strstr(request, "Idempotency-Key: ");
    key = key ? key + 17 : "";
    char id[17] = "";
    for (size_t i = 0; i < 16 && key[i]; i++)
        id[i] = key[i];
    size_t n = number_of(id) - 1;
    pthread_mutex_lock(&l->lock);
    if (n < l->car_count && strncmp(key + 16, ":charge:1\r", 10) == 0)
        l->cars[n].charges++;
    else
        l->stray++;
    pthread_mutex_unlock(&l->lock);
    return (size_t)snprintf(ret, size,
                            "{\"id\":\"pi_%s\",\"status\":\"succeeded\",\"amount\":%d,"
                            "\"currency\":\"krw\"}",
                            id, PRICE);
}

static size_t search(struct load *l, const char *request, char *ret, size_t size)
{
    const char *at = strstr(request, "%5D%3A%27");
    char id[17] = "";
    for (size_t i = 0; at && i < 16; i++)
        id[i] = at[9 + i];
    size_t n = number_of(id) - 1;
    pthread_mutex_lock(&l->lock);
    bool found = n < l->car_count && l->cars[n].charges > 0;
    l->wrong += n >= l->car_count;
    pthread_mutex_unlock(&l->lock);
    if (!found)
        return (size_t)snprintf(ret, size, "{\"data\":[]}");
    return (size_t)snprintf(ret, size,
                            "{\"data\":[{\"id\":\"pi_%s\",\"status\":\"succeeded\",\"amount\":%d,"
                            "\"currency\":\"krw\",\"metadata\":{\"key\":\"%s:charge:1\"}}]}",
                            id, PRICE, id);
}

static size_t on_request(void *self, const char *request, char *ret, size_t size)
{
    bool post = strncmp(request, "POST /v1/payment_intents ", 25) == 0;
    return post ? charge(self, request, ret, size) : search(self, request, ret, size);
}

/* ---- what the service needs beside the store and the payments ---- */

static void on_ack(void *self, const struct name *p, const struct name *e, int64_t epoch,
                   int64_t upto)
{
    (void)self, (void)p, (void)e, (void)epoch, (void)upto;
}

static void on_respond(void *self, const struct name *p, const struct name *e,
                       const uint8_t correlation[16], const struct response *r)
{
    struct load *l = self;
    (void)p, (void)e, (void)correlation;
    pthread_mutex_lock(&l->lock);
    size_t n = number_of(r->id.text + 16) - 1;
    if (r->kind == REQUEST_HELLO) {
        l->told = true;
    } else if (n < l->car_count && r->answer.verdict != VERDICT_PENDING &&
               l->cars[n].state == CAR_ASKED) {
        bool allowed = r->answer.verdict == VERDICT_ALLOW;
        l->cars[n].state = allowed && r->answer.basis == BASIS_PAID       ? CAR_PAID
                           : allowed && r->answer.basis == BASIS_DEFERRED ? CAR_DEFERRED
                                                                          : CAR_OTHER;
        l->cars[n].answered_ms = now_ms();
        l->under_way--;
    }
    pthread_cond_signal(&l->changed);
    pthread_mutex_unlock(&l->lock);
}

static void on_offer(void *self, const struct name *p, const struct name *e, const struct grant *g)
{
    (void)self, (void)p, (void)e, (void)g;
}

static void on_occupancy(void *self, const struct name *p, const struct occupancy *o)
{
    (void)self, (void)p, (void)o;
}

static void on_resync(void *self)
{
    (void)self;
}

static void on_command(void *self, const struct name *p, const struct name *e,
                       const struct command *c)
{
    (void)self, (void)p, (void)e, (void)c;
}

static void on_rights(void *self, const struct name *p, const struct name *e, const char *bytes,
                      size_t len)
{
    (void)self, (void)p, (void)e, (void)bytes, (void)len;
}

static void on_publish(void *self, enum notice n, const struct name *p, const char *json)
{
    (void)self, (void)n, (void)p, (void)json;
}

static bool on_listening(void *self)
{
    (void)self;
    return false;
}

static enum err on_check(void *self, const struct name *tariff, const char *zone,
                         const struct currency *currency, char *ret_reason)
{
    (void)self, (void)tariff, (void)zone, (void)currency, (void)ret_reason;
    return ERR_OK;
}

static enum err on_find(void *self, const struct rate_ref *ref, struct wall_ms entry,
                        const struct tariff **ret_tariff, const struct zone_table **ret_zone)
{
    (void)self, (void)ref, (void)entry, (void)ret_tariff, (void)ret_zone;
    return ERR_NOTFOUND;
}

static enum err on_price(void *self, const struct rate_ref *ref, const struct tariff_stay *stay,
                         struct wall_ms end, int64_t *ret_minor)
{
    (void)self, (void)ref, (void)stay, (void)end;
    *ret_minor = PRICE;
    return ERR_OK;
}

static void post(struct load *l, struct work *w)
{
    while (service_post(l->service, w) != ERR_OK)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

static enum err on_result(void *self, const struct payment_result *r)
{
    struct load *l = self;
    struct work *w = work_new(WORK_PAYMENT, NULL, 0);
    w->payment = *r;
    enum err e = service_post(l->service, w);
    if (e != ERR_OK)
        work_free(w);
    return e;
}

static enum err on_page(void *self, const struct settlement_page *page)
{
    (void)self, (void)page;
    return ERR_OK;
}

/* ---- the car park ---- */

static struct plate plate_of(size_t n)
{
    struct plate p = {""};
    struct buf b = buf_of(p.text, sizeof p.text);
    buf_addf(&b, "P%zu", n);
    return p;
}

static void make_cars(struct load *l)
{
    struct store_port s = store_port(l->store);
    struct clock_source clock = clock_real();
    struct wall_ms start = wall_after(clock_now(&clock).wall, -3600 * INT64_C(1000));
    or_end(s.begin(s.self) == ERR_OK, "begin");
    for (size_t i = 0; i < l->car_count; i++) {
        struct car *c = &l->cars[i];
        struct buf id = buf_of(c->session.text, sizeof c->session.text);
        buf_addf(&id, "%016zx", i + 1);
        struct buf request = buf_of(c->request.text, sizeof c->request.text);
        buf_addf(&request, "%032zx", i + 1);
        struct session_row r = {.id = c->session,
                                .place = place,
                                .plate = plate_of(i),
                                .state = SESSION_OPEN,
                                .start = start,
                                .entry_edge = edge,
                                .entry_lane = {"in-1"},
                                .currency = {"KRW"},
                                .tariff = {"t1"}};
        or_end(s.save_session(s.self, &r) == ERR_OK, "session");
    }
    or_end(s.commit(s.self) == ERR_OK, "commit");
}

static struct account *make_accounts(size_t count)
{
    struct account *accounts = mem_alloc(count * sizeof *accounts);
    for (size_t i = 0; i < count; i++) {
        accounts[i].plate = plate_of(i);
        accounts[i].payer = (struct payer){1, {{{"stripe"}, "cus_1"}}};
    }
    return accounts;
}

/* Before the service has its own thread. */
static void turn_until_told(struct load *l)
{
    struct clock_source clock = clock_real();
    for (int i = 0; i < 1000 && !l->told; i++)
        service_turn(l->service, clock_now(&clock));
    or_end(l->told, "no answer");
    l->told = false;
}

static void on_admin(void *self, const struct admin_result *r)
{
    struct load *l = self;
    or_end(r->err == ERR_OK, "the place was refused");
    l->told = true;
}

static void post_request(struct load *l, const struct request *r)
{
    char bytes[REQUEST_BYTES_MAX];
    size_t len;
    or_end(request_encode(r, bytes, sizeof bytes, &len) == ERR_OK, "request");
    struct work *w = work_new(WORK_REQUEST, bytes, len);
    w->place = place;
    w->edge = edge;
    hex_parse(r->id.text, REQUEST_ID_SIZE - 1, w->correlation, sizeof w->correlation);
    post(l, w);
}

static void open_place(struct load *l)
{
    struct work *w = work_new(WORK_ADMIN, NULL, 0);
    w->admin = (struct admin_command){.kind = ADMIN_PLACE_PUT, .done = on_admin, .arg = l};
    w->admin.place = (struct place_settings){.place = place,
                                             .capacity = 100000,
                                             .zone = "Asia/Seoul",
                                             .currency = {"KRW"},
                                             .tariff = {"t1"},
                                             .exit_grace_ms = 900000};
    post(l, w);
    turn_until_told(l);
    struct request r = {.kind = REQUEST_HELLO, .id = {"ffffffffffffffffffffffffffffffff"}};
    r.hello = (struct hello){
        .journal = {"0123456789abcdef0123456789abcdef"}, .next = 1, .boot = 1, .oldest = 1};
    memset(r.hello.head.text, '0', DIGEST_SIZE - 1);
    memcpy(r.hello.version, "load", 5);
    r.hello.lane_count = 1;
    r.hello.lanes[0] = (struct hello_lane){{"out-1"}, DIRECTION_EXIT};
    post_request(l, &r);
    turn_until_told(l);
}

static void ask(struct load *l, size_t n)
{
    struct clock_source clock = clock_real();
    struct request r = {.kind = REQUEST_EXIT, .id = l->cars[n].request};
    r.question.lane = (struct name){"out-1"};
    r.question.movement = movement_id_from(n + 1 + (UINT64_C(1) << 40));
    r.question.plate = plate_of(n);
    r.question.time = clock_now(&clock).wall;
    r.question.deadline_ms = LANE_DEADLINE_MS;
    post_request(l, &r);
}

/* Keeps AT_ONCE exits under way for so long (or until no car is left); then waits for the rest. */
static double run(struct load *l, int64_t seconds)
{
    int64_t begun_ms = now_ms();
    int64_t last_ms = begun_ms;
    pthread_mutex_lock(&l->lock);
    while (l->asked < l->car_count && now_ms() - begun_ms < seconds * 1000) {
        while (l->under_way >= AT_ONCE)
            pthread_cond_wait(&l->changed, &l->lock);
        size_t n = l->asked++;
        l->under_way++;
        l->cars[n].state = CAR_ASKED;
        l->cars[n].asked_ms = now_ms();
        pthread_mutex_unlock(&l->lock);
        struct provider_status s;
        payments_status(l->payments, &s, 1);
        l->cars[n].after = s.endpoints[0].ejections > 0;
        ask(l, n);
        pthread_mutex_lock(&l->lock);
    }
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_S;
    while (l->under_way > 0 && pthread_cond_timedwait(&l->changed, &l->lock, &until) == 0)
        ;
    for (size_t i = 0; i < l->asked; i++)
        last_ms = l->cars[i].answered_ms > last_ms ? l->cars[i].answered_ms : last_ms;
    pthread_mutex_unlock(&l->lock);
    return (double)(last_ms - begun_ms) / 1000;
}

/* ---- what came of it ---- */

struct tally {
    size_t after, paid_after, paid, deferred, other, unanswered, late, twice, paid_without_charge;
    int64_t slowest_ms;
};

static struct tally count(const struct load *l)
{
    struct tally t = {0};
    for (size_t i = 0; i < l->asked; i++) {
        const struct car *c = &l->cars[i];
        int64_t took_ms = c->answered_ms - c->asked_ms;
        t.paid += c->state == CAR_PAID;
        t.after += c->after;
        t.paid_after += c->after && c->state == CAR_PAID;
        t.deferred += c->state == CAR_DEFERRED;
        t.other += c->state == CAR_OTHER;
        t.unanswered += c->state == CAR_ASKED;
        t.late += took_ms > LANE_DEADLINE_MS;
        t.twice += c->charges > 1;
        t.paid_without_charge += c->state == CAR_PAID && c->charges != 1;
        t.slowest_ms = took_ms > t.slowest_ms ? took_ms : t.slowest_ms;
    }
    return t;
}

/* What was charged is booked, at the latest when the unknown ones were asked about. */
static size_t unbooked(struct load *l)
{
    struct store_port s = store_port(l->store);
    size_t missing = 0;
    for (size_t i = 0; i < l->asked; i++) {
        struct session_row r = {.paid_minor = -1};
        or_end(s.find_session(s.self, &l->cars[i].session, &r) == ERR_OK, "session is gone");
        missing += r.paid_minor != (int64_t)l->cars[i].charges * PRICE;
    }
    return missing;
}

static int64_t argument(int argc, char **argv, const char *name, int64_t otherwise)
{
    size_t len = strlen(name);
    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], "--", 2) == 0 && strncmp(argv[i] + 2, name, len) == 0 &&
            argv[i][2 + len] == '=')
            return strtoll(argv[i] + 3 + len, NULL, 10);
    return otherwise;
}

int main(int argc, char **argv)
{
    int64_t seconds = argument(argc, argv, "seconds", 0);
    int64_t min_ms = argument(argc, argv, "min-ms", 40);
    int64_t max_ms = argument(argc, argv, "max-ms", 62);
    size_t endpoints = (size_t)argument(argc, argv, "endpoints", 3);
    size_t mute = (size_t)argument(argc, argv, "mute", seconds ? 0 : 1);
    struct load l = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    struct http_script *servers[ENDPOINTS_MAX];
    struct http_step well = {.deed = HTTP_REPLY,
                             .status = 200,
                             .delay_ms = (int)min_ms,
                             .delay_more_ms = (int)(max_ms - min_ms),
                             .answer = on_request,
                             .answer_arg = &l};
    struct http_step hang = {.deed = HTTP_HANG};
    struct payment_options o = payment_defaults();
    char file[] = "/tmp/boomgate-exit-load-XXXXXX";
    char side[sizeof file + 4];

    log_setup(LOG_ERROR, false);
    or_end(endpoints >= 1 && endpoints <= ENDPOINTS_MAX && mute < endpoints, "--endpoints");
    memcpy(o.secret, "sk_test", 8);
    if (!seconds)
        o.charge_ms = 500; /* so that the mute endpoint is found out early */
    for (size_t i = 0; i < endpoints; i++) {
        servers[i] = http_script_start(i < mute ? &hang : &well, 1);
        struct buf url = buf_of(o.urls[o.endpoint_count++], ENDPOINT_URL_SIZE);
        buf_addf(&url, "http://127.0.0.1:%u", (unsigned)http_script_port(servers[i]));
    }
    l.car_count = seconds ? (size_t)(seconds * AT_ONCE * 1000 / min_ms) + AT_ONCE : 1500;
    l.cars = mem_alloc(l.car_count * sizeof *l.cars);
    int fd = mkstemp(file);
    or_end(fd >= 0, "file");
    close(fd);
    or_end(store_open(file, &l.store) == ERR_OK, "store");
    struct account *accounts = make_accounts(l.car_count);
    or_end(payments_create(&o, 1, on_result, on_page, &l, &l.payments) == ERR_OK, "payments");
    struct service_ports ports = {
        .store = store_port(l.store),
        .downlink = {&l, on_ack, on_respond, on_offer, on_occupancy, on_resync, on_command,
                     on_rights},
        .payments = payments_port_of(l.payments),
        .notifier = {&l, on_publish, on_listening},
        .rates = {&l, on_check, on_find, on_price},
    };
    struct service_options so = {
        .clock = clock_real(), .accounts = accounts, .account_count = l.car_count};
    or_end(service_create(&so, &ports, &l.service) == ERR_OK, "service");
    open_place(&l);
    make_cars(&l);
    or_end(service_start(l.service) == ERR_OK, "service start");

    double took_s = run(&l, seconds ? seconds : PATIENCE_S);
    struct tally t = count(&l);
    struct provider_status s;
    payments_status(l.payments, &s, 1);
    payments_stop(l.payments, 2000);
    service_stop(l.service);
    size_t lost = unbooked(&l);
    double limit = AT_ONCE / ((double)(min_ms + max_ms) / 2000);
    printf(
        "%zu exits in %.1f s: %.1f /s, %.3f x concurrency / latency (%.1f /s); paid %zu (%.2f %%), "
        "deferred %zu, other %zu, unanswered %zu, later than %d ms %zu, slowest %lld ms; stays "
        "charged twice %zu, paid without a charge %zu, charged and not booked %zu, stray %lld; "
        "breaker %s, openings %lld, first endpoint %s\n",
        l.asked, took_s, (double)l.asked / took_s, (double)l.asked / took_s / limit, limit, t.paid,
        100.0 * (double)t.paid / (double)l.asked, t.deferred, t.other, t.unanswered,
        LANE_DEADLINE_MS, t.late, (long long)t.slowest_ms, t.twice, t.paid_without_charge, lost,
        (long long)(l.stray + l.wrong), s.breaker, (long long)s.openings, s.endpoints[0].state);

    payments_free(l.payments);
    service_free(l.service);
    store_close(l.store);
    for (size_t i = 0; i < endpoints; i++)
        http_script_free(servers[i]);
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (int i = 0; i < 3; i++) {
        snprintf(side, sizeof side, "%s%s", file, ends[i]);
        unlink(side);
    }
    free(accounts);
    free(l.cars);
    /* A mute endpoint takes its share of the first calls, a third of those at once, and then trials. */
    size_t may_defer = mute ? AT_ONCE + l.asked / 100 : l.asked / 100;
    if (mute)
        printf("after the ejection: %zu of %zu paid\n", t.paid_after, t.after);
    bool ejected = mute == 0 || (t.after > 0 && t.paid_after * 100 >= t.after * 99);
    bool good = ejected && t.unanswered == 0 && t.other == 0 && t.twice == 0 &&
                t.paid_without_charge == 0 && lost == 0 && l.stray + l.wrong == 0 &&
                t.deferred <= may_defer;
    return good ? 0 : 1;
}
