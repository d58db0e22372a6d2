/* The gate hardware over Modbus: one thread per physical link (one TCP connection per endpoint, one
 * serial line, however many units stand behind it), which scans, executes and reflects. What a device
 * keeps where is its profile's (protocol/modbus/profile.h).
 *
 * F1 A link thread never touches agent state: it posts agent inputs (INPUT_IO,
 *    INPUT_COMMAND_RESULT) into the mailbox given at start and takes orders through a bounded queue
 *    of its own.
 * F2 A snapshot is posted on change of inputs, plate sequence, gate status or freshness, and at
 *    least every 500 ms. A full mailbox coalesces: the latest state is posted as soon as there is
 *    room, and `lost` counts the changes nobody saw.
 * F3 `fresh` is false from `stale_ms` after the last good read of the inputs, when the device's
 *    heartbeat (if it has one) stood still that long or stood beside impossible values, and while the
 *    device is not what the profile says.
 * F4 A close is written only if inputs read after it was dequeued are fresh and safe and there is
 *    no fire; nothing is written after its expiry; a write whose answer was lost is read back
 *    before it is repeated, and the repeat has the same sequence number, which the device executes
 *    once.
 * F5 The reflex: after a close was written, or found under way when the device is taken up, and
 *    until the arm is down, an input that is not safe makes the link write `open` at once. The
 *    agent is told afterwards.
 * F6 The scan follows an absolute schedule in real time; a scan that is late is not made up for. A
 *    command goes before whatever else waits: it is looked for after every transaction (budget.h).
 * F7 The device's watchdog is fed only while the agent turns (field_port.alive), not because this
 *    thread still runs.
 * F8 With a profile that lacks what closing needs (profile_closes) no close is ever written. Relays of
 *    two motions are never on together, and those a lost connection left on are released first.
 * F9 A unit that fails is left alone by its breaker (breaker.h); the rest of its scan is skipped at the
 *    first failure, and its neighbours are scanned on. */
#ifndef BOOMGATE_EDGE_FIELD_FIELD_H
#define BOOMGATE_EDGE_FIELD_FIELD_H

#include "edge/ports.h"
#include "protocol/base/id.h"
#include "protocol/modbus/budget.h"
#include "protocol/support/clock_source.h"
#include "protocol/support/mailbox.h"

#include <stdint.h>

enum { FIELD_HOST_SIZE = 128, FIELD_LANES_MAX = 16, FIELD_LINKS_MAX = 16 };

enum field_parity { FIELD_PARITY_NONE, FIELD_PARITY_EVEN, FIELD_PARITY_ODD };

/* What a device does when its host falls silent; the numbers of the register map. */
enum field_fallback { FIELD_FALLBACK_AUTONOMY, FIELD_FALLBACK_FREEZE, FIELD_FALLBACK_HOLD_OPEN };

/* One endpoint, or one serial line. */
struct field_link {
    struct name name;
    char host[FIELD_HOST_SIZE]; /* "": serial */
    int64_t port;
    char device[FIELD_HOST_SIZE]; /* of the serial line, e.g. /dev/ttyS0 */
    int64_t baud;
    int parity; /* enum field_parity */
    int64_t stop;
    int64_t scan_ms; /* real time, like the other two */
    int64_t response_timeout_ms;
    int64_t stale_ms;
};

/* One lane: a unit behind a link, and an input module beside it if io_unit is not 0 (the profile is
 * then the joined one). */
struct field_lane {
    struct name name;
    size_t link; /* index into links */
    uint8_t unit, io_unit;
    const struct profile *profile;
    int64_t watchdog_ms;
    enum field_fallback fallback;
};

/* What the link's lanes cost on it (budget.h). */
struct budget_link field_budget_link(const struct field_link *l);

struct field;

/* Starts the threads; start-up never waits for a device. Copies its arguments. `inputs` takes
 * struct agent_input and must outlive the field; the lane numbers are the indices of `lanes`.
 * ERR_INVAL: a link without lanes, a lane without link, a profile with a gap, more than the maxima, or
 * a host that cannot be an address. */
enum err field_start(const struct field_link *links, size_t link_count,
                     const struct field_lane *lanes, size_t lane_count,
                     const struct clock_source *clock, struct mailbox *inputs, struct field **ret);

/* Orders from the loop thread. Outcomes of motion commands arrive as INPUT_COMMAND_RESULT:
 * ERR_OK with the device's result; ERR_TIMEOUT: expired, or written and never confirmed;
 * ERR_DENIED: a close that was not safe, or a device that answers with exceptions;
 * ERR_FULL: more than MOTION_QUEUE commands waiting. A reflex reports as COMMAND_OPEN. */
struct field_port field_port(struct field *f);

/* How often the thread of link `i` went round; one that stands still is stuck. */
uint64_t field_rounds(const struct field *f, size_t i);

/* Stops and joins the threads (within a transaction's timeout each). NULL is fine. */
void field_stop(struct field *f);

#endif
