/* Rights as documents. */
#include "cloud/http/documents.h"
#include "cloud/http/members.h"

static void set_present(json_t *o, const char *key, const char *text)
{
    if (text[0] != '\0')
        set_text(o, key, text);
}

json_t *document_right(const struct right_row *row)
{
    const struct right *r = &row->right;
    json_t *o = json_object();
    set_text(o, "id", r->id.text);
    set_text(o, "kind", right_kind_word(r->kind));
    set_present(o, "plate", r->plate.text);
    set_present(o, "credential", r->credential);
    if (r->from.v != 0)
        set_time(o, "from", r->from);
    if (r->until.v != 0)
        set_time(o, "until", r->until);
    set_int(o, "offline_s", r->offline_s > 0 ? r->offline_s : RIGHT_OFFLINE_DEFAULT_S);
    set_text(o, "space",
             space_rule_word(r->space == SPACE_RULE_NONE ? SPACE_RULE_NORMAL : r->space));
    set_int(o, "version", row->version);
    set_time(o, "changed", row->changed);
    return o;
}

static void add_right(void *arg, const struct right_row *row)
{
    json_array_append_new(arg, document_right(row));
}

static void add_applied(void *arg, const struct name *edge, int64_t version, struct wall_ms at)
{
    json_t *o = json_object();
    set_text(o, "edge", edge->text);
    set_int(o, "version", version);
    set_time(o, "time", at);
    json_array_append_new(arg, o);
}

enum err document_rights(struct reader *r, const struct name *place, const struct right_id *after,
                         int limit, json_t **ret)
{
    struct place_view known;
    struct right_count count = {0};
    json_t *rights = json_array(), *edges = json_array();
    enum err e = reader_begin(r);
    if (e == ERR_OK) {
        e = reader_place(r, place, &known);
        if (e == ERR_OK)
            e = reader_right_count(r, place, &count);
        if (e == ERR_OK)
            e = reader_rights(r, place, after, limit, add_right, rights);
        if (e == ERR_OK)
            e = reader_rights_applied(r, place, add_applied, edges);
        reader_end(r);
    }
    if (e != ERR_OK) {
        json_decref(rights);
        json_decref(edges);
        return e;
    }
    *ret = json_pack("{s:I, s:I, s:o, s:o}", "version", (json_int_t)count.version, "count",
                     (json_int_t)count.count, "edges", edges, "rights", rights);
    return ERR_OK;
}
