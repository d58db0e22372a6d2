/* Commissioning: walks an installer through each lane over a plain terminal and writes down, signed
 * with the edge's key, what was seen. Works scripted as well: a question, a line of answer.
 *
 * W1 The arm moves only after a person typed the word for it (bench.h B1).
 * W2 A step passed only if its proof was seen: the limit switch, the refused close, the person's yes.
 * W3 Whatever is left undone is in the report as skipped; there is always a report, except where the
 *    person was gone before the first lane. */
#ifndef BOOMGATE_EDGE_COMMISSION_COMMISSION_H
#define BOOMGATE_EDGE_COMMISSION_COMMISSION_H

#include "edge/ports.h"
#include "protocol/support/clock_source.h"
#include "protocol/support/mailbox.h"

struct commission_lane {
    struct name name;
    size_t index; /* at the field port */
    enum direction direction;
    bool has_ticket;           /* the profile knows a ticket printer */
    bool device_closes;        /* the barrier closes by itself, and the edge never does */
    int64_t open_ms, close_ms; /* domain time: the arm has to be there within */
};

struct commission {
    struct name place, edge;
    const struct commission_lane *lanes;
    size_t lane_count;
    struct clock_source clock;
    struct field_port field;
    struct mailbox *inputs; /* its wake writes to wake_fd */
    int wake_fd;
    const char *key_file;
    const char *report_file;
    int in_fd; /* the person */
};

/* ERR_OK: every step of every lane passed. ERR_DENIED: the report says what did not. ERR_UNAVAIL: the
 * person left before anything was tried; no report. ERR_IO and the errors of signature_sign: there is
 * no report (said on stderr). */
enum err commission_run(const struct commission *c);

#endif
