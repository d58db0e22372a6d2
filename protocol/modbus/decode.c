#include "protocol/modbus/decode.h"

static uint16_t word_at(const struct image *image, struct plan_slot s, size_t further)
{
    const uint8_t *at = image->data[s.range] + 2 * (s.offset + further);
    return (uint16_t)(at[0] << 8 | at[1]);
}

static bool bit_at(const struct image *image, struct plan_slot s)
{
    return image->data[s.range][s.offset / 8] >> s.offset % 8 & 1;
}

static bool input_is_on(const struct profile_input *in, const struct image *image,
                        struct plan_slot s)
{
    if (space_is_bits(in->at.space))
        return bit_at(image, s) != in->invert;
    uint16_t v = word_at(image, s, 0) & in->mask;
    return (in->equals < 0 ? v != 0 : v == in->equals) != in->invert;
}

/* M1 */
static const uint32_t fine_without =
    UINT32_C(1) << IN_ARM_ATTACHED | UINT32_C(1) << IN_PHOTOCELL_CLEAR | UINT32_C(1) << IN_EDGE_OK |
    UINT32_C(1) << IN_LOCAL_STOP_OK | UINT32_C(1) << IN_MAINS_OK | UINT32_C(1) << IN_BATTERY_OK |
    UINT32_C(1) << IN_CABINET_CLOSED | UINT32_C(1) << IN_READER_OK | UINT32_C(1) << IN_CAMERA_OK;

uint32_t decode_inputs(const struct profile *p, const struct plan *plan, const struct image *image)
{
    uint32_t bits = 0;
    for (int i = 0; i < LANE_INPUTS; i++) {
        const struct profile_input *in = &p->inputs[i];
        bool on = in->at.space == SPACE_NONE ? fine_without >> i & 1
                                             : input_is_on(in, image, plan->inputs[i]);
        bits |= (uint32_t)on << i;
    }
    return bits;
}

/* The raw value; 0 where there is none. */
uint32_t decode_raw(const struct profile_value *v, const struct image *image, struct plan_slot s)
{
    if (v->at.space == SPACE_NONE)
        return 0;
    if (space_is_bits(v->at.space))
        return bit_at(image, s);
    uint16_t first = word_at(image, s, 0);
    if (!v->wide)
        return first;
    uint16_t second = word_at(image, s, 1);
    return v->low_first ? (uint32_t)second << 16 | first : (uint32_t)first << 16 | second;
}

static int64_t value_of(const struct profile_value *v, const struct image *image,
                        struct plan_slot s)
{
    if (v->at.space == SPACE_NONE)
        return 0;
    return (int64_t)decode_raw(v, image, s) * v->multiply / v->divide;
}

static enum err gate_of(const struct profile *p, const struct plan *plan, const struct image *image,
                        enum gate_status *ret)
{
    uint32_t raw = decode_raw(&p->gate, image, plan->gate);
    for (size_t i = 0; i < p->state_count; i++)
        if (p->states[i].raw == raw) {
            *ret = p->states[i].gate;
            return ERR_OK;
        }
    return ERR_INVAL;
}

static enum err position_of(const struct profile *p, const struct plan *plan,
                            const struct image *image, uint8_t *ret)
{
    int64_t v = value_of(&p->position, image, plan->position);
    if (p->position.at.space == SPACE_NONE ||
        (int64_t)decode_raw(&p->position, image, plan->position) == p->position_unknown) {
        *ret = POSITION_UNKNOWN;
        return ERR_OK;
    }
    if (v < 0 || v > POSITION_MAX)
        return ERR_INVAL;
    *ret = (uint8_t)v;
    return ERR_OK;
}

static bool has_status(const struct profile *p)
{
    const struct profile_value *const all[] = {&p->gate,       &p->position,   &p->last_error,
                                               &p->operations, &p->boot_count, &p->heartbeat,
                                               &p->uptime};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i]->at.space != SPACE_NONE)
            return true;
    return false;
}

enum err decode_status(const struct profile *p, const struct plan *plan, const struct image *image,
                       struct lane_status *ret)
{
    if (!has_status(p))
        return ERR_NOTFOUND;
    struct lane_status s = {
        .last_error = (uint16_t)decode_raw(&p->last_error, image, plan->last_error),
        .operations = decode_raw(&p->operations, image, plan->operations),
        .boot_count = (uint16_t)decode_raw(&p->boot_count, image, plan->boot_count),
        .heartbeat = (uint16_t)decode_raw(&p->heartbeat, image, plan->heartbeat),
        .uptime_s = (uint32_t)value_of(&p->uptime, image, plan->uptime),
    };
    if (p->gate.at.space != SPACE_NONE)
        TRY(gate_of(p, plan, image, &s.gate));
    TRY(position_of(p, plan, image, &s.position));
    *ret = s;
    return ERR_OK;
}

enum err decode_counters(const struct profile *p, const struct plan *plan,
                         const struct image *image, uint32_t *ret_forward, uint32_t *ret_reverse)
{
    if (p->forward.at.space == SPACE_NONE)
        return ERR_NOTFOUND;
    *ret_forward = decode_raw(&p->forward, image, plan->forward);
    *ret_reverse = decode_raw(&p->reverse, image, plan->reverse);
    return ERR_OK;
}

/* One register of a block by its address; `absent` where the profile names none. */
static uint16_t block_word(const struct profile_text *t, const struct image *image,
                           struct plan_slot s, int32_t address, uint16_t absent)
{
    uint16_t begin;
    uint32_t span;
    if (address < 0)
        return absent;
    plan_text_span(t, &begin, &span);
    return word_at(image, s, (size_t)address - begin);
}

uint16_t decode_text_word(const struct profile_text *t, const struct image *image,
                          struct plan_slot slot, int32_t address)
{
    return block_word(t, image, slot, address, 0);
}

/* The text of a block into ret[PLATE_RAW_SIZE]. ERR_INVAL: impossible length. */
static enum err text_of(const struct profile_text *t, const struct image *image, struct plan_slot s,
                        char *ret, uint8_t *ret_len)
{
    size_t max = (size_t)t->registers * 2;
    size_t len = block_word(t, image, s, t->bytes, (uint16_t)max);
    if (len > max || len >= PLATE_RAW_SIZE)
        return ERR_INVAL;
    for (size_t i = 0; i < len; i++) {
        uint16_t reg = block_word(t, image, s, t->text + (int32_t)(i / 2), 0);
        bool high = (i % 2 == 0) != t->swapped;
        ret[i] = (char)(high ? reg >> 8 : reg & 0xFF);
        if (t->bytes < 0 && ret[i] == '\0')
            len = i;
    }
    ret[len] = '\0';
    *ret_len = (uint8_t)len;
    return ERR_OK;
}

enum err decode_plate(const struct profile *p, const struct plan *plan, const struct image *image,
                      uint16_t *ret_sequence, struct plate_reading *ret)
{
    const struct profile_text *t = &p->plate;
    if (t->sequence.space == SPACE_NONE)
        return ERR_NOTFOUND;
    uint16_t sequence = block_word(t, image, plan->plate, t->sequence.address, 0);
    *ret_sequence = sequence;
    if (t->guard && sequence & 1)
        return ERR_UNAVAIL;
    uint32_t confidence = block_word(t, image, plan->plate, t->confidence, 0);
    if (t->confidence < 0)
        confidence = CONFIDENCE_MAX;
    else
        confidence = (uint32_t)(confidence * INT64_C(10000) / t->confidence_full);
    struct plate_reading r = {
        .sequence = sequence,
        .confidence = (uint16_t)confidence,
        .no_plate = block_word(t, image, plan->plate, t->flags, 0) & t->none_mask,
    };
    if (confidence > CONFIDENCE_MAX)
        return ERR_INVAL;
    TRY(text_of(t, image, plan->plate, r.raw, &r.len));
    *ret = r;
    return ERR_OK;
}

enum err decode_credential(const struct profile *p, const struct plan *plan,
                           const struct image *image, struct credential_reading *ret)
{
    const struct profile_text *t = &p->credential;
    if (t->sequence.space == SPACE_NONE)
        return ERR_NOTFOUND;
    uint16_t sequence = block_word(t, image, plan->credential, t->sequence.address, 0);
    if (t->guard && sequence & 1)
        return ERR_UNAVAIL;
    uint16_t type = block_word(t, image, plan->credential, t->type, 0);
    if (type > READ_PIN)
        return ERR_INVAL;
    struct credential_reading r = {.sequence = sequence, .type = (enum credential_type)type};
    TRY(text_of(t, image, plan->credential, r.raw, &r.len));
    *ret = r;
    return ERR_OK;
}

size_t decode_identity(const struct profile *p, const struct plan *plan, const struct image *image)
{
    size_t i = 0;
    while (i < p->identity_count && word_at(image, plan->identity[i], 0) == p->identity[i].equals)
        i++;
    return i;
}

/* The length of the UTF-8 character at `b`, 0 if there is none. */
static size_t character(const unsigned char *b, size_t len)
{
    size_t more = b[0] < 0x80                   ? 0
                  : b[0] >= 0xC2 && b[0] < 0xE0 ? 1
                  : b[0] >= 0xE0 && b[0] < 0xF0 ? 2
                  : b[0] >= 0xF0 && b[0] < 0xF5 ? 3
                                                : len;
    if (more >= len)
        return 0;
    for (size_t i = 1; i <= more; i++)
        if ((b[i] & 0xC0) != 0x80)
            return 0;
    if ((b[0] == 0xE0 && b[1] < 0xA0) || (b[0] == 0xED && b[1] >= 0xA0) ||
        (b[0] == 0xF0 && b[1] < 0x90) || (b[0] == 0xF4 && b[1] >= 0x90) || b[0] == 0)
        return 0;
    return more + 1;
}

static bool is_utf8(const unsigned char *b, size_t len)
{
    for (size_t i = 0; i < len;) {
        size_t n = character(b + i, len - i);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

/* KS X 1001 in its EUC form: what is not ASCII comes in pairs of A1..FE. */
static bool is_euc_kr(const unsigned char *b, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (b[i] < 0x80 && b[i] != 0)
            continue;
        if (i + 1 == len || b[i] < 0xA1 || b[i] == 0xFF || b[i + 1] < 0xA1 || b[i + 1] == 0xFF)
            return false;
        i++;
    }
    return true;
}

enum text_look text_look(const char *bytes, size_t len)
{
    unsigned char b[PLATE_RAW_SIZE] = {0}, swapped[PLATE_RAW_SIZE + 1] = {0};
    if (len >= PLATE_RAW_SIZE)
        return TEXT_NOISE;
    for (size_t i = 0; i < len; i++) {
        b[i] = (unsigned char)bytes[i];
        swapped[i ^ 1] = b[i];
    }
    if (is_utf8(b, len))
        return TEXT_UTF8;
    if (is_euc_kr(b, len)) /* first: two of its bytes swapped may be a letter of UTF-8 */
        return TEXT_EUC_KR;
    /* Of an odd length the last byte came from beyond it, where the NUL should be. */
    size_t whole = len % 2 == 0 ? len : len - 1;
    if (whole > 0 && is_utf8(swapped, whole) && (len % 2 == 0 || b[len - 1] == 0))
        return TEXT_SWAPPED;
    return TEXT_NOISE;
}

const char *text_look_word(enum text_look l)
{
    static const char *const words[] = {"utf-8", "byte-swapped", "EUC-KR", "noise"};
    return words[l];
}
