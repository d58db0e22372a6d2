/* YAML to a tree, from libyaml's events rather than its document tree: only the events tell an
 * anchor or an alias from what it stands for. */
#include "protocol/support/memory.h"
#include "protocol/support/table_tree.h"

#include <string.h>
#include <yaml.h>

struct source {
    yaml_parser_t parser;
    yaml_event_t event; /* the current one */
    struct table_error *error;
};

static int line_of(const struct source *s)
{
    return (int)s->event.start_mark.line + 1;
}

static enum err next(struct source *s)
{
    yaml_event_delete(&s->event);
    if (yaml_parser_parse(&s->parser, &s->event))
        return ERR_OK;
    memset(&s->event, 0, sizeof s->event);
    const char *problem = s->parser.problem ? s->parser.problem : "out of memory";
    return table_refuse(s->error, (int)s->parser.mark.line + 1, "", "not valid YAML: %s", problem);
}

static enum err no_extras(struct source *s, const yaml_char_t *anchor, const yaml_char_t *tag)
{
    if (anchor)
        return table_refuse(s->error, line_of(s), "", "found an anchor, expected a plain value");
    if (tag)
        return table_refuse(s->error, line_of(s), "", "found a tag, expected a plain value");
    return ERR_OK;
}

static void take_scalar(struct node *n, const yaml_event_t *e)
{
    n->text = mem_copy(e->data.scalar.value, e->data.scalar.length);
    n->len = e->data.scalar.length;
    bool plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    bool nothing =
        plain && (n->len == 0 || strcmp(n->text, "~") == 0 || strcmp(n->text, "null") == 0);
    n->kind = nothing ? NODE_NULL : plain ? NODE_PLAIN : NODE_TEXT;
}

static enum err take_key(struct source *s, char **ret)
{
    if (s->event.type != YAML_SCALAR_EVENT)
        return table_refuse(s->error, line_of(s), "", "found a key that is not a word");
    TRY(no_extras(s, s->event.data.scalar.anchor, s->event.data.scalar.tag));
    if (memchr(s->event.data.scalar.value, '\0', s->event.data.scalar.length))
        return table_refuse(s->error, line_of(s), "", "found a key with a NUL character");
    *ret = mem_copy(s->event.data.scalar.value, s->event.data.scalar.length);
    return ERR_OK;
}

static enum err take_node(struct source *s, struct node *parent, char *key, int depth);

/* The members of a list or table, up to its end event. */
static enum err take_children(struct source *s, struct node *n, int depth)
{
    for (;;) {
        char *key = NULL;
        TRY(next(s));
        if (s->event.type == YAML_SEQUENCE_END_EVENT || s->event.type == YAML_MAPPING_END_EVENT)
            return ERR_OK;
        if (n->kind == NODE_TABLE) {
            int line = line_of(s);
            TRY(take_key(s, &key));
            enum err e = next(s);
            if (e != ERR_OK) {
                free(key);
                return e;
            }
            /* What is wrong with a value is looked for at its key. */
            s->event.start_mark.line = (size_t)line - 1;
        }
        TRY(take_node(s, n, key, depth + 1));
    }
}

/* Takes the current event and what belongs to it as a child of `parent`, which owns `key` from
 * here. */
static enum err take_node(struct source *s, struct node *parent, char *key, int depth)
{
    const yaml_event_t *e = &s->event;
    struct node *n = node_add(parent, NODE_NULL, line_of(s));
    n->key = key;
    if (depth > TREE_DEPTH_MAX)
        return table_refuse(s->error, line_of(s), "", "nested deeper than %d levels",
                            TREE_DEPTH_MAX);
    switch (e->type) {
    case YAML_ALIAS_EVENT:
        return table_refuse(s->error, line_of(s), "", "found an alias, expected a plain value");
    case YAML_SCALAR_EVENT:
        TRY(no_extras(s, e->data.scalar.anchor, e->data.scalar.tag));
        take_scalar(n, e);
        return ERR_OK;
    case YAML_SEQUENCE_START_EVENT:
        TRY(no_extras(s, e->data.sequence_start.anchor, e->data.sequence_start.tag));
        n->kind = NODE_LIST;
        return take_children(s, n, depth);
    case YAML_MAPPING_START_EVENT:
        TRY(no_extras(s, e->data.mapping_start.anchor, e->data.mapping_start.tag));
        n->kind = NODE_TABLE;
        return take_children(s, n, depth);
    default: return table_refuse(s->error, line_of(s), "", "not a document");
    }
}

static enum err take_stream(struct source *s, struct node *ret)
{
    TRY(next(s)); /* stream start */
    TRY(next(s));
    if (s->event.type == YAML_STREAM_END_EVENT)
        return table_refuse(s->error, 1, "", "found nothing, expected one document");
    TRY(next(s)); /* the document's first node */
    TRY(take_node(s, ret, NULL, 0));
    TRY(next(s)); /* document end */
    TRY(next(s));
    if (s->event.type != YAML_STREAM_END_EVENT)
        return table_refuse(s->error, line_of(s), "", "found a second document, expected one");
    return ERR_OK;
}

enum err tree_read_yaml(const char *text, size_t len, struct node *ret,
                        struct table_error *ret_error)
{
    struct source s = {.error = ret_error};
    if (!yaml_parser_initialize(&s.parser))
        return table_refuse(ret_error, 0, "", "the YAML parser has no memory");
    yaml_parser_set_encoding(&s.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&s.parser, (const unsigned char *)text, len);
    enum err e = take_stream(&s, ret);
    yaml_event_delete(&s.event);
    yaml_parser_delete(&s.parser);
    return e;
}
