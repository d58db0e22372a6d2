/* Commands to lanes as documents. */
#include "cloud/http/documents.h"
#include "cloud/http/members.h"

static void add_stage(json_t *list, const char *stage, struct wall_ms at)
{
    if (at.v == 0)
        return;
    json_t *o = json_object();
    set_text(o, "stage", stage);
    set_time(o, "time", at);
    json_array_append_new(list, o);
}

json_t *document_command(const struct command_row *r, bool full)
{
    const struct command *c = &r->command;
    json_t *o = json_object();
    json_t *stages = json_array();
    set_text(o, "id", c->id.text);
    set_text(o, "place", r->place.text);
    set_text(o, "edge", r->edge.text);
    set_text(o, "lane", c->lane.text);
    set_text(o, "action", action_word(c->action));
    set_text(o, "expect", expect_word(c->expect));
    set_time(o, "issued", c->issued);
    set_time(o, "not_after", c->not_after);
    set_text(o, "stage", r->stage == STAGE_NONE ? "sent" : stage_word(r->stage));
    set_text(o, "why", reason_word(r->why));
    set_bool(o, "final", r->ended.v != 0);
    set_bool(o, "presumed", r->presumed);
    add_stage(stages, "sent", c->issued);
    add_stage(stages, "accepted", r->accepted);
    add_stage(stages, "executing", r->executing);
    add_stage(stages, stage_word(r->stage), r->ended);
    json_object_set_new(o, "stages", stages);
    if (full) {
        set_text(o, "actor", c->actor.text);
        set_text(o, "reason", c->reason);
    }
    return o;
}

struct command_list {
    json_t *list;
    struct list_page *page;
};

static void add_command(void *arg, const struct command_row *r)
{
    struct command_list *l = arg;
    if (list_page_takes(l->page, r->command.issued.v, r->command.id.text))
        json_array_append_new(l->list, document_command(r, true));
}

enum err document_commands(struct reader *r, const struct name *place, const struct name *lane,
                           struct list_page *page, json_t **ret)
{
    struct place_view known;
    struct command_list l = {json_array(), page};
    enum err e = reader_begin(r);
    if (e == ERR_OK) {
        e = reader_place(r, place, &known);
        if (e == ERR_OK)
            e = reader_commands(r, place, lane, &page->from, page->limit + 1, add_command, &l);
        reader_end(r);
    }
    if (e == ERR_OK) {
        *ret = json_pack("{s:O}", "commands", l.list);
        document_set_next(*ret, page);
    }
    json_decref(l.list);
    return e;
}
