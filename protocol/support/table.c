/* Reads a tree through a table of rows: T1 to T3 of table.h. */
#include "protocol/support/table.h"

#include "protocol/base/buf.h"
#include "protocol/support/memory.h"
#include "protocol/support/table_tree.h"
#include "protocol/support/table_value.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = sizeof((struct table_error *)0)->path, KEY_SHOWN_MAX = 40 };

enum err table_refuse(struct table_error *ret_error, int line, const char *path, const char *format,
                      ...)
{
    struct table_error e = {.line = line};
    va_list ap;
    snprintf(e.path, sizeof e.path, "%s", path);
    va_start(ap, format);
    vsnprintf(e.text, sizeof e.text, format, ap);
    va_end(ap);
    *ret_error = e;
    return ERR_INVAL;
}

struct node *node_add(struct node *parent, enum node_kind kind, int line)
{
    /* Room for 1, 2, 4, 8, ...: grown when the count is a power of two. */
    if ((parent->count & (parent->count - 1)) == 0)
        parent->children = mem_resize(parent->children, (parent->count ? parent->count * 2 : 1) *
                                                            sizeof *parent->children);
    struct node *n = &parent->children[parent->count++];
    *n = (struct node){.kind = kind, .line = line};
    return n;
}

void node_free(struct node *n)
{
    for (size_t i = 0; i < n->count; i++)
        node_free(&n->children[i]);
    free(n->children);
    free(n->key);
    free(n->text);
}

/* Where in the document reading is. */
struct place {
    char text[PATH_SIZE];
    struct table_error *error;
};

/* The key may be anything, as long as anything: it is shortened between characters, and what does not
 * print is replaced. */
static struct place inside(const struct place *p, const char *key)
{
    struct place in = {.error = p->error};
    char shown[KEY_SHOWN_MAX + 1];
    size_t len = strnlen(key, KEY_SHOWN_MAX);
    while (key[len] != '\0' && ((unsigned char)key[len] & 0xc0) == 0x80)
        len--;
    for (size_t i = 0; i < len; i++)
        shown[i] = (unsigned char)key[i] < ' ' || key[i] == 0x7f ? '?' : key[i];
    shown[len] = '\0';
    struct buf b = buf_of(in.text, sizeof in.text);
    buf_adds(&b, p->text);
    buf_addf(&b, "%s%s", p->text[0] ? "." : "", shown);
    return in;
}

static struct place at_index(const struct place *p, size_t index)
{
    struct place in = {.error = p->error};
    struct buf b = buf_of(in.text, sizeof in.text);
    buf_addf(&b, "%s[%zu]", p->text, index);
    return in;
}

static enum err refuse_as_table(struct table_error *ret_error, const struct node *n,
                                const char *path, const struct table *t)
{
    char expected[64];
    snprintf(expected, sizeof expected, "a table (%s)", t->name);
    return value_refuse(ret_error, n, path, expected);
}

static enum err fill_table(const struct table *t, const struct node *n, const struct place *p,
                           int line, unsigned char *to);

static enum err fill_list(const struct row *r, const struct node *n, const struct place *p,
                          unsigned char *to)
{
    if (n->kind != NODE_LIST)
        return value_refuse(p->error, n, p->text, "a list");
    if ((int64_t)n->count < r->min || (int64_t)n->count > r->max)
        return table_refuse(p->error, n->line, p->text, "found %zu items, expected %lld to %lld",
                            n->count, (long long)r->min, (long long)r->max);
    for (size_t i = 0; i < n->count; i++) {
        struct place in = at_index(p, i);
        const struct node *item = &n->children[i];
        if (item->kind != NODE_TABLE)
            return refuse_as_table(p->error, item, in.text, r->table);
        TRY(fill_table(r->table, item, &in, item->line, to + r->offset + i * r->size));
    }
    memcpy(to + r->count_offset, &n->count, sizeof n->count);
    return ERR_OK;
}

static enum err fill_row(const struct row *r, const struct node *n, const struct place *p,
                         unsigned char *to)
{
    switch (r->type) {
    case ROW_LIST: return fill_list(r, n, p, to);
    case ROW_TABLE:
        if (n->kind != NODE_TABLE)
            return refuse_as_table(p->error, n, p->text, r->table);
        return fill_table(r->table, n, p, n->line, to + r->offset);
    default: return value_read(r, n, p->text, p->error, to);
    }
}

/* T2. `line` is that of the table the row is missing from. */
static enum err fill_default(const struct row *r, const struct place *p, int line,
                             unsigned char *to)
{
    static const struct node empty = {.kind = NODE_TABLE};
    if (r->type == ROW_TABLE)
        return fill_table(r->table, &empty, p, line, to + r->offset);
    if (!r->dflt)
        return table_refuse(p->error, line, p->text, "missing, expected %s",
                            value_expected(r).text);
    if (r->type == ROW_LIST)
        return ERR_OK;
    return value_default(r, p->text, p->error, to);
}

static const struct row *find(const struct table *t, const char *key)
{
    for (size_t i = 0; i < t->row_count; i++)
        if (strcmp(t->rows[i].key, key) == 0)
            return &t->rows[i];
    return NULL;
}

static enum err unknown_key(const struct table *t, const struct node *n, const struct place *p)
{
    char known[128];
    struct buf b = buf_of(known, sizeof known);
    for (size_t i = 0; i < t->row_count; i++)
        buf_addf(&b, "%s%s", i ? ", " : "", t->rows[i].key);
    return table_refuse(p->error, n->line, p->text, "unknown key, expected one of %s%s", known,
                        b.overflow ? ", ..." : "");
}

static enum err fill_table(const struct table *t, const struct node *n, const struct place *p,
                           int line, unsigned char *to)
{
    const struct node *from[TABLE_ROWS_MAX] = {NULL};
    if (t->row_count > TABLE_ROWS_MAX)
        return table_refuse(p->error, line, p->text, "more than %d rows in a table of the program",
                            TABLE_ROWS_MAX);
    if (t->keeps_line)
        memcpy(to + t->line_offset, &line, sizeof line);
    for (size_t i = 0; i < n->count; i++) {
        const struct node *child = &n->children[i];
        const struct row *r = find(t, child->key);
        struct place in = inside(p, child->key);
        if (!r)
            return unknown_key(t, child, &in);
        if (from[r - t->rows])
            return table_refuse(p->error, child->line, in.text,
                                "found twice, first in line %d, expected once",
                                from[r - t->rows]->line);
        from[r - t->rows] = child;
    }
    for (size_t i = 0; i < t->row_count; i++) {
        const struct row *r = &t->rows[i];
        struct place in = inside(p, r->key);
        TRY(from[i] ? fill_row(r, from[i], &in, to) : fill_default(r, &in, line, to));
    }
    return ERR_OK;
}

/* T3: everything happens in a copy. */
static enum err read_tree(const struct node *root, const struct table *t, void *ret,
                          struct table_error *ret_error)
{
    struct place p = {.error = ret_error};
    const struct node *n = &root->children[0];
    if (n->kind != NODE_TABLE)
        return refuse_as_table(ret_error, n, "", t);
    unsigned char *copy = mem_alloc(t->struct_size);
    enum err e = fill_table(t, n, &p, n->line, copy);
    if (e == ERR_OK)
        memcpy(ret, copy, t->struct_size);
    free(copy);
    return e;
}

typedef enum err (*tree_reader)(const char *text, size_t len, struct node *ret,
                                struct table_error *ret_error);

static enum err read_with(tree_reader reader, const char *text, size_t len, const struct table *t,
                          void *ret, struct table_error *ret_error)
{
    struct node root = {0};
    if (len > TREE_BYTES_MAX)
        return table_refuse(ret_error, 0, "", "longer than 1 MiB");
    enum err e = reader(text, len, &root, ret_error);
    if (e == ERR_OK)
        e = read_tree(&root, t, ret, ret_error);
    node_free(&root);
    return e;
}

enum err table_read_yaml_text(const char *text, size_t len, const struct table *t, void *ret,
                              struct table_error *ret_error)
{
    return read_with(tree_read_yaml, text, len, t, ret, ret_error);
}

enum err table_read_json(const char *text, size_t len, const struct table *t, void *ret,
                         struct table_error *ret_error)
{
    return read_with(tree_read_json, text, len, t, ret, ret_error);
}

enum err table_read_yaml(const char *file, const struct table *t, void *ret,
                         struct table_error *ret_error)
{
    FILE *f = fopen(file, "rbe");
    if (!f) {
        table_refuse(ret_error, 0, "", "cannot be opened: %s", strerror(errno));
        return ERR_NOTFOUND;
    }
    char *text = mem_alloc(TREE_BYTES_MAX + 1);
    errno = 0;
    size_t len = fread(text, 1, TREE_BYTES_MAX + 1, f);
    enum err e = ferror(f) ? table_refuse(ret_error, 0, "", "cannot be read: %s", strerror(errno))
                           : table_read_yaml_text(text, len, t, ret, ret_error);
    fclose(f);
    free(text);
    return e;
}
