/* How long a link takes: computed from what is configured, before anything is connected. Pure.
 *
 * G1 On a serial line a character takes 11 bits (start, 8, parity or second stop, stop; 10 with
 *    neither), and every frame is followed by 3.5 characters of silence, 1.75 ms above 19200 baud
 *    (Modbus over Serial Line V1.02, 2.5.1.1).
 * G2 A command waits for the transaction that is under way and for the commands of every other lane on
 *    the link, each as long as the longest can be, and then for its own up to the write: a close reads
 *    the inputs first. Scans and outputs wait for commands.
 * G3 A device that does not answer is waited for once; over a network that costs the connection as
 *    well, and every lane on it is taken up again before a command goes through. */
#ifndef BOOMGATE_MODBUS_BUDGET_H
#define BOOMGATE_MODBUS_BUDGET_H

#include "protocol/modbus/plan.h"

/* `baud` 0: a network, where only the round trip counts. */
struct budget_link {
    int64_t baud;
    int bits_per_character;
    int64_t answer_us; /* what the device takes to answer; over a network the round trip */
    int64_t response_timeout_ms;
    int64_t scan_ms; /* over a network: when a connection that was lost is opened again */
};

struct budget_lane {
    const struct profile *profile;
    const struct plan *plan;
};

struct budget {
    int64_t cycle_us;   /* inputs and readings of every lane once */
    int64_t command_us; /* worst case from the order to the command on the wire, all answering */
    int64_t worst_us;   /* the same when a device just does not answer (G3) */
};

/* The silence around frames; 0 over a network. */
int64_t budget_silence_us(const struct budget_link *l);

/* Characters alone, no silence, no answering time. */
int64_t budget_characters_us(const struct budget_link *l, int64_t count);

/* A request of so many bytes and its answer, with the silences behind both. */
int64_t budget_exchange_us(const struct budget_link *l, int64_t request, int64_t answer);

/* One read of a plan's range. */
int64_t budget_read_us(const struct budget_link *l, const struct plan_range *r);

struct budget budget_of(const struct budget_link *l, const struct budget_lane *lanes, size_t count);

#endif
