/* The loop thread: everything that happens to an edge happens in one of its turns.
 *
 * P1 A turn drains both mailboxes, lets the agent decide, commit and act, and then lets the uplink
 *    send what was committed.
 * P2 The loop sleeps until something is posted, the agent's or the uplink's deadline, or telemetry
 *    is due; it never polls.
 * P3 A journal that fails does not end the loop (keeper.h). One that could not be opened at the start
 *    ends it with ERR_IO as soon as it can be: the next start takes it up.
 * P4 The service manager's watchdog is fed once a second while all parts are alive (liveness.h).
 * P5 SIGHUP has the configuration on the disk looked at (reload.h); a good one ends the loop when all
 *    lanes are idle. */
#ifndef BOOMGATE_EDGE_LOOP_H
#define BOOMGATE_EDGE_LOOP_H

#include "edge/field/field.h"
#include "edge/host.h"
#include "edge/keeper.h"
#include "edge/reload.h"
#include "edge/rights/rights_store.h"
#include "edge/uplink/uplink.h"
#include "protocol/support/clock_source.h"
#include "protocol/support/mailbox.h"

struct loop;

/* Catches SIGTERM, SIGINT and SIGHUP from here on. */
enum err loop_create(const struct clock_source *clock, struct loop **ret);

/* Where the field posts struct agent_input; a post wakes the loop. */
struct mailbox *loop_inputs(struct loop *l);

/* From any thread: a turn is due. `arg` is the loop. */
void loop_wake(void *arg);

struct loop_parts {
    struct reload *reload;
    struct keeper *keeper;
    struct host *host;
    struct uplink *uplink;
    struct field *field;
    size_t link_count;
    struct rights_store *rights; /* NULL: none */
};

/* Turns until a signal asks to stop (ERR_OK), a new configuration can be taken up (ERR_OK and
 * reload_due), or P3. Tells the service manager. Takes SIGHUP only meanwhile: it is blocked before and
 * after. */
enum err loop_run(struct loop *l, const struct loop_parts *parts);

/* Nothing may post any more. NULL is fine. */
void loop_free(struct loop *l);

#endif
