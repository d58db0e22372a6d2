#include "protocol/support/yaml_json.h"

#include "protocol/support/table_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* "12", "-3"; "1.5" when `fraction`. */
static bool is_number(const char *text, bool fraction)
{
    static const char digits[] = "0123456789";
    text += *text == '-';
    size_t whole = strspn(text, digits);
    if (whole == 0)
        return false;
    text += whole;
    if (!fraction)
        return *text == '\0';
    return *text == '.' && strspn(text + 1, digits) > 0 &&
           text[1 + strspn(text + 1, digits)] == '\0';
}

static json_t *plain(const struct node *n)
{
    if (strlen(n->text) == n->len && is_number(n->text, false)) {
        errno = 0;
        long long v = strtoll(n->text, NULL, 10);
        if (errno == 0)
            return json_integer(v);
    }
    if (strlen(n->text) == n->len && is_number(n->text, true))
        return json_real(strtod(n->text, NULL));
    if (strcmp(n->text, "true") == 0 || strcmp(n->text, "false") == 0)
        return json_boolean(n->text[0] == 't');
    return json_stringn(n->text, n->len);
}

static enum err no_duplicates(const struct node *n, struct table_error *ret_error)
{
    for (size_t i = 0; i < n->count; i++) {
        for (size_t k = 0; n->kind == NODE_TABLE && k < i; k++)
            if (strcmp(n->children[k].key, n->children[i].key) == 0)
                return table_refuse(ret_error, n->children[i].line, n->children[i].key,
                                    "this key is given twice");
        TRY(no_duplicates(&n->children[i], ret_error));
    }
    return ERR_OK;
}

static json_t *value_of(const struct node *n)
{
    switch (n->kind) {
    case NODE_LIST: {
        json_t *list = json_array();
        for (size_t i = 0; i < n->count; i++)
            json_array_append_new(list, value_of(&n->children[i]));
        return list;
    }
    case NODE_TABLE: {
        json_t *object = json_object();
        for (size_t i = 0; i < n->count; i++)
            json_object_set_new(object, n->children[i].key, value_of(&n->children[i]));
        return object;
    }
    case NODE_PLAIN: return plain(n);
    case NODE_TEXT: return json_stringn(n->text, n->len);
    default: return json_null();
    }
}

enum err yaml_as_json(const char *text, size_t len, json_t **ret, struct table_error *ret_error)
{
    struct node root = {0};
    enum err e = tree_read_yaml(text, len, &root, ret_error);
    if (e == ERR_OK)
        e = no_duplicates(&root, ret_error);
    if (e == ERR_OK)
        *ret = value_of(&root.children[0]);
    node_free(&root);
    return e;
}
