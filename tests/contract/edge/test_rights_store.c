/* The rights list on disk: switched in one transaction, found by one look-up, thrown away if damaged
 * (rights_store.h, L1 to L3). */
#include "edge/rights/rights_store.h"

#include "protocol/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char file[64];
static struct rights_store *store;
static struct rights_port port;

static void open_store(void)
{
    assert_int_equal(rights_store_open(file, &store), ERR_OK);
    port = rights_store_port(store);
}

static int begin(void **state)
{
    (void)state;
    snprintf(file, sizeof file, "/tmp/boomgate-rights-XXXXXX");
    int fd = mkstemp(file);
    assert_true(fd >= 0);
    close(fd);
    open_store();
    return 0;
}

static int end(void **state)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    (void)state;
    rights_store_close(store);
    for (size_t i = 0; i < 3; i++) {
        char name[80];
        snprintf(name, sizeof name, "%s%s", file, ends[i]);
        unlink(name);
    }
    return 0;
}

static struct rights_part *part_of(int64_t version, int64_t from, int64_t part, int64_t of)
{
    static struct rights_part p;
    p = (struct rights_part){.version = version, .from = from, .part = part, .of = of};
    return &p;
}

static void add(struct rights_part *p, const char *id, enum right_kind kind, const char *plate)
{
    struct right *r = &p->entries[p->count++];
    r->kind = kind;
    r->removed = kind == RIGHT_NONE;
    snprintf(r->id.text, sizeof r->id.text, "%s", id);
    snprintf(r->plate.text, sizeof r->plate.text, "%s", plate);
}

static struct rights_fetch after(const struct rights_part *p, int64_t have)
{
    bool last = p->part + 1 == p->of;
    if (last)
        return (struct rights_fetch){.have = p->version};
    return (struct rights_fetch){
        .have = have, .version = p->version, .from = p->from, .of = p->of, .next = p->part + 1};
}

static enum err keep(const struct rights_part *p, int64_t have)
{
    struct rights_fetch f = after(p, have);
    return p->part + 1 == p->of ? port.activate(port.self, &f, p) : port.stage(port.self, &f, p);
}

/* The ids found for a plate, in order. */
static void finds(const char *plate, const char *ids)
{
    struct right found[8];
    struct plate p = {""};
    size_t count;
    char memory[8 * RIGHT_ID_SIZE] = "";
    struct buf said = buf_of(memory, sizeof memory);
    snprintf(p.text, sizeof p.text, "%s", plate);
    assert_int_equal(port.find(port.self, &p, "", found, 8, &count), ERR_OK);
    for (size_t i = 0; i < count; i++)
        buf_addf(&said, "%s ", found[i].id.text);
    assert_string_equal(said.text, ids);
}

static void first_list(void)
{
    struct rights_part *p = part_of(1, 0, 0, 1);
    add(p, "a", RIGHT_PERMIT, "B0");
    add(p, "b", RIGHT_DENY, "80");
    add(p, "c", RIGHT_PERMIT, "X1");
    assert_int_equal(keep(p, 0), ERR_OK);
}

static void a_list_is_switched_at_its_last_part(void **state)
{
    (void)state;
    first_list();
    finds("8O", "b a ");
    finds("XI", "c ");
    struct rights_part *p = part_of(2, 0, 0, 2);
    add(p, "d", RIGHT_PERMIT, "X1");
    assert_int_equal(keep(p, 1), ERR_OK);
    finds("X1", "c ");
    rights_store_close(store); /* a restart in between */
    open_store();
    struct rights_memory m;
    assert_int_equal(port.load(port.self, &m), ERR_OK);
    assert_int_equal(m.fetch.have, 1);
    assert_int_equal(m.fetch.version, 2);
    assert_int_equal(m.fetch.next, 1);
    assert_int_equal(keep(part_of(2, 0, 1, 2), 1), ERR_OK);
    finds("X1", "d ");
    finds("B0", "");
    while (rights_store_tidy(store))
        ;
    finds("X1", "d ");
}

/* A reader that has no room for all gets what bars, then what ends last. */
static void what_bars_and_what_ends_last_comes_first(void **state)
{
    (void)state;
    struct rights_part *p = part_of(1, 0, 0, 1);
    add(p, "past", RIGHT_BOOKING, "X1");
    p->entries[0].until.v = 5;
    add(p, "today", RIGHT_BOOKING, "X1");
    p->entries[1].until.v = 9;
    add(p, "always", RIGHT_PERMIT, "X1");
    add(p, "z", RIGHT_DENY, "X1");
    p->entries[3].until.v = 7;
    assert_int_equal(keep(p, 0), ERR_OK);
    finds("X1", "z always today past ");
}

static void a_right_is_known_by_its_end(void **state)
{
    struct right_id past = {"past"}, always = {"always"}, nobody = {"nobody"};
    struct wall_ms until = {1};
    (void)state;
    struct rights_part *p = part_of(1, 0, 0, 1);
    add(p, "past", RIGHT_BOOKING, "X1");
    p->entries[0].until.v = 5;
    add(p, "always", RIGHT_PERMIT, "X1");
    assert_int_equal(keep(p, 0), ERR_OK);
    assert_int_equal(port.end_of(port.self, &past, &until), ERR_OK);
    assert_int_equal(until.v, 5);
    assert_int_equal(port.end_of(port.self, &nobody, &until), ERR_NOTFOUND);
    assert_int_equal(until.v, 5);
    assert_int_equal(port.end_of(port.self, &always, &until), ERR_OK);
    assert_int_equal(until.v, 0);
}

static void changes_are_applied_together(void **state)
{
    (void)state;
    first_list();
    struct rights_part *p = part_of(2, 1, 0, 2);
    add(p, "c", RIGHT_NONE, "");
    assert_int_equal(keep(p, 1), ERR_OK);
    finds("X1", "c ");
    assert_false(rights_store_tidy(store));
    p = part_of(2, 1, 1, 2);
    add(p, "a", RIGHT_PERMIT, "77");
    add(p, "e", RIGHT_PERMIT, "X2");
    assert_int_equal(keep(p, 1), ERR_OK);
    finds("X1", "");
    finds("XZ", "e ");
    finds("80", "b ");
    finds("77", "a ");
}

static void what_is_there_is_not_kept_twice(void **state)
{
    (void)state;
    first_list();
    struct rights_part *p = part_of(1, 0, 0, 1);
    assert_int_equal(keep(p, 0), ERR_CONFLICT);
    finds("X1", "c ");
    assert_int_equal(keep(part_of(3, 0, 1, 2), 1), ERR_CONFLICT);
    assert_int_equal(keep(part_of(3, 0, 0, 3), 1), ERR_OK);
    assert_int_equal(keep(part_of(3, 0, 2, 3), 1), ERR_CONFLICT);
    assert_int_equal(keep(part_of(4, 0, 1, 3), 1), ERR_CONFLICT);
    assert_int_equal(keep(part_of(4, 0, 0, 1), 1), ERR_OK); /* a newer list takes its place */
    finds("X1", "");
}

static void a_damaged_file_is_begun_anew(void **state)
{
    (void)state;
    first_list();
    rights_store_close(store);
    FILE *f = fopen(file, "w");
    assert_non_null(f);
    fputs(
        "this is no database, and it is longer than a header of one hundred bytes would have to be "
        "to be taken for one by anybody",
        f);
    fclose(f);
    open_store();
    struct rights_memory m;
    assert_int_equal(port.load(port.self, &m), ERR_OK);
    assert_int_equal(m.fetch.have, 0);
    finds("X1", "");
}

static void sides_and_entries_are_kept(void **state)
{
    (void)state;
    struct right_id id = {"r1"}, other = {"r2"};
    struct plate plate = {"22아2222"}, unknown = {"1"};
    enum side side;
    struct wall_ms at = {7};
    assert_int_equal(port.set_side(port.self, &id, SIDE_INSIDE), ERR_OK);
    assert_int_equal(port.entered(port.self, plate.text, (struct wall_ms){1234}), ERR_OK);
    assert_int_equal(port.confirmed(port.self, (struct wall_ms){99}), ERR_OK);
    assert_int_equal(port.announced(port.self, 5), ERR_OK);
    rights_store_close(store);
    open_store();
    struct rights_memory m;
    assert_int_equal(port.load(port.self, &m), ERR_OK);
    assert_int_equal(m.confirmed.v, 99);
    assert_int_equal(m.announced, 5);
    assert_int_equal(port.side(port.self, &id, &side), ERR_OK);
    assert_int_equal(side, SIDE_INSIDE);
    assert_int_equal(port.side(port.self, &other, &side), ERR_OK);
    assert_int_equal(side, SIDE_NEUTRAL);
    assert_int_equal(port.clear_sides(port.self), ERR_OK);
    assert_int_equal(port.side(port.self, &id, &side), ERR_OK);
    assert_int_equal(side, SIDE_NEUTRAL);
    assert_int_equal(port.entry_of(port.self, unknown.text, &at), ERR_NOTFOUND);
    assert_int_equal(at.v, 7);
    assert_int_equal(port.entry_of(port.self, plate.text, &at), ERR_OK);
    assert_int_equal(at.v, 1234);
    assert_int_equal(port.left(port.self, plate.text), ERR_OK);
    assert_int_equal(port.entry_of(port.self, plate.text, &at), ERR_NOTFOUND);
}

static void where_is(const char *right, enum side expected)
{
    struct right_id id = {""};
    enum side side;
    snprintf(id.text, sizeof id.text, "%s", right);
    assert_int_equal(port.side(port.self, &id, &side), ERR_OK);
    assert_int_equal(side, expected);
}

static void a_right_that_is_given_anew_is_neutral(void **state)
{
    (void)state;
    struct right_id a = {"a"}, c = {"c"};
    first_list();
    assert_int_equal(port.set_side(port.self, &a, SIDE_INSIDE), ERR_OK);
    assert_int_equal(port.set_side(port.self, &c, SIDE_INSIDE), ERR_OK);
    struct rights_part *p = part_of(2, 1, 0, 1);
    add(p, "a", RIGHT_PERMIT, "B0");
    assert_int_equal(keep(p, 1), ERR_OK);
    where_is("a", SIDE_NEUTRAL);
    where_is("c", SIDE_INSIDE);
    assert_int_equal(keep(part_of(3, 0, 0, 1), 2), ERR_OK);
    where_is("c", SIDE_NEUTRAL);
}

static void entries_are_bounded(void **state)
{
    (void)state;
    enum { MORE = 20010 };
    struct plate plate;
    struct wall_ms at;
    for (int i = 0; i < MORE; i++) {
        snprintf(plate.text, sizeof plate.text, "%d", i);
        assert_int_equal(port.entered(port.self, plate.text, (struct wall_ms){i + 1}), ERR_OK);
    }
    (void)rights_store_tidy(store);
    snprintf(plate.text, sizeof plate.text, "9");
    assert_int_equal(port.entry_of(port.self, plate.text, &at), ERR_NOTFOUND);
    snprintf(plate.text, sizeof plate.text, "10");
    assert_int_equal(port.entry_of(port.self, plate.text, &at), ERR_OK);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        T(a_list_is_switched_at_its_last_part),
        T(what_bars_and_what_ends_last_comes_first),
        T(a_right_is_known_by_its_end),
        T(changes_are_applied_together),
        T(what_is_there_is_not_kept_twice),
        T(a_damaged_file_is_begun_anew),
        T(sides_and_entries_are_kept),
        T(entries_are_bounded),
        T(a_right_that_is_given_anew_is_neutral),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
