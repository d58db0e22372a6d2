/* What 200 000 rights cost the cloud's one writer: taking them in works of 256, cutting the whole list
 * into parts for an edge, the next question for the same list, and one changed right.
 *
 *   bench_rights_list [entries] */
#include "protocol/wire/rights.h"
#include "tests/unit/cloud/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static struct world w;
static struct test_edge edge;

static double ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1000 + (double)t.tv_nsec / 1e6;
}

static void put(const struct right *rights, size_t count)
{
    struct work *work = work_new(WORK_ADMIN, rights, count * sizeof *rights);
    work->admin.kind = ADMIN_RIGHTS;
    work->admin.place.place = (struct name){"a"};
    work->admin.done = world_admin_done;
    work->admin.arg = &w;
    assert_int_equal(service_post(w.service, work), ERR_OK);
    world_run(&w);
    assert_int_equal(w.admin.err, ERR_OK);
}

static void ask(const char *what, int64_t have, int64_t version, int64_t part)
{
    static uint8_t n;
    uint8_t correlation[16] = {++n};
    struct request r = {.kind = REQUEST_RIGHTS,
                        .id = request_id_from(correlation),
                        .rights = {have, version, part}};
    char bytes[REQUEST_BYTES_MAX];
    size_t len;
    assert_int_equal(request_encode(&r, bytes, sizeof bytes, &len), ERR_OK);
    struct work *work = work_new(WORK_REQUEST, bytes, len);
    work->place = edge.place;
    work->edge = edge.edge;
    memcpy(work->correlation, correlation, sizeof correlation);
    assert_int_equal(service_post(w.service, work), ERR_OK);
    double start = ms();
    world_run(&w);
    const struct rights_answer *a = &w.responses[w.response_count - 1].rights;
    printf("%-36s %8.1f ms, %lld parts\n", what, ms() - start, (long long)a->of);
}

static struct right right_of(long i)
{
    struct right r = {.kind = RIGHT_PERMIT, .until = {INT64_C(1900000000000)}};
    snprintf(r.id.text, sizeof r.id.text, "permit-2026-%ld", i);
    snprintf(r.plate.text, sizeof r.plate.text, "%02ld가%04ld", i / 10000 % 100, i % 10000);
    return r;
}

int main(int argc, char **argv)
{
    static struct right batch[RIGHTS_ENTRIES_MAX];
    long entries = argc > 1 ? strtol(argv[1], NULL, 10) : 200000;
    world_open(&w);
    world_place(&w, "a", 10, POLICY_DEFER);
    edge = edge_of("a", "e1", 1);
    assert_true(edge_hello(&w, &edge, "ex"));
    double start = ms();
    for (long i = 0; i < entries; i += RIGHTS_ENTRIES_MAX) {
        long count = entries - i < RIGHTS_ENTRIES_MAX ? entries - i : RIGHTS_ENTRIES_MAX;
        for (long k = 0; k < count; k++)
            batch[k] = right_of(i + k);
        put(batch, (size_t)count);
    }
    printf("%-36s %8.1f ms, %ld rights\n", "taken in works of 256", ms() - start, entries);
    int64_t version = w.admin.rights_version;
    ask("whole list cut and 4 parts sent", 0, 0, 0);
    ask("4 more of it", 0, version, RIGHTS_AT_ONCE);
    batch[0] = right_of(1);
    batch[0].until.v += 1000;
    start = ms();
    put(batch, 1);
    printf("%-36s %8.1f ms\n", "one right changed", ms() - start);
    ask("that change for an edge", version, 0, 0);
    world_close(&w);
    return 0;
}
