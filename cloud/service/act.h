/* Acts of people: signed, chained per place, never changed (core/act.h). What an act does is with its
 * noun (correction.h, ...); this file writes it down, and finds what undoes it.
 *
 * A1 An act that cannot be signed does not happen: it is recorded before anything is changed.
 * A2 An act is undone at most once, by another act. */
#ifndef BOOMGATE_CLOUD_SERVICE_ACT_H
#define BOOMGATE_CLOUD_SERVICE_ACT_H

#include "cloud/service/state.h"
#include "protocol/base/buf.h"

/* JSON objects, written with json_out. */
struct act_values {
    char memory[2][512];
    struct buf before, after;
};
void act_values_begin(struct act_values *v);

/* The first entry on what a person orders: place, actor, reason. */
struct act_row act_of(const struct act_order *o, enum act_kind kind);

/* Signs and keeps it. `a` brings everything up to `undoes`. ERR_UNAVAIL: it cannot be signed; `r`
 * says so, and nothing was changed. */
enum err act_record(struct service *s, struct act_row *a, struct act_values *v,
                    struct admin_result *r);

/* ADMIN_ACT_UNDO */
enum err act_undo(struct service *s, const struct act_order *o, struct admin_result *r);

/* Writes why into `r` and returns `e`. */
enum err act_refuse(struct admin_result *r, enum err e, const char *reason);

#endif
