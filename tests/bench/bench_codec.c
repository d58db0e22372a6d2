/* What one event costs in the codec: encode, decode, and the look for its place in the stream.
 *
 *   bench_codec [rounds]
 *
 * Prints one line for each: name, nanoseconds per event, bytes per event. */
#include "protocol/support/digest.h"
#include "protocol/wire/event_codec.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const struct topic source = {TOPIC_EVENT, {"lot07"}, {"e03"}};

static const struct event event = {
    .kind = EVENT_PASSAGE_COMPLETED,
    .place = {"lot07"},
    .edge = {"e03"},
    .epoch = 5,
    .seq = 48213,
    .prev = {"9f3c0a1b2c3d4e5f60718293a4b5c6d7"},
    .time = {INT64_C(1795156272345)},
    .boot = 77,
    .mono = {81233},
    .clock = CLOCK_SYNCED,
    .data = {.lane = {"in-1"},
             .movement = {"0123456789abcdef"},
             .direction = DIRECTION_ENTRY,
             .plate = {"22아2222"}},
};

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void report(const char *name, int64_t start_ns, long rounds, size_t len)
{
    printf("%-8s %6lld ns/event %4zu bytes\n", name, (long long)((now_ns() - start_ns) / rounds),
           len);
}

static void must(enum err e)
{
    if (e == ERR_OK)
        return;
    fprintf(stderr, "bench_codec: %s\n", err_text(e));
    exit(1);
}

int main(int argc, char **argv)
{
    char text[EVENT_BYTES_MAX + 1];
    long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 200000;
    size_t len = 0;
    struct event back;
    struct event_header header;
    struct digest digest;
    if (rounds < 1)
        rounds = 1;

    int64_t start_ns = now_ns();
    for (long i = 0; i < rounds; i++)
        must(event_encode(&event, text, sizeof text, &len));
    report("encode", start_ns, rounds, len);

    start_ns = now_ns();
    for (long i = 0; i < rounds; i++)
        must(event_decode(&source, text, len, &back, NULL));
    report("decode", start_ns, rounds, len);

    start_ns = now_ns();
    for (long i = 0; i < rounds; i++)
        must(event_peek(text, len, &header));
    report("peek", start_ns, rounds, len);

    start_ns = now_ns();
    for (long i = 0; i < rounds; i++)
        digest_of(text, len, &digest);
    report("digest", start_ns, rounds, len);
    return 0;
}
