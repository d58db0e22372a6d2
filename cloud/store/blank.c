#include "cloud/store/blank.h"

#include "protocol/base/buf.h"

#include <stdbool.h>
#include <string.h>

/* Where the text that begins behind bytes[at] == '"' ends: at its closing quote, or at `len`. */
static size_t end_of_text(const char *bytes, size_t len, size_t at)
{
    for (at++; at < len && bytes[at] != '"'; at++)
        if (bytes[at] == '\\')
            at++;
    return at < len ? at : len;
}

static size_t skip_space(const char *bytes, size_t len, size_t at)
{
    while (at < len && strchr(" \t\r\n", bytes[at]) != NULL && bytes[at] != '\0')
        at++;
    return at;
}

static bool is_named(const char *bytes, size_t from, size_t to)
{
    static const char *const names[] = {"plate", "raw"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (to - from == strlen(names[i]) && memcmp(bytes + from, names[i], to - from) == 0)
            return true;
    return false;
}

/* The opening quote of the value of a member whose name ends at `end`; `len` if it has no text value. */
static size_t value_of(const char *bytes, size_t len, size_t end)
{
    size_t at = skip_space(bytes, len, end + 1);
    if (at >= len || bytes[at] != ':')
        return len;
    at = skip_space(bytes, len, at + 1);
    return at < len && bytes[at] == '"' ? at : len;
}

enum err blank_plates(const char *bytes, size_t len,
                      void (*alias)(void *arg, const char *text, size_t len, struct buf *to),
                      void *arg, char *ret, size_t size, size_t *ret_len)
{
    struct buf b = buf_of(ret, size);
    size_t copied = 0;
    for (size_t at = 0; at < len; at++) {
        if (bytes[at] != '"')
            continue;
        size_t end = end_of_text(bytes, len, at);
        size_t value = end < len && is_named(bytes, at + 1, end) ? value_of(bytes, len, end) : len;
        if (value < len) {
            buf_add(&b, bytes + copied, value + 1 - copied);
            end = end_of_text(bytes, len, value);
            alias(arg, bytes + value + 1, end - value - 1, &b);
            copied = end;
        }
        at = end;
    }
    if (copied < len)
        buf_add(&b, bytes + copied, len - copied);
    if (b.overflow)
        return ERR_FULL;
    *ret_len = b.len;
    return ERR_OK;
}
