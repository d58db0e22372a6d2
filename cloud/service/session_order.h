/* What a person does to a stay: ends one that nobody saw end, gives an exit its entry, or takes it away
 * again. Each is an act (act.h), priced like any exit; what is missing becomes a debt, what was paid stays with
 * the stay. None of them changes the count by loops.
 *
 * X1 A dry run writes nothing and says what the order would do.
 * X2 Both readings of a plate are kept: the entry's in the stay, the exit's beside it and in its own row.
 * X3 The price is that of the moment of the exit, with the rates of the entry. */
#ifndef BOOMGATE_CLOUD_SERVICE_SESSION_ORDER_H
#define BOOMGATE_CLOUD_SERVICE_SESSION_ORDER_H

#include "cloud/service/state.h"

enum err session_order_close(struct service *s, const struct act_order *o, struct admin_result *r);
enum err session_order_match(struct service *s, const struct act_order *o, struct admin_result *r);
enum err session_order_split(struct service *s, const struct act_order *o, struct admin_result *r);

/* The opposite of `done`, which was not undone. */
enum err session_order_undo(struct service *s, const struct act_order *o,
                            const struct act_row *done, struct admin_result *r);

#endif
