/* Events through the service into SQLite, without MQTT: what one writer thread can take. Prints a line
 * per batch size; figures, no verdict.
 *
 *   bench_service [EVENTS] [EDGES]      default 200000 events from 50 edges, 300 bytes or so each
 *
 * "observations" are facts that move no space (presented, read, started); "passages" are whole entries
 * and exits of vehicles with plates, as traffic makes them: eleven events a stay, two sessions writes. */
#include "cloud/service.h"
#include "cloud/store/sqlite.h"
#include "protocol/base/buf.h"
#include "protocol/support/digest.h"
#include "protocol/support/log.h"
#include "protocol/support/memory.h"
#include "protocol/wire/event_codec.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct bench_edge {
    struct name edge;
    int64_t epoch, seq;
    struct digest head;
    int64_t movements;
    int step;
};

struct bench {
    struct service *service;
    struct store *store;
    struct bench_edge *edges;
    int edge_count;
    int64_t acked;
};

static void on_ack(void *self, const struct name *place, const struct name *edge, int64_t epoch,
                   int64_t upto)
{
    struct bench *b = self;
    (void)place, (void)edge, (void)epoch, (void)upto;
    b->acked++;
}

static void on_respond(void *self, const struct name *place, const struct name *edge,
                       const uint8_t correlation[16], const struct response *r)
{
    (void)self, (void)place, (void)edge, (void)correlation, (void)r;
}

static void on_offer(void *self, const struct name *place, const struct name *edge,
                     const struct grant *g)
{
    (void)self, (void)place, (void)edge, (void)g;
}

static void on_occupancy(void *self, const struct name *place, const struct occupancy *o)
{
    (void)self, (void)place, (void)o;
}

static void on_resync(void *self)
{
    (void)self;
}

static void on_command(void *self, const struct name *place, const struct name *edge,
                       const struct command *c)
{
    (void)self, (void)place, (void)edge, (void)c;
}

static enum err on_start(void *self, const struct payment_call *c)
{
    (void)self, (void)c;
    return ERR_UNAVAIL;
}

static enum err on_settlement(void *self, const struct settlement_call *c)
{
    (void)self, (void)c;
    return ERR_UNAVAIL;
}

static bool on_available(void *self, const struct name *provider)
{
    (void)self, (void)provider;
    return false;
}

static void on_publish(void *self, enum notice n, const struct name *place, const char *json)
{
    (void)self, (void)n, (void)place, (void)json;
}

static bool on_listening(void *self)
{
    (void)self;
    return false;
}

static void on_rights(void *self, const struct name *place, const struct name *edge,
                      const char *bytes, size_t len)
{
    (void)self, (void)place, (void)edge, (void)bytes, (void)len;
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
    *ret_minor = 0;
    return ERR_OK;
}

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void or_end(enum err e, const char *what)
{
    if (e == ERR_OK)
        return;
    fprintf(stderr, "bench_service: %s: %s\n", what, err_text(e));
    exit(1);
}

static void turn(struct bench *b)
{
    struct clock_source clock = clock_real();
    while (service_turn(b->service, clock_now(&clock)) > 0)
        ;
}

static const struct name place = {"a"};

static void post(struct bench *b, enum work_kind kind, const struct name *edge, const void *bytes,
                 size_t len)
{
    struct work *w = work_new(kind, bytes, len);
    w->place = place;
    w->edge = *edge;
    or_end(service_post(b->service, w), "post");
}

static void make_place(struct bench *b)
{
    struct work *w = work_new(WORK_ADMIN, NULL, 0);
    w->admin.place = (struct place_settings){.place = place,
                                             .capacity = 100000,
                                             .zone = "Asia/Seoul",
                                             .currency = {"KRW"},
                                             .tariff = {"t3"}};
    or_end(service_post(b->service, w), "place");
    turn(b);
}

static void make_edge(struct bench *b, int i)
{
    struct bench_edge *e = &b->edges[i];
    char bytes[REQUEST_BYTES_MAX];
    size_t len;
    struct buf name = buf_of(e->edge.text, NAME_SIZE);
    buf_addf(&name, "e%d", i);
    uint8_t random[16] = {(uint8_t)i, (uint8_t)(i >> 8)};
    struct request r = {.kind = REQUEST_HELLO, .id = request_id_from(random)};
    memset(e->head.text, '0', DIGEST_SIZE - 1);
    r.hello = (struct hello){.journal = request_id_from(random),
                             .next = 1,
                             .head = e->head,
                             .boot = 1,
                             .version = "bench",
                             .lane_count = 1,
                             .lanes = {{{"out-1"}, DIRECTION_EXIT}}};
    or_end(request_encode(&r, bytes, sizeof bytes, &len), "hello");
    post(b, WORK_REQUEST, &e->edge, bytes, len);
    turn(b);
    e->epoch = 1;
}

static struct event next_event(struct bench_edge *e, bool passages)
{
    static const enum event_kind looks[] = {EVENT_VEHICLE_PRESENTED, EVENT_CREDENTIAL_READ,
                                            EVENT_PASSAGE_STARTED, EVENT_MOVEMENT_ENDED};
    static const enum event_kind stay[] = {EVENT_VEHICLE_PRESENTED,  EVENT_CREDENTIAL_READ,
                                           EVENT_PASSAGE_AUTHORISED, EVENT_PASSAGE_STARTED,
                                           EVENT_PASSAGE_COMPLETED,  EVENT_MOVEMENT_ENDED};
    int length = passages ? 6 : 4;
    bool exit = passages && (e->step / length) % 2;
    struct clock_source clock = clock_real();
    if (e->step % length == 0)
        e->movements++;
    struct event event = {
        .kind = passages ? stay[e->step % length] : looks[e->step % length],
        .place = place,
        .edge = e->edge,
        .epoch = e->epoch,
        .seq = e->seq + 1,
        .prev = e->head,
        .time = clock_now(&clock).wall,
        .boot = 1,
        .clock = CLOCK_SYNCED,
        .data = {.lane = {"in-1"},
                 .direction = exit ? DIRECTION_EXIT : DIRECTION_ENTRY,
                 .basis = exit ? BASIS_FREE : BASIS_SPACE,
                 .confidence = 9900,
                 .raw = {"22 아 2222"}},
    };
    uint64_t m = (uint64_t)e->movements * 0x9E3779B97F4A7C15u;
    for (const char *c = e->edge.text; *c; c++)
        m = m * 31 + (unsigned char)*c;
    event.data.movement = movement_id_from(m);
    if (event.kind == EVENT_MOVEMENT_ENDED)
        event.data.outcome = OUTCOME_DROVE_THROUGH;
    struct buf plate = buf_of(event.data.plate.text, PLATE_SIZE);
    buf_addf(&plate, "%s아%d", e->edge.text, e->step / length / 2);
    e->step++;
    return event;
}

static int by_size(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void run(struct bench *b, int64_t events, int64_t batch, bool passages)
{
    char(*bytes)[1024] = mem_alloc((size_t)batch * sizeof *bytes);
    size_t *len = mem_alloc((size_t)batch * sizeof *len);
    int64_t spent_us = 0, total_bytes = 0;
    int64_t *turn_us = mem_alloc((size_t)(events / batch + 1) * sizeof *turn_us);
    size_t turns = 0;
    for (int64_t done = 0; done < events; done += batch) {
        for (int64_t i = 0; i < batch; i++) { /* writing them is the edges' work, not measured */
            struct bench_edge *e = &b->edges[(done + i) % b->edge_count];
            struct event event = next_event(e, passages);
            or_end(event_encode(&event, bytes[i], sizeof bytes[i], &len[i]), "encode");
            digest_of(bytes[i], len[i], &e->head);
            e->seq++;
            total_bytes += (int64_t)len[i];
        }
        int64_t start_us = now_us();
        for (int64_t i = 0; i < batch; i++)
            post(b, WORK_EVENT, &b->edges[(done + i) % b->edge_count].edge, bytes[i], len[i]);
        turn(b);
        turn_us[turns] = now_us() - start_us;
        spent_us += turn_us[turns++];
    }
    qsort(turn_us, turns, sizeof *turn_us, by_size);
    printf("%-12s batch %5lld: %8.0f events/s, %6.1f us/event of %lld B, "
           "batch p50 %.2f p99 %.2f max %.2f ms\n",
           passages ? "passages" : "observations", (long long)batch,
           (double)events * 1e6 / (double)spent_us, (double)spent_us / (double)events,
           (long long)(total_bytes / events), (double)turn_us[turns / 2] / 1000,
           (double)turn_us[turns * 99 / 100] / 1000, (double)turn_us[turns - 1] / 1000);
    b->acked = 0;
    free(turn_us);
    free(len);
    free(bytes);
}

static void bench_open(struct bench *b, const char *file)
{
    or_end(store_open(file, &b->store), "store");
    struct service_ports ports = {
        .store = store_port(b->store),
        .downlink = {b, on_ack, on_respond, on_offer, on_occupancy, on_resync, on_command,
                     on_rights},
        .payments = {b, 0, {{""}}, on_start, on_available, on_settlement},
        .notifier = {b, on_publish, on_listening},
        .rates = {b, on_check, on_find, on_price},
    };
    struct service_options o = {.clock = clock_real(), .batch_max = 1024};
    or_end(service_create(&o, &ports, &b->service), "service");
    make_place(b);
    for (int i = 0; i < b->edge_count; i++)
        make_edge(b, i);
}

static int64_t number(const char *text, int64_t otherwise)
{
    char *end;
    int64_t v = text ? strtoll(text, &end, 10) : otherwise;
    return v > 0 ? v : otherwise;
}

int main(int argc, char **argv)
{
    static const int64_t batches[] = {1, 100, 256, 1024};
    struct bench b = {.edge_count = (int)number(argc > 2 ? argv[2] : NULL, 50)};
    int64_t events = number(argc > 1 ? argv[1] : NULL, 200000);
    const char *folder = getenv("TMPDIR");
    char file[PATH_MAX], side[PATH_MAX + 8];
    int len = snprintf(file, sizeof file, "%s/bench_service.XXXXXX", folder ? folder : "/tmp");
    if (len < 0 || (size_t)len >= sizeof file)
        return 1;
    int fd = mkstemp(file);
    if (fd < 0)
        return 1;
    close(fd);
    log_setup(LOG_ERROR, false);
    b.edges = mem_alloc((size_t)b.edge_count * sizeof *b.edges);
    bench_open(&b, file);
    for (int passages = 0; passages <= 1; passages++) {
        for (int i = 0; i < b.edge_count; i++)
            b.edges[i].step = 0;
        for (size_t i = 0; i < sizeof batches / sizeof batches[0]; i++)
            run(&b, batches[i] == 1 ? events / 20 : events / batches[i] * batches[i], batches[i],
                passages);
    }
    service_free(b.service);
    store_close(b.store);
    free(b.edges);
    unlink(file);
    for (int i = 0; i < 2; i++) {
        snprintf(side, sizeof side, "%s%s", file, i ? "-shm" : "-wal");
        unlink(side);
    }
    return 0;
}
