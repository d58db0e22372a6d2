/* A real server on a free port over a real database in a temporary folder, and a client that writes and
 * reads raw bytes. The service is a thread that applies place commands to the store, or sleeps. */
#ifndef BOOMGATE_TESTS_CONTRACT_HTTP_FIXTURE_H
#define BOOMGATE_TESTS_CONTRACT_HTTP_FIXTURE_H

#include "cloud/http/http.h"
#include "cloud/store/sqlite.h"

#include <jansson.h>
#include <pthread.h>

#define OPERATOR      "operator-token-0123456789"
#define ATTENDANT     "attendant-token-0123456789"
#define AUDITOR       "auditor-token-0123456789"
#define DRIVER        "driver-token-0123456789"
#define OPERATOR_OF_B "operator-of-b-token-0123456789"

/* 2026-11-20T06:31:12.345Z; 15:31 in Seoul. */
#define NOW_MS INT64_C(1795156272345)

/* All zeros, but set. */
extern const struct pseudonym_key fixture_key;

struct fixture {
    char dir[64];
    char file[96];
    struct store *store;
    struct store_port port;
    struct metrics metrics;
    struct hub *hub;
    struct notifier_port notifier;
    struct http *http;
    struct http_settings settings;
    _Atomic bool queue_full; /* post answers ERR_FULL */
    _Atomic bool asleep;     /* work is taken and not done until woken */
    pthread_mutex_t lock;    /* of the store and the members below */
    struct work *waiting[64];
    size_t waiting_count;
    struct place_settings places[16]; /* those that exist */
    size_t place_count;
    int64_t rights_version;
    int command_count;
    struct audit_row audit; /* pending; id 0: none */
};

/* Seeds two places, an edge with two lanes, movements, stays, payments and a debt. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* Restarts the server with other settings. */
void fixture_restart(struct fixture *f, const struct http_settings *settings);

/* How many writes (not probes) wait while it is asleep; under the lock. */
size_t fixture_writes_waiting(const struct fixture *f);

/* Does what waits. */
void fixture_wake(struct fixture *f);

/* Copies a text that fits. */
void set_text(char *to, size_t size, const char *text);

/* Writes a command as the service would; under the lock. */
void fixture_command(struct fixture *f, const struct command_row *r);

/* Rows for tests that need more. */
void seed_movement(struct fixture *f, int number, const char *place, const char *lane,
                   enum direction direction, const char *plate, enum outcome outcome,
                   int64_t ago_ms);

/* ---- the client ---- */

struct answer {
    int status;
    char head[4096]; /* with the status line */
    char *body;
    size_t body_len;
    json_t *json; /* NULL if the body is none */
};

/* One request on a connection of its own. `more` are further header lines, each with CRLF, or NULL. */
struct answer ask(struct fixture *f, const char *method, const char *target, const char *token,
                  const char *body, const char *more);
struct answer get(struct fixture *f, const char *target, const char *token);
void answer_free(struct answer *a);

/* The value of a header; "" if absent. Into a buffer of the answer's, valid until the next call. */
const char *header(const struct answer *a, const char *name);

/* Raw connections. Reading waits at most `wait_ms`. */
int dial(struct fixture *f);
void send_all(int fd, const void *bytes, size_t len);
/* Up to the end of the connection or until `max` bytes; returns how many, -1 on time-out. */
long read_all(int fd, char *ret, size_t max, int wait_ms);
/* Until `needle` was seen; returns false on the end or time-out. ret is NUL-terminated. */
bool read_until(int fd, const char *needle, char *ret, size_t size, int wait_ms);
struct answer read_answer(int fd, int wait_ms);

#endif
