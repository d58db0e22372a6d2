#include "cloud/ctl/print.h"

#include "protocol/base/money.h"
#include "protocol/support/memory.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

const char *print_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

json_int_t print_int(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

bool print_flag(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

/* The next character of UTF-8 text (main chose a UTF-8 locale); its bytes into *ret_bytes. A byte that is
 * no character counts as a control character. */
static wchar_t next_point(const char *text, size_t *ret_bytes)
{
    wchar_t point = 0;
    mbstate_t state = {0};
    size_t n = mbrtowc(&point, text, strlen(text), &state);
    bool good = n != (size_t)-1 && n != (size_t)-2 && n > 0;
    *ret_bytes = good ? n : 1;
    return good ? point : 0;
}

void print_safe(FILE *out, const char *text)
{
    while (*text != '\0') {
        size_t bytes;
        wchar_t point = next_point(text, &bytes);
        if (point < 0x20 || (point >= 0x7F && point <= 0x9F))
            fputc('?', out);
        else
            fwrite(text, 1, bytes, out);
        text += bytes;
    }
}

void print_json(const json_t *document)
{
    json_dumpf(document, stdout, JSON_INDENT(2));
    printf("\n");
}

void print_money(const json_t *object, const char *key, const char *currency, char *ret,
                 size_t size)
{
    char text[MONEY_TEXT_SIZE] = "-";
    const json_t *value = json_object_get(object, key);
    struct money m = {.minor = json_integer_value(value)};
    if (json_is_integer(value) && currency_parse(currency, strlen(currency), &m.currency) == ERR_OK)
        money_format(m, text);
    snprintf(ret, size, "%s", text);
}

/* ---- tables ---- */

struct print_table {
    size_t columns, count;
    char **cells;
};

static size_t width_of(const char *text)
{
    size_t width = 0;
    while (*text != '\0') {
        size_t bytes;
        int w = wcwidth(next_point(text, &bytes));
        width += w > 0 ? (size_t)w : 0;
        text += bytes;
    }
    return width;
}

struct print_table *print_table_new(size_t columns)
{
    struct print_table *t = mem_alloc(sizeof *t);
    t->columns = columns;
    return t;
}

void print_cell(struct print_table *t, const char *format, ...)
{
    char text[512];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    t->cells = mem_resize(t->cells, (t->count + 1) * sizeof *t->cells);
    t->cells[t->count++] = mem_text(text[0] != '\0' ? text : "-");
}

static size_t column_width(const struct print_table *t, size_t column)
{
    size_t widest = 0;
    for (size_t i = column; i < t->count; i += t->columns) {
        size_t width = width_of(t->cells[i]);
        widest = width > widest ? width : widest;
    }
    return widest;
}

void print_table_end(struct print_table *t)
{
    for (size_t i = 0; i < t->count; i++) {
        size_t column = i % t->columns;
        print_safe(stdout, t->cells[i]);
        if (column + 1 == t->columns || i + 1 == t->count)
            printf("\n");
        else
            printf("%*s", (int)(column_width(t, column) - width_of(t->cells[i]) + 2), "");
    }
    for (size_t i = 0; i < t->count; i++)
        free(t->cells[i]);
    free(t->cells);
    free(t);
}
