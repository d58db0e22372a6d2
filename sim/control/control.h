/* The control port: JSON over HTTP on loopback, for tests, the demo and people.
 *
 *   GET  /truth           the run as it is (truth.h)
 *   GET  /charges         every charge the provider made
 *   GET  /toss            payments made in the words of Toss
 *   GET  /refunds         and everything it gave back
 *   POST /vehicles        {"place","lane","plate"[,"then"][,"force"][,"unreadable"][,"ticket"][,"tag"]} -> 202
 *                         {"vehicle"}; unreadable: takes a ticket at an entry, and shows it at an exit
 *   GET  /vehicles/{id}   {"state",...}
 *   POST /vehicles/{id}   {"then"}: what the driver does next
 *   POST /provider        {"mode"[,"latency_ms"][,"latency_max_ms"][,"count"][,"endpoint"]}; endpoint: 0, 1, ...
 *   POST /traffic         {"running"}
 *   POST /drain           {}
 *   POST /hardware        {"place","lane", "fault": WORD ...} or {"place","lane", "do": WORD}
 *   GET  /hardware/{place}/{lane}   the lane's hardware: faults, display, lights, and what the arm did
 *                         when and why (hardware.h)
 *
 * "then", what a driver does: drive, wait, force (under any arm), back_out_before, back_out_after,
 * back_out_under, stand_under (until told to drive), tailgate, follow, wrong_way (out through an entry, in
 * through an exit), far_side (the same at a reversible lane: is read, and waits to be let through).
 *
 * "fault" begins a condition; conditions add up, "none" ends all of them, "on": false ends this one. "when":
 * "opening", "closing" or "under" lets it wait for that moment of the arm, "for_ms" ends it by itself, "times"
 * lets it come back at the next such moments. The words:
 *   silent cut heartbeat                       no answer; connection closed; heartbeat stands still
 *   loop_a loop_b loop_c                       fault output of the detector (reads occupied)
 *   loop_a_on ... loop_a_blind ...             stuck on; shows no vehicle
 *   photocell edge                             beam broken; contact strip pressed
 *   boom jammed jammed_up jammed_down          arm off; does not move, or not in that direction
 *   limits_both limits_none                    both limit switches on, or neither
 *   fire stop local mains battery cabinet      emergency open; local stop; service key; lost; low; open
 *   help ticket ticket_low reader              buttons pressed; paper low; reader faulty
 *   camera plate_swapped plate_euc_kr          reads nothing; bytes exchanged; text in EUC-KR
 *
 * "do" happens once: restart (of the controller), key_open, key_close (with "local" only), pushed_up (the arm
 * goes up without an order), wrap (counters and heartbeat just before they begin again).
 *
 * Errors are {"error": text} with 400, 404, 405 or 409. */
#ifndef BOOMGATE_SIM_CONTROL_CONTROL_H
#define BOOMGATE_SIM_CONTROL_CONTROL_H

#include "sim/control/http_host.h"
#include "sim/payment/provider.h"
#include "sim/traffic/world.h"

struct control {
    struct world *world;
    struct provider *provider;
    /* Brings the world up to now, before every call. */
    void (*advance)(void *arg);
    void *arg;
};

/* An http_handler; arg is a struct control. */
void control_handle(void *arg, struct http_exchange *x);

#endif
