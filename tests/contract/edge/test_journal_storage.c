/* The journal and its disk: damaged files, budget and reserve. Numbers cite edge/journal/journal.h. */
#include "edge/journal/journal.h"

#include "protocol/support/digest.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATH = 128, MIB = 1024 * 1024, SEEDS = 60 };

struct place {
    char folder[32];
    char file[64];
    struct clock_source clock;
};

static int set_up(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    snprintf(p->folder, sizeof p->folder, "/tmp/boomgate-XXXXXX");
    if (!mkdtemp(p->folder))
        return -1;
    snprintf(p->file, sizeof p->file, "%s/journal.db", p->folder);
    p->clock = clock_real();
    *state = p;
    return 0;
}

/* Calls `use` for every file of the folder. */
static int each_file(const struct place *p, void (*use)(const char *path))
{
    DIR *d = opendir(p->folder);
    int aside = 0;
    for (struct dirent *f; (f = readdir(d));) {
        char path[sizeof p->folder + sizeof f->d_name + 1];
        if (f->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", p->folder, f->d_name);
        aside += strstr(f->d_name, ".damaged.") && !strchr(strstr(f->d_name, ".damaged."), '-');
        if (use)
            use(path);
    }
    closedir(d);
    return aside;
}

static void remove_file(const char *path)
{
    unlink(path);
}

/* All but what leave_journal copies. */
static void remove_used(const char *path)
{
    if (!strstr(path, "/kept-"))
        unlink(path);
}

static int tear_down(void **state)
{
    struct place *p = *state;
    each_file(p, remove_file);
    rmdir(p->folder);
    free(p);
    return 0;
}

static struct journal *open_journal(const struct place *p)
{
    struct journal *j = NULL;
    assert_int_equal(journal_open(p->file, &p->clock, &j), ERR_OK);
    return j;
}

/* One turn with one row of `size` bytes that say which one it is. */
static enum err write_row(struct journal *j, size_t size)
{
    struct journal_port p = journal_port(j);
    struct edge_memory m = *journal_memory(j);
    char bytes[4096] = "";
    struct digest d;
    snprintf(bytes, sizeof bytes, "event %lld", (long long)m.next);
    digest_of(bytes, size, &d);
    enum err e = p.begin(p.self);
    if (e == ERR_OK)
        e = p.append(p.self, m.next, &d, bytes, size);
    m.next += 1;
    m.head = d;
    if (e == ERR_OK)
        e = p.save_edge(p.self, &m);
    if (e == ERR_OK)
        e = p.commit(p.self);
    if (e != ERR_OK)
        p.rollback(p.self);
    return e;
}

static bool read_one(void *arg, int64_t seq, const void *bytes, size_t len)
{
    int64_t *count = arg;
    char expected[32];
    (void)len;
    snprintf(expected, sizeof expected, "event %lld", (long long)seq);
    assert_string_equal(bytes, expected);
    *count += 1;
    return true;
}

static enum err read_all(struct journal *j, int64_t *ret_count)
{
    *ret_count = 0;
    return journal_read(j, 1, 100000, read_one, ret_count);
}

/* --- J5 --- */

static void copy_file(const char *from, const char *to)
{
    static char bytes[4 * MIB];
    int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ssize_t n = in < 0 ? 0 : read(in, bytes, sizeof bytes);
    assert_true(out >= 0 && write(out, bytes, (size_t)n) == n);
    close(in);
    close(out);
}

static void run_sql(const struct place *p, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(p->file, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static const char *path_of(const struct place *p, const char *ending)
{
    static char path[PATH];
    snprintf(path, sizeof path, "%s%s", p->file, ending);
    return path;
}

static void make_journal(const struct place *p, bool machine, char kept[2][PATH])
{
    struct journal *j = open_journal(p);
    for (int i = 0; i < 60; i++)
        assert_int_equal(write_row(j, 900), ERR_OK);
    if (machine)
        run_sql(p, "UPDATE edge_memory SET machine='another'");
    run_sql(p, "PRAGMA wal_checkpoint(TRUNCATE)");
    for (int i = 0; i < 20; i++)
        assert_int_equal(write_row(j, 900), ERR_OK);
    for (int i = 0; i < 2; i++)
        copy_file(path_of(p, i == 0 ? "" : "-wal"), kept[i]);
    journal_close(j);
}

/* A journal as a kill leaves it: rows in the file, later ones in the log. `machine`: and the machine
 * stopped with it. */
static void leave_journal(const struct place *p, bool machine)
{
    char kept[2][PATH];
    for (int i = 0; i < 2; i++)
        snprintf(kept[i], PATH, "%s/kept-%d-%d", p->folder, machine, i);
    if (access(kept[0], F_OK) != 0)
        make_journal(p, machine, kept);
    unlink(path_of(p, "-shm"));
    for (int i = 0; i < 2; i++)
        copy_file(kept[i], path_of(p, i == 0 ? "" : "-wal"));
}

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525U + 1013904223U;
    return *seed >> 8;
}

static void flip_bytes(const char *file, uint32_t *seed, int count)
{
    int fd = open(file, O_RDWR);
    assert_true(fd >= 0);
    off_t size = lseek(fd, 0, SEEK_END);
    for (int i = 0; i < count && size > 0; i++) {
        off_t at = (off_t)(next_random(seed) % (uint32_t)size);
        uint8_t byte;
        assert_int_equal(pread(fd, &byte, 1, at), 1);
        byte ^= (uint8_t)(1U << next_random(seed) % 8);
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    }
    close(fd);
}

/* Whatever is wrong with the file, there is a journal afterwards that works, and no row is ever told
 * otherwise than it was written. Returns true if a damaged file was set aside. */
static bool goes_on(const struct place *p)
{
    int64_t count;
    struct journal *j = open_journal(p);
    if (read_all(j, &count) != ERR_OK) {
        assert_int_equal(journal_recover(j), ERR_OK);
        assert_int_equal(read_all(j, &count), ERR_OK);
    }
    for (int tries = 0; write_row(j, 100) != ERR_OK; tries++) {
        assert_true(tries < 2);
        assert_int_equal(journal_recover(j), ERR_OK);
    }
    bool aside = journal_aside(j)[0] != '\0';
    if (aside) {
        assert_int_equal(journal_memory(j)->epoch, 0);
        assert_int_equal(journal_memory(j)->next, 2);
        assert_int_equal(access(journal_aside(j), F_OK), 0);
    }
    journal_close(j);
    return aside;
}

static void flipped_bytes_are_survived(void **state)
{
    struct place *p = *state;
    int aside = 0;
    for (uint32_t seed = 1; seed <= SEEDS; seed++) {
        uint32_t random = seed * 2654435761U;
        each_file(p, remove_used);
        leave_journal(p, seed % 2 == 0);
        flip_bytes(path_of(p, seed % 3 == 0 ? "-wal" : ""), &random, 1 + (int)(seed % 40));
        aside += goes_on(p);
    }
    assert_true(aside > SEEDS / 4);
}

static void write_text(const char *file, const char *text)
{
    FILE *f = fopen(file, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void other_files_are_set_aside(void **state)
{
    struct place *p = *state;
    char kept[64] = "";
    write_text(p->file, "place: a\nedge: e1\nthis is a text file and no database at all\n");
    struct journal *j = open_journal(p);
    FILE *f = fopen(journal_aside(j), "r");
    assert_non_null(f);
    assert_non_null(fgets(kept, sizeof kept, f));
    assert_string_equal(kept, "place: a\n");
    fclose(f);
    journal_close(j);
}

static void cut_files_are_survived(void **state)
{
    struct place *p = *state;
    static const off_t lengths[] = {0, 1, 99, 4096, 4097, 8192, 40960};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
        for (int k = 0; k < 2; k++) {
            each_file(p, remove_used);
            leave_journal(p, true);
            assert_int_equal(truncate(path_of(p, k == 0 ? "" : "-wal"), lengths[i]), 0);
            if (k == 0)
                unlink(path_of(p, "-wal"));
            goes_on(p);
        }
}

/* A row whose bytes fell over is no damage SQLite could see. */
static void a_wrong_row_is_found(void **state)
{
    struct place *p = *state;
    struct journal *j = open_journal(p);
    int64_t count;
    assert_int_equal(write_row(j, 20), ERR_OK);
    assert_int_equal(read_all(j, &count), ERR_OK);
    struct request_id before = journal_memory(j)->journal;
    int64_t boot = journal_memory(j)->boot;
    run_sql(p, "UPDATE outbox SET bytes = x'00'");
    assert_int_equal(read_all(j, &count), ERR_IO);
    assert_int_equal(write_row(j, 20), ERR_IO);
    assert_int_equal(journal_recover(j), ERR_OK);
    assert_string_not_equal(journal_memory(j)->journal.text, before.text);
    assert_int_equal(journal_memory(j)->epoch, 0);
    assert_true(journal_memory(j)->boot > boot); /* statuses go on */
    assert_int_equal(write_row(j, 20), ERR_OK);
    journal_close(j);
}

/* J3 */
static void a_torn_page_is_found_after_a_machine_crash(void **state)
{
    struct place *p = *state;
    char junk[64];
    leave_journal(p, true);
    run_sql(p, "PRAGMA wal_checkpoint(TRUNCATE)");
    int fd = open(p->file, O_RDWR);
    memset(junk, 0xA5, sizeof junk);
    off_t size = lseek(fd, 0, SEEK_END);
    assert_int_equal(pwrite(fd, junk, sizeof junk, size - 4096), sizeof junk); /* a page's header */
    close(fd);
    struct journal *j = open_journal(p);
    assert_string_not_equal(journal_aside(j), "");
    journal_close(j);
}

static void lost_tables_are_damage(void **state)
{
    struct place *p = *state;
    journal_close(open_journal(p));
    run_sql(p, "DROP TABLE outbox");
    struct journal *j = open_journal(p);
    assert_string_not_equal(journal_aside(j), "");
    assert_int_equal(write_row(j, 20), ERR_OK);
    journal_close(j);
}

static void three_damaged_files_are_kept(void **state)
{
    struct place *p = *state;
    for (int i = 0; i < 6; i++) {
        write_text(p->file, "no database, and longer than nothing");
        journal_close(open_journal(p));
    }
    assert_int_equal(each_file(p, NULL), 3);
}

/* --- J6 --- */

/* The budget stands for a disk: beyond it SQLite says that it is full. */
static void the_reserve_is_freed_when_there_is_no_room(void **state)
{
    struct place *p = *state;
    struct journal_fill fill;
    struct stat st;
    int64_t count;
    int written = 0;
    struct journal *j = open_journal(p);
    journal_budget(j, MIB);
    assert_int_equal(stat(path_of(p, ".reserve"), &st), 0);
    assert_int_equal(st.st_size, MIB / 16);
    assert_true(st.st_blocks * 512 >= MIB / 16);
    while (write_row(j, 3000) == ERR_OK)
        written++;
    assert_true(written > 150);
    assert_int_equal(journal_fill(j, &fill), ERR_OK);
    assert_true(fill.reserve && fill.room_bytes < 16384);

    assert_int_equal(journal_recover(j), ERR_OK); /* the same journal */
    assert_int_not_equal(stat(path_of(p, ".reserve"), &st), 0);
    int more = 0;
    while (write_row(j, 3000) == ERR_OK)
        more++;
    assert_in_range(more, 10, 20);
    assert_int_equal(journal_recover(j), ERR_OK);
    assert_int_equal(write_row(j, 3000), ERR_IO);
    assert_string_equal(journal_aside(j), "");
    assert_int_equal(read_all(j, &count), ERR_OK);
    assert_int_equal(count, written + more); /* nothing was ever evicted */

    /* Acknowledged and pruned rows make room again, and the reserve comes back. */
    assert_int_equal(stat(p->file, &st), 0);
    assert_true(st.st_size <= MIB);
    journal_close(j);
}

static void acknowledged_rows_make_room(void **state)
{
    struct place *p = *state;
    struct journal_fill before, after;
    struct journal *j = open_journal(p);
    struct journal_port port = journal_port(j);
    struct wall_ms now = clock_now(&p->clock).wall;
    journal_budget(j, MIB);
    for (int i = 0; i < 100; i++)
        assert_int_equal(write_row(j, 3000), ERR_OK);
    assert_int_equal(journal_fill(j, &before), ERR_OK);
    assert_int_equal(port.begin(port.self), ERR_OK);
    assert_int_equal(port.acknowledge(port.self, 90, now), ERR_OK);
    assert_int_equal(port.commit(port.self), ERR_OK);
    assert_int_equal(journal_prune(j, now, -1), ERR_OK);
    assert_int_equal(journal_fill(j, &after), ERR_OK);
    assert_true(after.used_bytes < before.used_bytes / 4);
    assert_true(after.room_bytes > before.room_bytes);
    int64_t count;
    assert_int_equal(read_all(j, &count), ERR_OK);
    assert_int_equal(count, 10);
    journal_close(j);
}

static void the_reserve_comes_back(void **state)
{
    struct place *p = *state;
    struct journal_fill fill;
    struct stat st;
    struct journal *j = open_journal(p);
    journal_budget(j, MIB);
    while (write_row(j, 3000) == ERR_OK)
        continue;
    assert_int_equal(journal_recover(j), ERR_OK);
    assert_int_equal(journal_fill(j, &fill), ERR_OK);
    assert_false(fill.reserve);
    journal_restore_reserve(j);
    assert_int_equal(journal_fill(j, &fill), ERR_OK);
    assert_true(fill.reserve);
    assert_int_equal(stat(path_of(p, ".reserve"), &st), 0);
    journal_close(j);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(flipped_bytes_are_survived),
        TEST(other_files_are_set_aside),
        TEST(cut_files_are_survived),
        TEST(a_wrong_row_is_found),
        TEST(a_torn_page_is_found_after_a_machine_crash),
        TEST(lost_tables_are_damage),
        TEST(three_damaged_files_are_kept),
        TEST(the_reserve_is_freed_when_there_is_no_room),
        TEST(acknowledged_rows_make_room),
        TEST(the_reserve_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
