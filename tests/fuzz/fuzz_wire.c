/* One libFuzzer target per decoder, chosen at compile time by FUZZ. Each checks what must hold for any
 * input: no bad access (sanitizers), a reason within its size, an untouched output on failure, and that
 * a value which decodes encodes to bytes that decode to the same bytes again. */
#include "edge/field/profile_file.h"
#include "protocol/base/ticket.h"
#include "protocol/modbus/decode.h"
#include "protocol/support/credential.h"
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
#define FUZZ_SHOWN     7

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

#elif FUZZ == FUZZ_SHOWN
/* What is clean stays as it is, and shows at most its end. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct credential_text once, twice;
    char mask[CREDENTIAL_TEXT_SIZE];
    memset(&once, 'x', sizeof once);
    if (credential_clean((const char *)data, size, &once) != ERR_OK) {
        must(memchr(&once, '\0', sizeof once) == NULL);
        return 0;
    }
    must(once.text[0] != '\0');
    must(credential_clean(once.text, strlen(once.text), &twice) == ERR_OK);
    must(strcmp(once.text, twice.text) == 0);
    must(!credential_is_ticket(&once) || strlen(once.text) == TICKET_SIZE - 1);
    credential_mask(&once, mask);
    must(strncmp(mask, "***", 3) == 0);
    return 0;
}

#elif FUZZ == FUZZ_REFERENCE
/* The bytes are what every range of the reference profile held. */
static struct image image_of(const struct plan *plan, const uint8_t *data, size_t size)
{
    static uint8_t all[PLAN_RANGES_MAX][250];
    struct image image;
    memset(all, 0, sizeof all);
    for (size_t i = 0; i < plan->count; i++) {
        size_t n = size < sizeof all[i] ? size : sizeof all[i];
        memcpy(all[i], data, n);
        image.data[i] = all[i];
    }
    return image;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct profile p;
    static struct plan plan;
    struct table_error e;
    struct plate_reading plate;
    struct credential_reading credential;
    struct lane_status status;
    uint16_t sequence, display[16];
    char text[64] = "";
    if (plan.count == 0)
        must(profile_load("reference", &p, &e) == ERR_OK && plan_make(&p, &plan) == ERR_OK);
    const struct image image = image_of(&plan, data, size);
    if (decode_plate(&p, &plan, &image, &sequence, &plate) == ERR_OK) {
        must(plate.len < sizeof plate.raw && plate.raw[plate.len] == '\0');
        must(plate.confidence <= 10000 && plate.sequence % 2 == 0);
        (void)text_look(plate.raw, plate.len);
    }
    if (decode_credential(&p, &plan, &image, &credential) == ERR_OK)
        must(credential.len < sizeof credential.raw);
    if (decode_status(&p, &plan, &image, &status) == ERR_OK)
        must(status.position <= 100 || status.position == 255);
    (void)decode_identity(&p, &plan, &image);
    must(decode_inputs(&p, &plan, &image) < UINT32_C(1) << LANE_INPUTS);
    memcpy(text, data, size < sizeof text ? size : sizeof text - 1);
    must((profile_pack_text(text, display, 16) == ERR_OK) == (strlen(text) <= 32));
    if (profile_parse((const char *)data, size, &p, &e) == ERR_OK)
        plan.count = 0; /* it was one: load the reference again */
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
