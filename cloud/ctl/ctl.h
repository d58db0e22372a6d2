/* boomgatectl: the operator's command line. Each command is one row of a table (commands.c) and one
 * function in the file of its noun; all speak to the daemon's HTTP API through client.h.
 *
 * Exit status: 0 done (also when there was nothing to do), 1 refused by the daemon, 2 wrong usage,
 * 3 the daemon cannot be reached or did not answer in time. */
#ifndef BOOMGATE_CLOUD_CTL_CTL_H
#define BOOMGATE_CLOUD_CTL_CTL_H

#include <stdbool.h>
#include <stddef.h>

enum ctl_status { CTL_OK = 0, CTL_REFUSED = 1, CTL_USAGE = 2, CTL_UNREACHABLE = 3 };

/* The options as given; NULL: not given. */
struct ctl_args {
    const char *url;
    const char *token_file;
    const char *json; /* "" when given */
    const char *capacity, *title, *zone, *currency, *tariff, *payment, *hold_max_s, *exit_grace_s;
    const char *unmatched, *grant_size, *closed, *parent, *stale_after_s, *hours;
    const char *limit, *state, *amount;
    const char *reason, *expect, *key;
    const char *kind, *plate, *credential, *from, *until, *offline_s, *space,
        *after; /* of a right */
    const char *counted, *gone, *right;
    const char *table, *entry, *exit, *vehicle, *validation, *covered,
        *shop;                                           /* of a stay to price */
    const char *lost;                                    /* "" when given */
    const char *wait;                                    /* "" when given */
    const char *by;                                      /* of a correction */
    const char *role, *place, *issuer, *audience, *life; /* of a token or a client */
    const char *end, *free, *dry_run;                    /* of a stay; the last two "" when given */
    const char *operand, *operand2; /* the NAME or PLATE of the command; its second word */
};

struct client;

struct ctl_command {
    const char *noun, *verb; /* "place" "add"; verb "" for one-word commands */
    const char *operand;     /* "NAME", "PLACE LANE"; NULL: takes none */
    const char *options;     /* names it takes, e.g. "capacity zone" */
    const char *help;
    enum ctl_status (*run)(struct client *c, const struct ctl_args *a);
};

extern const struct ctl_command commands[];
extern const size_t command_count;

enum ctl_status cmd_place_add(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_place_set(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_place_list(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_place_show(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_place_resume(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_right_add(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_right_remove(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_right_show(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_right_list(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_right_neutral(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_right_neutral_all(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_right_import(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_audit_add(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_audit_list(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_audit_cancel(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_session_list(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_session_candidates(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_session_close(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_session_match(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_session_split(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_correct(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_act_list(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_payment_list(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_payment_resolve(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_refund_add(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_refund_list(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_refund_resolve(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_reconcile(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_debt_list(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_debt_waive(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_debt_write_off(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_debt_collect(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_act_undo(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_act_verify(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_edge_bind(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_edge_unbind(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_edge_release(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_lane_open(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_lane_close(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_lane_hold(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_lane_release(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_lane_lock(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_lane_unlock(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_lane_reset(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_lane_log(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_sessions(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_movements(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_summary(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_report_verify(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_quote(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_validate(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_link(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_lane_lost_ticket(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_tariff_check(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_tariff_price(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_token(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_client_add(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_client_remove(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_trace(struct client *c, const struct ctl_args *a);
enum ctl_status cmd_health(struct client *c, const struct ctl_args *a);

#endif
