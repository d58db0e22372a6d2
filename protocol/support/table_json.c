/* JSON to a tree. jansson has already refused duplicate keys and what is not UTF-8. */
#include "protocol/support/json.h"
#include "protocol/support/memory.h"
#include "protocol/support/table_tree.h"

#include <inttypes.h>
#include <stdio.h>

static void take_text(struct node *n, const char *text, size_t len)
{
    n->text = mem_copy(text, len);
    n->len = len;
}

static enum err take_node(json_t *value, struct node *n, int depth, struct table_error *ret_error)
{
    char number[32];
    size_t i;
    json_t *item;
    const char *key;
    if (depth > TREE_DEPTH_MAX)
        return table_refuse(ret_error, 0, "", "nested deeper than %d levels", TREE_DEPTH_MAX);
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        n->kind = NODE_TABLE;
        json_object_foreach(value, key, item)
        {
            struct node *child = node_add(n, NODE_NULL, 0);
            child->key = mem_text(key);
            TRY(take_node(item, child, depth + 1, ret_error));
        }
        return ERR_OK;
    case JSON_ARRAY:
        n->kind = NODE_LIST;
        json_array_foreach(value, i, item)
            TRY(take_node(item, node_add(n, NODE_NULL, 0), depth + 1, ret_error));
        return ERR_OK;
    case JSON_STRING:
        n->kind = NODE_TEXT;
        take_text(n, json_string_value(value), json_string_length(value));
        return ERR_OK;
    case JSON_INTEGER:
        n->kind = NODE_INT;
        take_text(n, number,
                  (size_t)snprintf(number, sizeof number, "%" PRId64,
                                   (int64_t)json_integer_value(value)));
        return ERR_OK;
    case JSON_REAL:
        n->kind = NODE_OTHER;
        take_text(n, number, (size_t)snprintf(number, sizeof number, "%g", json_real_value(value)));
        return ERR_OK;
    case JSON_TRUE:
    case JSON_FALSE:
        n->kind = NODE_BOOL;
        take_text(n, json_is_true(value) ? "true" : "false", json_is_true(value) ? 4 : 5);
        return ERR_OK;
    case JSON_NULL: n->kind = NODE_NULL; return ERR_OK;
    }
    return ERR_OK;
}

enum err tree_read_json(const char *text, size_t len, struct node *ret,
                        struct table_error *ret_error)
{
    json_t *value;
    char reason[JSON_REASON_SIZE];
    if (json_read(text, len, TREE_BYTES_MAX, &value, reason) != ERR_OK)
        return table_refuse(ret_error, 0, "", "not valid JSON: %s", reason);
    enum err e = take_node(value, node_add(ret, NODE_NULL, 0), 0, ret_error);
    json_decref(value);
    return e;
}
