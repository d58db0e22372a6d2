/* See trace.h. */
#include "sim/traffic/trace.h"

#include "protocol/support/memory.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_BYTES_MAX = 64 << 20, CAPACITY_MAX = 1000000 };

static const char header[] = "timestamp,capacity,free";

static enum err fail(struct trace_error *e, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static enum err fail(struct trace_error *e, int line, const char *format, ...)
{
    va_list args;
    e->line = line;
    va_start(args, format);
    vsnprintf(e->text, sizeof e->text, format, args);
    va_end(args);
    return ERR_INVAL;
}

/* A field as text for messages: bounded, so that a line of garbage stays readable. */
static int shown(size_t len)
{
    return len > 40 ? 40 : (int)len;
}

static enum err read_count(const char *text, size_t len, int32_t min, int32_t max, int32_t *ret)
{
    int64_t v = 0;
    if (len == 0 || len > 7)
        return ERR_INVAL;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return ERR_INVAL;
        v = v * 10 + (text[i] - '0');
    }
    if (v < min || v > max)
        return ERR_INVAL;
    *ret = (int32_t)v;
    return ERR_OK;
}

static enum err read_row(const char *text, size_t len, int line, const struct trace_row *before,
                         struct trace_row *ret, struct trace_error *e)
{
    const char *field[3] = {text};
    size_t size[3] = {0};
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] != ',') {
            size[n]++;
            continue;
        }
        if (++n == 3)
            return fail(e, line, "more than 3 fields");
        field[n] = text + i + 1;
    }
    if (n != 2)
        return fail(e, line, "%zu fields, expected 3: %s", n + 1, header);
    struct trace_row row;
    if (timestamp_parse(field[0], size[0], &row.time) != ERR_OK)
        return fail(e, line, "\"%.*s\" is not an RFC 3339 timestamp", shown(size[0]), field[0]);
    if (before != NULL && row.time.v <= before->time.v)
        return fail(e, line, "\"%.*s\" is not after the row before", shown(size[0]), field[0]);
    if (read_count(field[1], size[1], 1, CAPACITY_MAX, &row.capacity) != ERR_OK)
        return fail(e, line, "capacity \"%.*s\" is not 1..%d", shown(size[1]), field[1],
                    CAPACITY_MAX);
    if (read_count(field[2], size[2], 0, row.capacity, &row.free) != ERR_OK)
        return fail(e, line, "free \"%.*s\" is not 0..%d", shown(size[2]), field[2],
                    (int)row.capacity);
    *ret = row;
    return ERR_OK;
}

static enum err append(struct trace *t, size_t *room, const struct trace_row *row, int line,
                       struct trace_error *e)
{
    if (t->count == TRACE_ROWS_MAX)
        return fail(e, line, "more than %d rows", TRACE_ROWS_MAX);
    if (t->count == *room) {
        *room = *room > 0 ? *room * 2 : 256;
        t->rows = mem_resize(t->rows, *room * sizeof *t->rows);
    }
    t->rows[t->count++] = *row;
    return ERR_OK;
}

static enum err parse_lines(const char *text, size_t len, struct trace *t, struct trace_error *e)
{
    size_t room = 0;
    int line = 0;
    for (size_t at = 0; at < len;) {
        const char *end = memchr(text + at, '\n', len - at);
        size_t next = end != NULL ? (size_t)(end - text) + 1 : len;
        size_t size = end != NULL ? next - at - 1 : next - at;
        if (size > 0 && text[at + size - 1] == '\r')
            size--;
        line++;
        if (line == 1) {
            if (size != sizeof header - 1 || memcmp(text + at, header, size) != 0)
                return fail(e, 1, "expected the header %s", header);
        } else {
            struct trace_row row;
            TRY(read_row(text + at, size, line, t->count > 0 ? &t->rows[t->count - 1] : NULL, &row,
                         e));
            TRY(append(t, &room, &row, line, e));
        }
        at = next;
    }
    if (t->count == 0)
        return fail(e, line, "no rows");
    return ERR_OK;
}

enum err trace_parse(const char *text, size_t len, struct trace *ret, struct trace_error *ret_error)
{
    struct trace t = {0};
    enum err err = parse_lines(text, len, &t, ret_error);
    if (err != ERR_OK) {
        trace_free(&t);
        return err;
    }
    *ret = t;
    return ERR_OK;
}

enum err trace_read(const char *file, struct trace *ret, struct trace_error *ret_error)
{
    FILE *f = fopen(file, "rbe");
    if (f == NULL) {
        fail(ret_error, 0, "cannot be opened: %s", strerror(errno));
        return ERR_NOTFOUND;
    }
    char *text = NULL;
    size_t len = 0, got;
    do {
        text = mem_resize(text, len + 65536);
        got = fread(text + len, 1, 65536, f);
        len += got;
    } while (got > 0 && len <= FILE_BYTES_MAX);
    bool broken = ferror(f) != 0;
    fclose(f);
    enum err err = ERR_NOTFOUND;
    if (broken)
        fail(ret_error, 0, "cannot be read");
    else if (len > FILE_BYTES_MAX)
        err = fail(ret_error, 0, "larger than %d bytes", FILE_BYTES_MAX);
    else
        err = trace_parse(text, len, ret, ret_error);
    free(text);
    return err;
}

void trace_free(struct trace *t)
{
    free(t->rows);
    *t = (struct trace){0};
}
