/* What can be wrong with the hardware of one lane, by name, and when it goes wrong.
 *
 * X1 Any number of conditions at once; a restart of the controller cures none of them.
 * X2 A condition may wait for its moment (the arm on its way down, a vehicle under it), last a
 *    while and come back a number of times. Moments are the simulator's own: nobody has to be quick.
 */
#ifndef BOOMGATE_SIM_HARDWARE_FAULT_H
#define BOOMGATE_SIM_HARDWARE_FAULT_H

#include "protocol/base/err.h"

#include <stdbool.h>
#include <stdint.h>

/* Conditions: they last. */
enum fault {
    FAULT_SILENT,    /* the unit does not answer */
    FAULT_CUT,       /* the connection is closed instead of answering */
    FAULT_HEARTBEAT, /* the heartbeat stands still */

    FAULT_LOOP_A_ON, /* the detector shows a vehicle that is not there */
    FAULT_LOOP_B_ON,
    FAULT_LOOP_C_ON,
    FAULT_LOOP_A_BLIND, /* it retuned under a vehicle: shows none */
    FAULT_LOOP_B_BLIND,
    FAULT_LOOP_C_BLIND,
    FAULT_LOOP_A, /* its fault output is on, and it reads occupied */
    FAULT_LOOP_B,
    FAULT_LOOP_C,

    FAULT_PHOTOCELL, /* beam broken */
    FAULT_EDGE,      /* contact strip pressed */

    FAULT_BOOM,        /* the arm has come off: nothing bars the way */
    FAULT_JAMMED,      /* the drive turns, the arm does not move */
    FAULT_JAMMED_UP,   /* ... upwards */
    FAULT_JAMMED_DOWN, /* ... downwards */
    FAULT_LIMITS_BOTH, /* both limit switches on */
    FAULT_LIMITS_NONE, /* neither comes on */

    FAULT_FIRE,    /* emergency open */
    FAULT_STOP,    /* local stop pressed */
    FAULT_LOCAL,   /* the service key is turned: the host's commands are refused */
    FAULT_MAINS,   /* no mains: on battery */
    FAULT_BATTERY, /* battery low; without mains the drive stands still */
    FAULT_CABINET, /* open */

    FAULT_HELP,       /* help button pressed */
    FAULT_TICKET,     /* ticket button pressed */
    FAULT_TICKET_LOW, /* paper runs out */
    FAULT_READER,

    FAULT_CAMERA,        /* reads nothing and says so */
    FAULT_PLATE_SWAPPED, /* text with the bytes of each register exchanged */
    FAULT_PLATE_EUC_KR,  /* text in EUC-KR */
    FAULTS
};

/* What happens once. */
enum mishap {
    MISHAP_RESTART,   /* the controller restarts and forgets its counters */
    MISHAP_KEY_OPEN,  /* somebody opens with the service key */
    MISHAP_KEY_CLOSE, /* ... closes */
    MISHAP_PUSHED_UP, /* the arm goes up without a command */
    MISHAP_WRAP,      /* counters and heartbeat stand just before they wrap */
    MISHAPS
};

/* X2 */
enum moment {
    MOMENT_NOW,
    MOMENT_OPENING, /* the arm has gone up a third of its way */
    MOMENT_CLOSING, /* ... down */
    MOMENT_UNDER,   /* a vehicle is under the arm */
    MOMENTS
};

struct fault_plan {
    enum moment when;
    int32_t for_ms; /* how long it lasts; 0: until it is taken away */
    int32_t times;  /* how often it comes; 0: once. MOMENT_NOW: once */
};

struct faults {
    uint64_t on; /* bit per condition */
    struct fault_state {
        enum moment when; /* MOMENT_NOW: waits for nothing */
        int32_t for_ms;
        int32_t times;    /* still to come */
        int64_t until_ms; /* 0: until it is taken away */
    } states[FAULTS];
};

bool faults_has(const struct faults *f, enum fault which);

/* Nothing is wrong and nothing waits for its moment. */
bool faults_none(const struct faults *f);

void faults_set(struct faults *f, enum fault which, const struct fault_plan *plan, int64_t now_ms);
void faults_clear(struct faults *f, enum fault which);

/* What ends at now_ms ends; `moments`: one bit each for those that have just come. */
void faults_step(struct faults *f, unsigned moments, int64_t now_ms);

/* ERR_NOTFOUND: nothing of that name. */
enum err fault_parse(const char *word, enum fault *ret);
enum err mishap_parse(const char *word, enum mishap *ret);
enum err moment_parse(const char *word, enum moment *ret);
const char *fault_word(enum fault f);

#endif
