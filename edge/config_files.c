#include "edge/config_files.h"

#include "protocol/base/buf.h"
#include "protocol/support/digest.h"
#include "protocol/support/log.h"
#include "protocol/support/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file, a profile and an input module's for each of 16 lanes, a rate table, a password. */
enum { FILES_MAX = 40, FILE_BYTES_MAX = 1024 * 1024 };

/* The first line of a store, and what each document begins with: "<bytes> <path>\n". The last line is
 * the SHA-256 of all before it. */
#define FORMAT "boomgate-configuration 1\n"
enum { HEAD_SIZE = PATH_MAX + 32, SEAL_BYTES = SHA256_TEXT_SIZE - 1 + 1 };

struct config_files {
    bool kept;
    size_t count;
    struct document {
        char *path, *text;
        size_t len;
    } documents[FILES_MAX];
};

struct config_files *config_files_live(void)
{
    return mem_alloc(sizeof(struct config_files));
}

void config_files_free(struct config_files *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->count; i++) {
        free(f->documents[i].path);
        free(f->documents[i].text);
    }
    free(f);
}

static enum err add(struct config_files *f, const char *path, size_t path_len, const char *text,
                    size_t len)
{
    if (f->count == FILES_MAX)
        return ERR_FULL;
    struct document *d = &f->documents[f->count++];
    d->path = mem_copy(path, path_len);
    d->text = mem_copy(text, len);
    d->len = len;
    return ERR_OK;
}

/* --- from the disk --- */

/* Up to `max` bytes; the caller frees. NULL: it cannot be read, see errno. */
static char *read_whole(const char *path, size_t max, size_t *ret_len)
{
    enum { STEP = 16 * 1024 };
    FILE *f = fopen(path, "rbe");
    if (!f)
        return NULL;
    char *text = NULL;
    size_t len = 0, got = 1;
    errno = 0;
    while (got > 0 && len < max) {
        size_t room = max - len < STEP ? max - len : STEP;
        text = mem_resize(text, len + room);
        got = fread(text + len, 1, room, f);
        len += got;
    }
    int code = ferror(f) ? (errno != 0 ? errno : EIO) : 0;
    fclose(f);
    if (code == 0) {
        *ret_len = len;
        return text;
    }
    free(text);
    errno = code;
    return NULL;
}

static enum err read_document(struct config_files *f, const char *path)
{
    size_t len;
    char *text = read_whole(path, FILE_BYTES_MAX + 1, &len);
    if (!text)
        return ERR_NOTFOUND;
    enum err e = len > FILE_BYTES_MAX ? ERR_FULL : add(f, path, strlen(path), text, len);
    free(text);
    return e;
}

enum err config_files_get(struct config_files *f, const char *path, const char **ret_text,
                          size_t *ret_len)
{
    for (size_t i = 0; i < f->count; i++)
        if (strcmp(f->documents[i].path, path) == 0) {
            *ret_text = f->documents[i].text;
            *ret_len = f->documents[i].len;
            return ERR_OK;
        }
    if (f->kept) {
        errno = ENOENT;
        return ERR_NOTFOUND;
    }
    TRY(read_document(f, path));
    *ret_text = f->documents[f->count - 1].text;
    *ret_len = f->documents[f->count - 1].len;
    return ERR_OK;
}

/* Both were asked for in the same order, which is that of the parsing. */
bool config_files_equal(const struct config_files *a, const struct config_files *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct document *x = &a->documents[i], *y = &b->documents[i];
        if (strcmp(x->path, y->path) != 0 || x->len != y->len ||
            memcmp(x->text, y->text, x->len) != 0)
            return false;
    }
    return true;
}

/* --- kept --- */

static size_t store_bytes(const struct config_files *f)
{
    size_t bytes = sizeof FORMAT + SEAL_BYTES;
    for (size_t i = 0; i < f->count; i++)
        bytes += HEAD_SIZE + f->documents[i].len + 1;
    return bytes;
}

/* The caller frees. */
static char *write_store(const struct config_files *f, size_t *ret_len)
{
    char *store = mem_alloc(store_bytes(f)), seal[SHA256_TEXT_SIZE];
    size_t len = strlen(FORMAT);
    memcpy(store, FORMAT, len);
    for (size_t i = 0; i < f->count; i++) {
        const struct document *d = &f->documents[i];
        len += (size_t)snprintf(store + len, HEAD_SIZE, "%zu %s\n", d->len, d->path);
        memcpy(store + len, d->text, d->len);
        len += d->len;
        store[len++] = '\n';
    }
    sha256_of(store, len, seal);
    memcpy(store + len, seal, SEAL_BYTES - 1);
    len += SEAL_BYTES - 1;
    store[len++] = '\n';
    *ret_len = len;
    return store;
}

static bool write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

/* Written beside it and renamed, both to last. */
static bool replace_file(const char *path, const char *bytes, size_t len)
{
    char beside[PATH_MAX], folder[PATH_MAX];
    struct buf b = buf_of(beside, sizeof beside), dir = buf_of(folder, sizeof folder);
    buf_addf(&b, "%s.new", path);
    const char *slash = strrchr(path, '/');
    buf_addf(&dir, "%.*s", slash ? (int)(slash - path + 1) : 1, slash ? path : ".");
    if (b.overflow || dir.overflow) {
        errno = ENAMETOOLONG;
        return false;
    }
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    bool written = write_all(fd, bytes, len) && fsync(fd) == 0;
    written = close(fd) == 0 && written && rename(beside, path) == 0;
    int at = written ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (at >= 0) {
        fsync(at);
        close(at);
    }
    return written;
}

enum err config_files_keep(const struct config_files *f, const char *store)
{
    struct config_files *before = NULL;
    bool same = config_files_kept(store, &before) == ERR_OK && config_files_equal(before, f);
    size_t len;
    config_files_free(before);
    if (same)
        return ERR_OK;
    char *bytes = write_store(f, &len);
    bool kept = replace_file(store, bytes, len);
    free(bytes);
    if (kept)
        return ERR_OK;
    log_warn("config.not_kept", LT("file", store), LT("reason", strerror(errno)));
    return ERR_IO;
}

/* One document at *at; false: there is none, or it makes no sense. */
static bool take_document(struct config_files *f, const char **at, const char *end)
{
    char *number_end;
    const char *line_end = memchr(*at, '\n', (size_t)(end - *at));
    if (!line_end)
        return false;
    unsigned long len = strtoul(*at, &number_end, 10);
    const char *path = number_end + 1, *text = line_end + 1;
    if (number_end == *at || *number_end != ' ' || path >= line_end ||
        len >= (size_t)(end - text) || text[len] != '\n' ||
        add(f, path, (size_t)(line_end - path), text, len) != ERR_OK)
        return false;
    *at = text + len + 1;
    return true;
}

static bool take_store(struct config_files *f, const char *store, size_t len)
{
    char seal[SHA256_TEXT_SIZE];
    size_t head = strlen(FORMAT);
    if (len < head + SEAL_BYTES || memcmp(store, FORMAT, head) != 0)
        return false;
    const char *at = store + head, *end = store + len - SEAL_BYTES;
    sha256_of(store, len - SEAL_BYTES, seal);
    if (memcmp(end, seal, SEAL_BYTES - 1) != 0)
        return false;
    while (at < end)
        if (!take_document(f, &at, end))
            return false;
    return f->count > 0;
}

enum err config_files_kept(const char *store, struct config_files **ret)
{
    size_t len;
    char *bytes = read_whole(store, (size_t)FILES_MAX * (FILE_BYTES_MAX + HEAD_SIZE), &len);
    if (!bytes)
        return ERR_NOTFOUND;
    struct config_files *f = config_files_live();
    f->kept = true;
    bool good = take_store(f, bytes, len);
    free(bytes);
    if (good) {
        *ret = f;
        return ERR_OK;
    }
    config_files_free(f);
    log_error("config.kept_damaged", LT("file", store));
    return ERR_NOTFOUND;
}
