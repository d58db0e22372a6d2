/* /v1/stream: what changes, as server-sent events. Events: `place` (the document of one place),
 * `movement` (plates masked), `command` (how far a command to a lane has come, not whose) and `beat` (time, rate, names of all places, breakers).
 *
 * S1 The service only leaves notes (which place, which movement); a thread of the hub reads what they
 *    are about and sends it, many changes of one place as one event. The service never waits.
 * S2 A new client begins with every place and the latest movements, then a beat; all clients get
 *    every place again with each beat, so that ages move on and a lost note heals.
 * S3 Clients, their suspension and their bytes are touched under one lock, also by the library's threads
 *    (stream_read suspends inside the library's call, the hub resumes).
 * S4 A client that does not take its bytes (frames.h F2) is cut by shutting its socket down.
 * S5 Before the library stops every client is resumed and ended: it aborts on suspended ones. */
#ifndef BOOMGATE_CLOUD_HTTP_HUB_H
#define BOOMGATE_CLOUD_HTTP_HUB_H

#include "cloud/http/frames.h"
#include "cloud/http/notes.h"
#include "cloud/http/server.h"

struct MHD_Connection;

struct client {
    struct client *next, *previous;
    struct hub *hub;
    struct MHD_Connection *connection;
    int fd;
    bool suspended;
    struct frames frames;
};

struct hub {
    struct http *http;
    struct reader *reader;
    pthread_t thread;

    pthread_mutex_t notes_lock;
    pthread_cond_t noted;
    struct notes notes;
    bool stop;

    pthread_mutex_t lock; /* S3: everything below */
    pthread_cond_t gone;
    struct client clients; /* ring with a head */
    int64_t client_count;
    bool closing;
    _Atomic bool listened; /* client_count > 0, for the service's thread */
};

/* Text that grows. */
struct bytes {
    char *text;
    size_t len, size;
};

/* S2: every place, if wanted the latest movements, and a beat. */
enum err hub_everything(struct bytes *b, const struct http *h, struct reader *reader,
                        bool with_movements);

/* stream.c: sends to all clients; takes over the text. */
void stream_broadcast(struct hub *h, struct bytes *b);
/* Resumes a client so that it can take or end. Under the lock. */
void stream_wake(struct client *c);

#endif
