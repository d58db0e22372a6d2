/* A parsed document, before a table gives it meaning: what YAML and JSON have in common. Built by
 * table_yaml.c and table_json.c, read by table.c and yaml_json.c; nothing else uses it. */
#ifndef BOOMGATE_SUPPORT_TABLE_TREE_H
#define BOOMGATE_SUPPORT_TABLE_TREE_H

#include "protocol/support/table.h"

#include <stddef.h>

enum { TREE_DEPTH_MAX = 16, TREE_BYTES_MAX = 1 << 20 };

enum node_kind {
    NODE_PLAIN, /* an unquoted YAML scalar: may be read as any type */
    NODE_TEXT,
    NODE_INT,
    NODE_BOOL,
    NODE_NULL,
    NODE_OTHER, /* a JSON number with a fraction */
    NODE_LIST,
    NODE_TABLE
};

struct node {
    enum node_kind kind;
    int line;              /* 0: unknown */
    char *key;             /* of a member of a table; else NULL */
    char *text;            /* a scalar as written, NUL-terminated; else NULL */
    size_t len;            /* of text, which may hold NULs */
    struct node *children; /* of a list or table, in the order of the document */
    size_t count;
};

/* A new, empty child of `parent`; the pointers to earlier children are void after it. */
struct node *node_add(struct node *parent, enum node_kind kind, int line);

/* Frees what is in the node, not the node. */
void node_free(struct node *n);

/* Both fill an all-zero `ret` as far as they get; node_free it in any case. */
enum err tree_read_yaml(const char *text, size_t len, struct node *ret,
                        struct table_error *ret_error);
enum err tree_read_json(const char *text, size_t len, struct node *ret,
                        struct table_error *ret_error);

/* Writes an error and returns ERR_INVAL. */
enum err table_refuse(struct table_error *ret_error, int line, const char *path, const char *format,
                      ...) __attribute__((format(printf, 4, 5)));

#endif
