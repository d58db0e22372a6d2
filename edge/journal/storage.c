/* The journal and its disk: the budget and the reserve (J6), damaged files (J5). */
#include "edge/journal/journal_internal.h"

#include "protocol/base/buf.h"
#include "protocol/support/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Of the budget: 14/16 the file, 1/16 the reserve, 1/16 the write-ahead log, which is moved into the
 * file when it has used half of that. */
enum { SHARES = 16, FILE_SHARES = 14, PAGES_MIN = 64, ASIDE_KEPT = 3 };

static const char *const companions[] = {"", "-wal", "-shm"};
enum { COMPANIONS = sizeof companions / sizeof companions[0] };

/* --- the reserve --- */

static void reserve_path(const struct journal *j, char *ret)
{
    struct buf b = buf_of(ret, JOURNAL_PATH_SIZE);
    buf_addf(&b, "%s.reserve", j->file);
}

static void make_reserve(struct journal *j)
{
    char path[JOURNAL_PATH_SIZE];
    reserve_path(j, path);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int code = fd < 0 ? errno : posix_fallocate(fd, 0, j->reserve_pages * JOURNAL_PAGE_BYTES);
    if (fd >= 0)
        close(fd);
    j->reserve = code == 0;
    if (j->reserve)
        return;
    unlink(path);
    log_warn("journal.no_reserve", LT("file", path), LT("reason", strerror(code)));
}

/* True if there was one. */
static bool free_reserve(struct journal *j)
{
    char path[JOURNAL_PATH_SIZE];
    if (!j->reserve)
        return false;
    reserve_path(j, path);
    j->reserve = false;
    if (unlink(path) != 0)
        log_error("journal.reserve", LT("file", path), LT("reason", strerror(errno)));
    log_error("journal.reserve_freed", LN("bytes", j->reserve_pages * JOURNAL_PAGE_BYTES));
    journal_apply_budget(j);
    return true;
}

/* --- the budget --- */

static int64_t page_limit(const struct journal *j)
{
    return j->budget_pages * FILE_SHARES / SHARES + (j->reserve ? 0 : j->reserve_pages);
}

enum err journal_apply_budget(struct journal *j)
{
    char sql[64];
    if (j->budget_pages == 0 || !j->db)
        return ERR_OK;
    snprintf(sql, sizeof sql, "PRAGMA max_page_count=%lld", (long long)page_limit(j));
    return db_exec(j->db, sql);
}

void journal_budget(struct journal *j, int64_t max_bytes)
{
    int64_t pages = max_bytes / JOURNAL_PAGE_BYTES;
    j->budget_pages = pages > PAGES_MIN ? pages : PAGES_MIN;
    j->reserve_pages = j->budget_pages / SHARES;
    int64_t checkpoint = j->reserve_pages / 2;
    j->checkpoint_pages =
        checkpoint < JOURNAL_CHECKPOINT_PAGES ? (int)checkpoint : JOURNAL_CHECKPOINT_PAGES;
    make_reserve(j);
    journal_apply_budget(j);
}

static enum err read_figure(sqlite3_stmt *s, int64_t *ret)
{
    bool row = false;
    enum err e = db_step(s, &row);
    if (e == ERR_OK && row)
        *ret = sqlite3_column_int64(s, 0);
    sqlite3_reset(s);
    return e == ERR_OK && !row ? ERR_IO : e;
}

/* What the disk can still take, and what the file will take of it when the log is moved into it. */
static int64_t disk_room(const struct journal *j, int64_t file_bytes)
{
    struct statvfs v;
    struct stat st;
    if (statvfs(j->file, &v) != 0 || stat(j->file, &st) != 0)
        return INT64_MAX; /* no word from the disk: the budget alone decides */
    int64_t waiting = file_bytes > st.st_size ? file_bytes - st.st_size : 0;
    return (int64_t)v.f_bavail * (int64_t)v.f_frsize - waiting;
}

enum err journal_fill(struct journal *j, struct journal_fill *ret)
{
    int64_t pages = 0, empty = 0;
    if (!j->db || j->damaged)
        return ERR_IO;
    TRY(journal_note(j, read_figure(j->page_count, &pages)));
    TRY(journal_note(j, read_figure(j->free_count, &empty)));
    int64_t inside = empty * JOURNAL_PAGE_BYTES;
    int64_t disk = disk_room(j, pages * JOURNAL_PAGE_BYTES);
    int64_t room = disk > INT64_MAX - inside ? INT64_MAX : disk + inside;
    int64_t used = (pages - empty) * JOURNAL_PAGE_BYTES;
    int64_t limit = j->budget_pages * FILE_SHARES / SHARES * JOURNAL_PAGE_BYTES;
    if (limit > 0 && limit - used < room)
        room = limit - used;
    *ret = (struct journal_fill){.used_bytes = used,
                                 .room_bytes = room > 0 ? room : 0,
                                 .limit_bytes = limit,
                                 .reserve = j->reserve};
    return ERR_OK;
}

void journal_restore_reserve(struct journal *j)
{
    if (j->reserve || j->reserve_pages == 0 ||
        disk_room(j, 0) < 2 * j->reserve_pages * JOURNAL_PAGE_BYTES)
        return;
    j->full = false;
    make_reserve(j);
    journal_apply_budget(j);
}

/* --- damaged files --- */

/* Where the folder ends and the name begins. */
static const char *split(const struct journal *j, char *ret_folder)
{
    const char *slash = strrchr(j->file, '/');
    size_t len = slash ? (size_t)(slash - j->file) : 0;
    memcpy(ret_folder, slash ? j->file : ".", slash ? len : 1);
    ret_folder[slash ? (len > 0 ? len : 1) : 1] = '\0';
    return slash ? slash + 1 : j->file;
}

static void remove_with_companions(const char *folder, const char *name)
{
    for (size_t i = 0; i < COMPANIONS; i++) {
        char path[2 * JOURNAL_PATH_SIZE];
        struct buf b = buf_of(path, sizeof path);
        buf_addf(&b, "%s/%s%s", folder, name, companions[i]);
        if (!b.overflow && unlink(path) != 0 && errno != ENOENT)
            log_warn("journal.aside_kept", LT("file", path), LT("reason", strerror(errno)));
    }
}

/* Names carry their time: the oldest is the first in their order. Returns how many there are. */
static size_t find_oldest(const char *folder, const char *prefix, char *ret_name)
{
    DIR *d = opendir(folder);
    size_t count = 0, len = strlen(prefix);
    struct dirent *f;
    ret_name[0] = '\0';
    while (d && (f = readdir(d))) {
        size_t whole = strlen(f->d_name);
        if (strncmp(f->d_name, prefix, len) != 0 || strchr(f->d_name + len, '-') ||
            whole >= JOURNAL_PATH_SIZE)
            continue;
        count++;
        if (ret_name[0] == '\0' || strcmp(f->d_name, ret_name) < 0)
            memcpy(ret_name, f->d_name, whole + 1);
    }
    if (d)
        closedir(d);
    return count;
}

/* A storage that damages file after file must not fill up with them. */
static void remove_oldest(const struct journal *j)
{
    char folder[JOURNAL_PATH_SIZE], prefix[JOURNAL_PATH_SIZE], oldest[JOURNAL_PATH_SIZE];
    const char *name = split(j, folder);
    struct buf b = buf_of(prefix, sizeof prefix);
    buf_addf(&b, "%s.damaged.", name);
    while (!b.overflow && find_oldest(folder, prefix, oldest) >= ASIDE_KEPT)
        remove_with_companions(folder, oldest);
}

static void sync_folder(const struct journal *j)
{
    char folder[JOURNAL_PATH_SIZE];
    split(j, folder);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

/* "journal.db.damaged.<wall ms>"; a name that is taken gets the next millisecond. */
static enum err name_aside(struct journal *j)
{
    int64_t at = clock_now(&j->clock).wall.v;
    for (int tries = 0; tries < 1000; tries++, at++) {
        struct buf b = buf_of(j->aside_file, sizeof j->aside_file);
        buf_addf(&b, "%s.damaged.%013lld", j->file, (long long)at);
        if (!b.overflow && access(j->aside_file, F_OK) != 0)
            return ERR_OK;
    }
    j->aside_file[0] = '\0';
    return ERR_IO;
}

/* Statuses of an earlier boot are told from later ones by their number, so the number may not go
 * back. Where it is lost, minutes since 2026 are more than any agent was started. */
static int64_t next_boot(const struct journal *j)
{
    static const int64_t year_2026_ms = 1767225600000;
    int64_t minutes = (clock_now(&j->clock).wall.v - year_2026_ms) / 60000;
    return minutes > j->memory.boot ? minutes : j->memory.boot;
}

enum err journal_put_aside(struct journal *j)
{
    j->boot_before = next_boot(j);
    remove_oldest(j);
    TRY(name_aside(j));
    for (size_t i = 0; i < COMPANIONS; i++) {
        char from[2 * JOURNAL_PATH_SIZE], to[2 * JOURNAL_PATH_SIZE];
        snprintf(from, sizeof from, "%s%s", j->file, companions[i]);
        snprintf(to, sizeof to, "%s%s", j->aside_file, companions[i]);
        if (rename(from, to) != 0 && errno != ENOENT) {
            log_error("journal.set_aside", LT("file", from), LT("reason", strerror(errno)));
            return ERR_IO;
        }
    }
    sync_folder(j);
    j->damaged = false;
    log_error("journal.damaged", LT("file", j->file), LT("set_aside_as", j->aside_file));
    return ERR_OK;
}

const char *journal_aside(const struct journal *j)
{
    return j->aside_file;
}

enum err journal_recover(struct journal *j)
{
    if (j->open_turn)
        journal_port(j).rollback(j);
    if (j->full)
        free_reserve(j);
    j->full = false;
    if (j->db && !j->damaged)
        return ERR_OK;
    journal_disconnect(j);
    if (j->damaged)
        TRY(journal_put_aside(j));
    j->broken = false;
    return journal_connect(j);
}
