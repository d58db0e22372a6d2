/* The `reference` map, both directions. Addresses inside a range are offsets from its start. */
#include "protocol/modbus/reference.h"

#include <string.h>

/* Input registers 16..25, as offsets from REF_STATUS. */
enum {
    STATUS_GATE = 0,
    STATUS_POSITION = 1,
    STATUS_LAST_ERROR = 3,
    STATUS_OPERATIONS = 4, /* 32 bits */
    STATUS_BOOT_COUNT = 6,
    STATUS_HEARTBEAT = 7,
    STATUS_UPTIME_S = 8, /* 32 bits */
    POSITION_MAX = 100,
    POSITION_UNKNOWN = 255,
};

/* Input registers 48..71, as offsets from REF_PLATE. */
enum {
    PLATE_SEQUENCE = 0,
    PLATE_BYTES = 1,
    PLATE_CONFIDENCE = 2,
    PLATE_FLAGS = 3,
    PLATE_TEXT = 8,
    PLATE_TEXT_BYTES = PLATE_RAW_SIZE - 1,
    CONFIDENCE_MAX = 10000,
    FLAG_NO_PLATE = 4,
};

/* Input registers 0..2. */
enum { MAGIC_HIGH = 0x4247, MAGIC_LOW = 0x4C4E, MAP_VERSION = 1 };

/* 32-bit values of this map: high word first. */
static uint32_t long_at(const uint16_t *regs)
{
    return (uint32_t)regs[0] << 16 | regs[1];
}

enum err reference_check_identity(const uint16_t regs[REF_IDENTITY_COUNT])
{
    bool ours = regs[0] == MAGIC_HIGH && regs[1] == MAGIC_LOW && regs[2] == MAP_VERSION;
    return ours ? ERR_OK : ERR_INVAL;
}

uint32_t reference_inputs(const uint8_t bits[REF_INPUT_COUNT])
{
    uint32_t packed = 0;
    for (int i = 0; i < REF_INPUT_COUNT; i++)
        if (bits[i])
            packed |= UINT32_C(1) << i;
    return packed;
}

static bool gate_status_known(uint16_t v)
{
    switch (v) {
    case GATE_UNKNOWN:
    case GATE_OPEN:
    case GATE_CLOSED:
    case GATE_STOPPED:
    case GATE_OPENING:
    case GATE_CLOSING: return true;
    default: return false;
    }
}

enum err reference_status(const uint16_t regs[REF_STATUS_COUNT], struct lane_status *ret)
{
    uint16_t position = regs[STATUS_POSITION];
    if (!gate_status_known(regs[STATUS_GATE]))
        return ERR_INVAL;
    if (position > POSITION_MAX && position != POSITION_UNKNOWN)
        return ERR_INVAL;
    *ret = (struct lane_status){
        .gate = (enum gate_status)regs[STATUS_GATE],
        .position = (uint8_t)position,
        .last_error = regs[STATUS_LAST_ERROR],
        .operations = long_at(regs + STATUS_OPERATIONS),
        .boot_count = regs[STATUS_BOOT_COUNT],
        .heartbeat = regs[STATUS_HEARTBEAT],
        .uptime_s = long_at(regs + STATUS_UPTIME_S),
    };
    return ERR_OK;
}

enum err reference_plate(const uint16_t regs[REF_PLATE_COUNT], struct plate_reading *ret)
{
    uint16_t len = regs[PLATE_BYTES], confidence = regs[PLATE_CONFIDENCE];
    if (regs[PLATE_SEQUENCE] & 1)
        return ERR_UNAVAIL;
    if (len > PLATE_TEXT_BYTES || confidence > CONFIDENCE_MAX)
        return ERR_INVAL;
    struct plate_reading reading = {
        .sequence = regs[PLATE_SEQUENCE],
        .len = (uint8_t)len,
        .confidence = confidence,
        .no_plate = regs[PLATE_FLAGS] & FLAG_NO_PLATE,
    };
    for (int i = 0; i < len; i++) {
        uint16_t reg = regs[PLATE_TEXT + i / 2];
        reading.raw[i] = (char)(i % 2 == 0 ? reg >> 8 : reg & 0xFF);
    }
    *ret = reading;
    return ERR_OK;
}

void reference_command(enum lane_command c, uint16_t sequence, uint16_t ret[REF_COMMAND_COUNT])
{
    ret[0] = (uint16_t)c;
    ret[1] = sequence;
}

enum err reference_display(const char *text, uint16_t ret[REF_DISPLAY_COUNT])
{
    size_t len = strlen(text);
    if (len > REF_DISPLAY_COUNT * 2)
        return ERR_FULL;
    for (size_t i = 0; i < REF_DISPLAY_COUNT; i++) {
        uint16_t high = 2 * i < len ? (uint8_t)text[2 * i] : 0;
        uint16_t low = 2 * i + 1 < len ? (uint8_t)text[2 * i + 1] : 0;
        ret[i] = (uint16_t)(high << 8 | low);
    }
    return ERR_OK;
}
