/* The real boomgate-edge on a file system of a few MiB that fills up: 80 %, 95 %, 100 %, and room
 * again. The file system is mounted in a namespace of the test's own; where the kernel refuses that,
 * somebody else's data fills the journal's own budget instead, and a limit of file sizes stands for a file
 * system that cannot be written.
 *
 * usage: edge_disk boomgate-edge */
#include "tests/contract/edge/program_world.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { KIB = 1024, MIB = 1024 * KIB, LIMIT = 4 * MIB * 14 / 16, RESERVE = 4 * MIB / 16 };

static char folder[32] = "/tmp/boomgate-XXXXXX";
static bool mounted;

static bool write_text(const char *file, const char *text)
{
    int fd = open(file, O_WRONLY | O_CLOEXEC);
    bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0)
        close(fd);
    return written;
}

/* A mount namespace, and a user namespace to be allowed to. */
static bool enter_namespace(void)
{
    char map[64];
    uid_t user = geteuid();
    gid_t group = getegid();
    if (user == 0)
        return unshare(CLONE_NEWNS) == 0;
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
        return false;
    snprintf(map, sizeof map, "0 %d 1", (int)user);
    bool mapped = write_text("/proc/self/uid_map", map);
    snprintf(map, sizeof map, "0 %d 1", (int)group);
    return mapped && write_text("/proc/self/setgroups", "deny") &&
           write_text("/proc/self/gid_map", map);
}

static bool mount_disk(void)
{
    return enter_namespace() && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("disk", folder, "tmpfs", 0, "size=8m,mode=0700") == 0;
}

/* --- the journal's file, beside its owner --- */

static sqlite3 *open_journal(void)
{
    char path[64];
    sqlite3 *db;
    snprintf(path, sizeof path, "%s/journal.db", folder);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    sqlite3_busy_timeout(db, 10000);
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
    return db;
}

static int64_t figure(const char *sql)
{
    sqlite3_stmt *s;
    sqlite3 *db = open_journal();
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    sqlite3_close(db);
    return n;
}

static void run_sql(const char *sql)
{
    sqlite3 *db = open_journal();
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static bool reserve_there(void)
{
    char path[64];
    snprintf(path, sizeof path, "%s/journal.db.reserve", folder);
    return access(path, F_OK) == 0;
}

/* --- somebody else's data: a file on the disk, or rows in the journal's budget --- */

static int64_t room(void)
{
    struct statvfs v;
    if (!mounted)
        return LIMIT + (reserve_there() ? 0 : RESERVE) -
               4 * KIB *
                   (figure("SELECT page_count FROM pragma_page_count") -
                    figure("SELECT freelist_count FROM pragma_freelist_count"));
    assert_int_equal(statvfs(folder, &v), 0);
    return (int64_t)v.f_bavail * (int64_t)v.f_frsize;
}

static const char *ballast(void)
{
    static char path[64];
    snprintf(path, sizeof path, "%s/ballast", folder);
    return path;
}

static void fill_disk(int64_t bytes)
{
    struct stat st = {0};
    int fd = open(ballast(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    for (int64_t more = room() - bytes; more > 0; more = more > 4 * KIB ? more / 2 : 0)
        if (posix_fallocate(fd, st.st_size, more) == 0)
            break;
    close(fd);
}

/* Takes all but `bytes` of what is left, or what it gets of that. */
static void leave_room(int64_t bytes)
{
    char sql[128];
    if (mounted) {
        fill_disk(bytes);
        return;
    }
    int64_t more = room() - bytes;
    snprintf(sql, sizeof sql,
             "CREATE TABLE IF NOT EXISTS ballast(b); INSERT INTO ballast VALUES(zeroblob(%lld))",
             (long long)more);
    if (more > 0)
        run_sql(sql);
}

static void give_back(void)
{
    if (mounted)
        assert_int_equal(unlink(ballast()), 0);
    else
        run_sql("DELETE FROM ballast");
}

/* --- what happens --- */

static bool many_events(struct world *w, const void *arg)
{
    make_events(w);
    return w->acked >= *(const int64_t *)arg;
}

static bool few_rows(struct world *w, const void *arg)
{
    (void)w, (void)arg;
    return figure("SELECT count(*) FROM outbox") <= 4;
}

static bool reserve_is(struct world *w, const void *there)
{
    (void)w;
    return reserve_there() == *(const bool *)there;
}

/* Fills what becomes free, too, and goes on having events. */
static bool reserve_is_freed(struct world *w, const void *arg)
{
    static const bool no = false;
    (void)arg;
    if (reserve_is(w, &no))
        return true;
    leave_room(0);
    make_events(w);
    return false;
}

static bool nothing_more_is_recorded(struct world *w, const void *arg)
{
    static int64_t last, since_ms;
    (void)arg;
    leave_room(0);
    make_events(w);
    int64_t next = figure("SELECT next FROM edge_memory");
    if (next != last) {
        last = next;
        since_ms = test_ms();
    }
    return test_ms() - since_ms > 2500;
}

static void let_one_out(struct world *w, const char *plate, size_t opened)
{
    static uint16_t sequence;
    const struct command opens = {COMMAND_OPEN, opened, 2};
    const struct timespec drive = {.tv_nsec = 250000000};
    set_unit_inputs(w, 2, A, 0);
    server_set_plate(w->gate, 2, sequence += 2, plate);
    wait_until(w, executed, &opens);
    set_unit_inputs(w, 2, UP, DOWN);
    set_unit_inputs(w, 2, B, 0);
    nanosleep(&drive, NULL); /* the car's own time under the arm */
    set_unit_inputs(w, 2, C, A);
    nanosleep(&drive, NULL);
    set_unit_inputs(w, 2, 0, B);
    nanosleep(&drive, NULL);
    set_unit_inputs(w, 2, 0, C);
    const struct command closes = {COMMAND_CLOSE, opened + 1, 2};
    wait_until(w, executed, &closes);
    set_unit_inputs(w, 2, DOWN, UP);
    nanosleep(&drive, NULL);
}

static void fills_up_and_has_room_again(void **state)
{
    static const bool yes = true;
    static const int64_t enough = 20;
    struct world *w = *state;
    give_spaces(w);
    wait_until(w, many_events, &enough);
    set_inputs(w, 0, A);

    leave_room(LIMIT * 15 / 100); /* 85 % */
    wait_until(w, saw, "the journal's storage is 8");
    wait_until(w, few_rows, NULL); /* acknowledged ones go at once */
    let_one_out(w, "AA11", 1);
    assert_true(double_saw(w->cloud, "\"plate\":\"AA11\",\"raw\":")); /* credential.read */

    leave_room(LIMIT * 3 / 100); /* 97 % */
    const struct timespec look = {.tv_sec = 2, .tv_nsec = 500000000};
    nanosleep(&look, NULL); /* two looks of the host, which say nothing */
    let_one_out(w, "BB22", 3);
    wait_until(w, saw, "\"plate\":\"BB22\"");
    assert_false(double_saw(w->cloud, "\"plate\":\"BB22\",\"raw\":"));

    w->cut = true; /* what is acknowledged makes room, so nothing is */
    wait_until(w, reserve_is_freed, NULL);
    wait_until(w, nothing_more_is_recorded, NULL);
    let_one_out(w, "CC33", 5); /* an exit opens, and nobody is trapped */
    const struct command entry = {COMMAND_OPEN, 1, 1};
    set_inputs(w, A, 0);
    server_set_plate(w->gate, 1, 2, "DD44");
    let_one_out(w, "EE55", 7);
    assert_false(executed(w, &entry)); /* and nobody is admitted */
    assert_false(double_saw(w->cloud, "CC33"));

    give_back();
    w->cut = false;
    wait_until(w, saw, "nothing could be committed for");
    wait_until(w, executed, &entry);
    wait_until(w, saw, "crossings that could not be recorded");
    wait_until(w, saw, "storage nearly full: ");
    wait_until(w, saw, "\"alarm\":\"disk\",\"active\":false");
    wait_until(w, reserve_is, &yes);
    assert_int_equal(end_edge(w, SIGTERM), 0);
}

/* Of this process (and who it starts), or of another one. */
static void limit_files(pid_t process, bool limited)
{
    struct rlimit r;
    assert_int_equal(prlimit(process, RLIMIT_FSIZE, NULL, &r), 0);
    r.rlim_cur = limited ? 1 : r.rlim_max;
    assert_int_equal(prlimit(process, RLIMIT_FSIZE, &r, NULL), 0);
}

static void remount(unsigned long flags)
{
    assert_int_equal(mount("disk", folder, "tmpfs", MS_REMOUNT | flags, "size=8m,mode=0700"), 0);
}

static void start_without_writing(struct world *w)
{
    if (mounted)
        remount(MS_RDONLY);
    else
        limit_files(0, true);
    start_edge(w);
    if (!mounted)
        limit_files(0, false);
}

/* The exit opens; when the disk can be written again the agent ends, and its start takes it up. */
static void starts_on_a_read_only_file_system(void **state)
{
    struct world *w = *state;
    int status;
    give_spaces(w);
    assert_int_equal(end_edge(w, SIGTERM), 0);
    start_without_writing(w);
    const struct command opens = {COMMAND_OPEN, 1, 2};
    set_unit_inputs(w, 2, A, 0);
    wait_until(w, executed, &opens);
    if (mounted)
        remount(0);
    else
        limit_files(w->edge, false);
    assert_int_equal(waitpid(w->edge, &status, 0), w->edge);
    assert_int_equal(WEXITSTATUS(status), 3);
    start_edge(w);
    wait_until(w, saw, "\"boot\":3,");
}

static int disk_set_up(void **state)
{
    (void)mkdir(folder, 0700); /* the last test took it away, unless it is mounted */
    struct world *w = world_begin(folder);
    start_edge(w);
    *state = w;
    return 0;
}

int main(int argc, char **argv)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, disk_set_up, world_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(fills_up_and_has_room_again),
        TEST(starts_on_a_read_only_file_system),
    };
    if (argc != 2)
        return 2;
    world_options.program = argv[1];
    world_options.settings = "journal_max_mib: 4\n";
    assert_non_null(mkdtemp(folder));
    mounted = mount_disk();
    if (!mounted)
        fprintf(stderr, "no file system of our own: %s\n", strerror(errno));
    int result = cmocka_run_group_tests(tests, NULL, NULL);
    if (mounted)
        umount2(folder, MNT_DETACH);
    rmdir(folder);
    return result;
}
