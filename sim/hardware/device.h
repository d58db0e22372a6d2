/* The gate hardware of one lane as its controller shows it: barrier, loops, camera, ticket printer,
 * watchdog and what is kept in registers. Pure: the caller steps it and serves its registers
 * (register_map.h).
 *
 * D1 The plate sequence is odd while the plate's registers are being written and differs from the
 *    last one when a new plate is there.
 * D2 The watchdog is armed by the first change of the host heartbeat and re-armed by every other
 *    one. It guards a network link, so it runs in real time: `network_rate` domain ms per real ms.
 * D3 Fallback 0 closes only after loop B was seen on and then off; it never opens.
 * D4 The barrier's own safety chain and the inputs see the same faulty detectors; drivers see what
 *    is there.
 * D5 A driver who wants a ticket presses the button and takes what comes; one who has a ticket shows it
 *    where the arm stays down. A tag is read as its vehicle comes onto loop A. */
#ifndef BOOMGATE_SIM_HARDWARE_DEVICE_H
#define BOOMGATE_SIM_HARDWARE_DEVICE_H

#include "protocol/base/clock.h"
#include "sim/hardware/barrier.h"
#include "sim/hardware/fault.h"
#include "sim/hardware/history.h"
#include "sim/hardware/physics.h"

enum {
    DEVICE_SERIAL_SIZE = 17,
    DEVICE_DISPLAY_REGISTERS = 16,
    DEVICE_TICKET_REGISTERS = 16,
    DEVICE_TIMING_REGISTERS = 8,
    DEVICE_PLATE_BYTES = 32,
};

/* The discrete inputs, by address. */
enum device_input {
    INPUT_LOOP_A,
    INPUT_LOOP_B,
    INPUT_LOOP_C,
    INPUT_ARM_UP,
    INPUT_ARM_DOWN,
    INPUT_ARM_ATTACHED,
    INPUT_PHOTOCELL_CLEAR,
    INPUT_EDGE_OK,
    INPUT_FIRE,
    INPUT_LOCAL_STOP_OK,
    INPUT_MAINS_OK,
    INPUT_BATTERY_OK,
    INPUT_CABINET_CLOSED,
    INPUT_FAULT_A,
    INPUT_FAULT_B,
    INPUT_FAULT_C,
    INPUT_OBSTRUCTION,
    INPUT_LOCAL_MODE,
    INPUT_TICKET_BUTTON,
    INPUT_TICKET_TAKEN,
    INPUT_TICKET_LOW,
    INPUT_HELP_BUTTON,
    INPUT_READER_OK,
    INPUT_CAMERA_OK,
    INPUT_WATCHDOG_TRIPPED,
    INPUT_RESTARTED,
    DEVICE_INPUTS
};

enum device_fallback { FALLBACK_AUTONOMY, FALLBACK_FREEZE, FALLBACK_HOLD_OPEN, FALLBACKS };

struct device_options {
    char serial[DEVICE_SERIAL_SIZE];
    bool has_loop_c;
    bool safety_reverses; /* barrier.h B3 */
    int32_t arm_travel_ms;
    int32_t plate_delay_ms; /* from "in view" to registers */
    int64_t network_rate;   /* D2; >= 1 */
    struct wall_ms started; /* domain time 0 of this device */
};

struct device_camera {
    bool requested;                /* by the trigger coil */
    int64_t due_ms;                /* a reading is under way until then; 0: none */
    int64_t steady_ms;             /* registers are being written until then (D1); 0: not */
    char text[DEVICE_PLATE_BYTES]; /* as in the registers, whatever its encoding */
    uint16_t sequence;
    uint16_t bytes;
    uint16_t confidence;
    uint16_t flags;
    uint16_t country;
    int64_t captured_ms; /* wall */
};

struct device_printer {
    char text[DEVICE_PLATE_BYTES + 1]; /* of the ticket that was printed last */
    uint32_t issued;
    int64_t taken_from_ms; /* the driver pulls the ticket out then; 0: none */
    int64_t pressed_ms;    /* the button is held down until then; 0: not */
};

/* What reads tickets, codes and cards. */
struct device_reader {
    uint16_t sequence, type, bytes;
    char text[DEVICE_PLATE_BYTES];
    int64_t steady_ms; /* as the camera's */
};

enum device_medium { MEDIUM_PAPER = 1, MEDIUM_CODE, MEDIUM_TAG, MEDIUM_KEYPAD };

/* Holding registers. */
struct device_host {
    uint16_t command;
    uint16_t command_sequence;
    uint16_t heartbeat;
    uint16_t watchdog_ms;
    uint16_t fallback;
    uint16_t timing[DEVICE_TIMING_REGISTERS];
    uint16_t display[DEVICE_DISPLAY_REGISTERS];
    uint16_t ticket[DEVICE_TICKET_REGISTERS]; /* what the next ticket says */
};

struct device {
    struct device_options options;
    struct barrier barrier;
    struct loops loops; /* as the detectors show them */
    struct faults faults;
    struct history history;
    int before_percent; /* of the arm, one step ago */
    struct device_camera camera;
    struct device_printer printer;
    struct device_reader reader;
    struct device_host host;
    uint16_t done_sequence; /* of the last command */
    uint16_t done_result;
    bool green;
    bool full_sign;
    bool restarted; /* latched until acknowledged */
    uint16_t boot_count;
    int64_t booted_ms;
    int64_t beat_from_ms;    /* the heartbeat counts seconds from here */
    int64_t now_ms;          /* domain time since options.started */
    int64_t watchdog_due_ms; /* 0: not armed (D2) */
    bool watchdog_tripped;
    int64_t close_due_ms; /* D3; 0: nothing to close */
    bool b_from_front;    /* loop B went on with loop A covered, C free */
    bool c_seen;          /* while B was on */
    uint32_t forward;
    uint32_t reverse;
};

struct device device_of(const struct device_options *o);

/* Lets dt_ms pass over the vehicles of `lane`, up to device time now_ms. Returns the arm as drivers
 * now see it. */
struct arm_view device_step(struct device *d, struct lane *lane, int64_t now_ms, int32_t dt_ms);

/* Nothing moves, nothing is due at now_ms: with an empty lane a step would only advance the clock.
 */
bool device_idle(const struct device *d, int64_t now_ms);

/* The inputs by number, one bit each. */
uint32_t device_inputs(const struct device *d);

/* A command code with a sequence number; the same sequence again does nothing. */
void device_command(struct device *d, uint16_t code, uint16_t sequence);

void device_heartbeat(struct device *d, uint16_t value);
void device_trigger_camera(struct device *d);
void device_issue_ticket(struct device *d); /* nothing while the arm is not down */

/* Somebody holds something before the reader, which reads nothing while it is faulty. */
void device_show(struct device *d, enum device_medium medium, const char *text);

/* A condition begins, or waits for its moment; a condition ends. */
void device_set_fault(struct device *d, enum fault f, const struct fault_plan *plan);
void device_clear_fault(struct device *d, enum fault f);

/* ERR_CONFLICT: the barrier refuses (a key without local mode, a close that is not safe). */
enum err device_mishap(struct device *d, enum mishap m);

/* The limit switches as they read, and what the controller says of itself. */
bool device_up(const struct device *d);
bool device_down(const struct device *d);
uint16_t device_heartbeat_of(const struct device *d);
uint16_t device_last_error(const struct device *d);

/* The text on the display, NUL-terminated into ret[33]. */
void device_display(const struct device *d, char *ret);

#endif
