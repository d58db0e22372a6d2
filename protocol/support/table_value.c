#include "protocol/support/table_value.h"

#include "protocol/base/buf.h"
#include "protocol/base/id.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum { SHOWN_MAX = 40 };

static int64_t text_max(const struct row *r)
{
    int64_t room = (int64_t)r->size - 1;
    return r->max > 0 && r->max < room ? r->max : room;
}

struct expected value_expected(const struct row *r)
{
    struct expected e;
    struct buf b = buf_of(e.text, sizeof e.text);
    switch (r->type) {
    case ROW_BOOL: buf_adds(&b, "true or false"); break;
    case ROW_INT:
        buf_addf(&b, "a whole number from %" PRId64 " to %" PRId64, r->min, r->max);
        break;
    case ROW_TEXT:
        buf_addf(&b, "text of %" PRId64 " to %" PRId64 " bytes", r->min, text_max(r));
        break;
    case ROW_NAME: buf_adds(&b, "a name of 1 to 31 characters a-z, 0-9 and -"); break;
    case ROW_ENUM:
        buf_adds(&b, "one of ");
        for (size_t i = 0; r->choices[i]; i++)
            buf_addf(&b, "%s%s", i ? ", " : "", r->choices[i]);
        break;
    case ROW_TABLE: buf_adds(&b, "a table"); break;
    case ROW_LIST:
        buf_addf(&b, "a list of %" PRId64 " to %" PRId64 " items", r->min, r->max);
        break;
    }
    return e;
}

static bool is_plain_text(const char *text, size_t len)
{
    for (size_t i = 0; i < len;) {
        utf8proc_int32_t c;
        utf8proc_ssize_t n =
            utf8proc_iterate((const utf8proc_uint8_t *)text + i, (utf8proc_ssize_t)(len - i), &c);
        if (n <= 0 || utf8proc_category(c) == UTF8PROC_CATEGORY_CC)
            return false;
        i += (size_t)n;
    }
    return true;
}

/* The start of a value that may be anything, fit for a message. */
static struct expected shown(const struct node *n)
{
    struct expected e;
    struct buf b = buf_of(e.text, sizeof e.text);
    size_t len = n->len < SHOWN_MAX ? n->len : SHOWN_MAX;
    while (len < n->len && ((unsigned char)n->text[len] & 0xc0) == 0x80)
        len--;
    if (n->text && n->kind != NODE_NULL && is_plain_text(n->text, len))
        buf_addf(&b, "\"%.*s%s\"", (int)len, n->text, len < n->len ? "..." : "");
    else
        buf_adds(&b, n->kind == NODE_LIST    ? "a list"
                     : n->kind == NODE_TABLE ? "a table"
                     : n->kind == NODE_NULL  ? "nothing"
                                             : "text with control characters");
    return e;
}

enum err value_refuse(struct table_error *ret_error, const struct node *n, const char *path,
                      const char *expected)
{
    return table_refuse(ret_error, n->line, path, "found %s, expected %s", shown(n).text, expected);
}

static bool read_bool(const struct node *n, unsigned char *to)
{
    bool v = n->text && strcmp(n->text, "true") == 0;
    if (n->kind != NODE_PLAIN && n->kind != NODE_BOOL)
        return false;
    if (!v && strcmp(n->text, "false") != 0)
        return false;
    memcpy(to, &v, sizeof v);
    return true;
}

/* Decimal as one writes it: no plus, no leading zero (octal in YAML 1.1), nothing behind. */
static bool read_int(const struct node *n, int64_t min, int64_t max, unsigned char *to)
{
    if (n->kind != NODE_PLAIN && n->kind != NODE_INT)
        return false;
    const char *digits = n->text + (n->text[0] == '-');
    size_t len = strlen(digits);
    if (len < 1 || len > 19 || strspn(digits, "0123456789") != len || strlen(n->text) != n->len ||
        (digits[0] == '0' && n->len > 1))
        return false;
    errno = 0;
    int64_t v = strtoll(n->text, NULL, 10);
    if (errno != 0 || v < min || v > max)
        return false;
    memcpy(to, &v, sizeof v);
    return true;
}

static bool read_text(const struct node *n, size_t min, size_t max, unsigned char *to)
{
    if (n->kind != NODE_PLAIN && n->kind != NODE_TEXT)
        return false;
    if (n->len < min || n->len > max || !is_plain_text(n->text, n->len))
        return false;
    memcpy(to, n->text, n->len + 1);
    return true;
}

static bool read_name(const struct node *n, unsigned char *to)
{
    struct name v;
    if (n->kind != NODE_PLAIN && n->kind != NODE_TEXT)
        return false;
    if (name_parse(n->text, n->len, &v) != ERR_OK)
        return false;
    memcpy(to, &v, sizeof v);
    return true;
}

static bool read_choice(const struct row *r, const struct node *n, unsigned char *to)
{
    if (n->kind != NODE_PLAIN && n->kind != NODE_TEXT)
        return false;
    for (int i = 0; r->choices[i]; i++)
        if (strlen(n->text) == n->len && strcmp(n->text, r->choices[i]) == 0) {
            memcpy(to, &i, sizeof i);
            return true;
        }
    return false;
}

static bool read_scalar(const struct row *r, const struct node *n, bool bounded, unsigned char *to)
{
    unsigned char *at = to + r->offset;
    size_t room = r->size > 0 ? r->size - 1 : 0;
    switch (r->type) {
    case ROW_BOOL: return read_bool(n, at);
    case ROW_INT:
        return read_int(n, bounded ? r->min : INT64_MIN, bounded ? r->max : INT64_MAX, at);
    case ROW_TEXT:
        return read_text(n, bounded ? (size_t)r->min : 0, bounded ? (size_t)text_max(r) : room, at);
    case ROW_NAME: return read_name(n, at) || (!bounded && n->len == 0);
    case ROW_ENUM: return read_choice(r, n, at);
    case ROW_TABLE:
    case ROW_LIST: break;
    }
    return false;
}

enum err value_read(const struct row *r, const struct node *n, const char *path,
                    struct table_error *ret_error, unsigned char *to)
{
    if (read_scalar(r, n, true, to))
        return ERR_OK;
    return value_refuse(ret_error, n, path, value_expected(r).text);
}

enum err value_default(const struct row *r, const char *path, struct table_error *ret_error,
                       unsigned char *to)
{
    size_t len = strlen(r->dflt);
    char *text = strdup(r->dflt);
    const struct node n = {.kind = NODE_PLAIN, .text = text, .len = len};
    bool ok = text && read_scalar(r, &n, false, to);
    free(text);
    if (ok)
        return ERR_OK;
    return table_refuse(ret_error, 0, path, "the default of the program is wrong");
}
