/* One libFuzzer target per decoder, chosen at compile time by FUZZ. Each checks what must hold for any
 * input: no bad access (sanitizers), a reason within its size, an untouched output on failure, and that
 * a value which decodes encodes to bytes that decode to the same bytes again. */
#include "protocol/modbus/reference.h"
#include "protocol/wire/event_codec.h"
#include "tests/support/decode_any.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_EVENT     1
#define FUZZ_REQUEST   2
#define FUZZ_RESPONSE  3
#define FUZZ_OTHERS    4
#define FUZZ_TOPIC     5
#define FUZZ_REFERENCE 6

static void must(int condition)
{
    if (!condition)
        abort();
}

#if FUZZ == FUZZ_TOPIC
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct topic t;
    char again[TOPIC_SIZE];
    if (topic_parse((const char *)data, size, &t) == ERR_OK) {
        must(topic_format(&t, again) == ERR_OK);
        must(strlen(again) == size && memcmp(again, data, size) == 0);
    }
    return 0;
}

#elif FUZZ == FUZZ_REFERENCE
static void plate(const uint16_t regs[REF_PLATE_COUNT])
{
    struct plate_reading r;
    if (reference_plate(regs, &r) == ERR_OK) {
        must(r.len < sizeof r.raw && r.raw[r.len] == '\0');
        must(r.confidence <= 10000 && r.sequence % 2 == 0);
    }
}

static void status(const uint16_t regs[REF_STATUS_COUNT])
{
    struct lane_status s;
    if (reference_status(regs, &s) == ERR_OK)
        must(s.position <= 100 || s.position == 255);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint16_t regs[REF_PLATE_COUNT] = {0}, display[REF_DISPLAY_COUNT];
    uint8_t bits[REF_INPUT_COUNT] = {0};
    char text[64] = "";
    memcpy(regs, data, size < sizeof regs ? size : sizeof regs);
    memcpy(bits, data, size < sizeof bits ? size : sizeof bits);
    memcpy(text, data, size < sizeof text ? size : sizeof text - 1);
    plate(regs);
    status(regs);
    (void)reference_check_identity(regs);
    must(reference_inputs(bits) < UINT32_C(1) << REF_INPUT_COUNT);
    must((reference_display(text, display) == ERR_OK) == (strlen(text) <= 2 * REF_DISPLAY_COUNT));
    return 0;
}

#else
static void decode(enum topic_kind kind, const uint8_t *data, size_t size)
{
    static char once[EVENT_BYTES_MAX + 1], twice[EVENT_BYTES_MAX + 1];
    const struct topic topic = {kind, {"lot07"}, {"e03"}};
    char reason[DECODE_REASON_SIZE];
    memset(reason, 'x', sizeof reason);
    if (decode_any(&topic, data, size, reason, once) != ERR_OK) {
        must(memchr(reason, '\0', sizeof reason) != NULL && reason[0] != '\0');
        return;
    }
    if (once[0] == '\0')
        return; /* an event of a type we do not know */
    must(decode_any(&topic, once, strlen(once), reason, twice) == ERR_OK);
    must(strcmp(once, twice) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
#if FUZZ == FUZZ_EVENT
    struct event_header h;
    if (event_peek(data, size, &h) == ERR_OK)
        must(h.epoch > 0 && h.seq > 0 && strlen(h.prev.text) == 32);
    decode(TOPIC_EVENT, data, size);
#elif FUZZ == FUZZ_REQUEST
    decode(TOPIC_REQUEST, data, size);
#elif FUZZ == FUZZ_RESPONSE
    decode(TOPIC_RESPONSE, data, size);
#else
    static const enum topic_kind kinds[] = {TOPIC_ACK,       TOPIC_GRANT,     TOPIC_STATUS,
                                            TOPIC_TELEMETRY, TOPIC_OCCUPANCY, TOPIC_CLOUD_STATUS,
                                            TOPIC_COMMAND};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        decode(kinds[i], data, size);
#endif
    return 0;
}
#endif
