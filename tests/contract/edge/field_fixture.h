/* A field on the scripted server, and waiting for what it reports. */
#ifndef BOOMGATE_TESTS_FIELD_FIXTURE_H
#define BOOMGATE_TESTS_FIELD_FIXTURE_H

#include "edge/field/field.h"
#include "tests/contract/edge/modbus_server.h"

enum {
    FIXTURE_LANES = 2,
    FIXTURE_OUTCOMES = 64,
    STALE_MS = 1200,
    RESPONSE_MS = 100,
    SCAN_MS = 5,
    WAIT_MS = 20000,    /* for what has to come: a busy machine costs time, not the test */
    PATIENT_MS = 20000, /* stale_ms where nothing is to go stale, however busy the machine */
    ROUNDS = 3,         /* of what a busy machine can spoil */
};

struct fixture {
    struct modbus_server *server;
    struct mailbox *inputs;
    int wake_fd;
    struct clock_source clock;
    /* Set between fixture_serve and fixture_scan; else the reference profile, 5 ms and
     * STALE_MS. */
    const char *profile_name[FIXTURE_LANES];
    uint8_t io_unit; /* of lane 0: a module with the profile remote-io */
    int64_t scan_ms, stale_ms;
    enum field_fallback fallback;
    struct profile profiles[FIXTURE_LANES];
    struct field *field;
    struct field_port port;
    /* What arrived. */
    struct lane_snapshot last[FIXTURE_LANES];
    size_t snapshots[FIXTURE_LANES];
    uint32_t lost[FIXTURE_LANES];
    size_t went_stale[FIXTURE_LANES];
    uint32_t missed[FIXTURE_LANES];
    struct command_outcome outcomes[FIXTURE_OUTCOMES];
    size_t outcome_count;
};

/* Starts the field with `lanes` lanes, units 1.. of one link, on `port` (0: the server's). */
void fixture_start(struct fixture *f, size_t lanes, size_t mailbox_size, int port);

/* The two halves of fixture_start, for a server that is changed before it is first read. */
void fixture_serve(struct fixture *f);
void fixture_serve_serial(struct fixture *f);
void fixture_scan(struct fixture *f, size_t lanes, size_t mailbox_size, int port);

void fixture_stop(struct fixture *f);

/* Takes in what was posted; true until it holds or `ms` have passed. */
bool fixture_until(struct fixture *f, bool (*holds)(struct fixture *f), int ms);
void fixture_drain(struct fixture *f);

/* Waits for a fresh snapshot of lane 0 (and 1 if there is one). Fails the test otherwise. */
void fixture_fresh(struct fixture *f, size_t lanes);

/* Sends a command with WAIT_MS to live and waits for its outcome. */
struct command_outcome fixture_command(struct fixture *f, enum lane_command c);
void fixture_send(struct fixture *f, enum lane_command c, int64_t expires_ms);
struct command_outcome fixture_outcome(struct fixture *f, size_t number);

int64_t test_ms(void);

#endif
