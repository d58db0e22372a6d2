/* See register_map.h. */
#include "sim/hardware/register_map.h"

#include <string.h>

enum {
    COILS = 11,
    COIL_GREEN = 5,
    COIL_FULL_SIGN = 6,
    COIL_ISSUE_TICKET = 7,
    COIL_TRIGGER_CAMERA = 8,
    COIL_ACKNOWLEDGE_RESTART = 10,

    INPUT_REGISTERS = 122,
    HOLDING_REGISTERS = 48,
    HOLDING_CODE = 0,
    HOLDING_SEQUENCE = 1,
    HOLDING_HEARTBEAT = 2,
    HOLDING_WATCHDOG_MS = 3,
    HOLDING_FALLBACK = 5,
    HOLDING_TIMING = 8,
    HOLDING_DISPLAY = 16,
    HOLDING_TICKET = 32,

    MAP_VERSION = 1,
    WATCHDOG_MIN_MS = 100,

    STATUS_UNKNOWN = 0,
    STATUS_OPEN = 16,
    STATUS_CLOSED = 17,
    STATUS_STOPPED = 19,
    STATUS_OPENING = 32,
    STATUS_CLOSING = 33,
};

void register_map_pack(const char *text, size_t bytes, uint16_t *ret, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        unsigned high = 2 * i < bytes ? (unsigned char)text[2 * i] : 0;
        unsigned low = 2 * i + 1 < bytes ? (unsigned char)text[2 * i + 1] : 0;
        ret[i] = (uint16_t)(high << 8 | low);
    }
}

static void put32(uint16_t *at, uint32_t v)
{
    at[0] = (uint16_t)(v >> 16);
    at[1] = (uint16_t)(v & 0xFFFF);
}

static uint16_t gate_status(const struct device *d)
{
    const struct barrier *b = &d->barrier;
    if (b->motion != BARRIER_STILL)
        return b->motion == BARRIER_OPENING ? STATUS_OPENING : STATUS_CLOSING;
    if (device_up(d) && device_down(d))
        return STATUS_UNKNOWN;
    if (device_up(d))
        return STATUS_OPEN;
    return device_down(d) ? STATUS_CLOSED : STATUS_STOPPED;
}

static void fill_identity(const struct device *d, uint16_t *all)
{
    all[0] = 0x4247;
    all[1] = 0x4C4E;
    all[2] = MAP_VERSION;
    register_map_pack(d->options.serial, strlen(d->options.serial), all + 7, 8);
}

static void fill_status(const struct device *d, uint16_t *all)
{
    int64_t up_s = (d->now_ms - d->booted_ms) / 1000;
    all[16] = gate_status(d);
    all[17] = (uint16_t)barrier_percent(&d->barrier);
    all[18] = (uint16_t)(device_inputs(d) & 0xFFFF);
    all[19] = device_last_error(d);
    put32(all + 20, d->barrier.opens);
    all[22] = d->boot_count;
    all[23] = device_heartbeat_of(d);
    put32(all + 24, (uint32_t)up_s);
    put32(all + 32, d->forward);
    put32(all + 34, d->reverse);
}

static void fill_plate(const struct device *d, uint16_t *all)
{
    const struct device_camera *c = &d->camera;
    all[48] = c->sequence;
    all[49] = c->bytes;
    all[50] = c->confidence;
    all[51] = c->flags;
    put32(all + 52, (uint32_t)(c->captured_ms / 1000));
    all[54] = (uint16_t)(c->captured_ms % 1000);
    all[55] = c->country;
    register_map_pack(c->text, sizeof c->text, all + 56, 16);
}

static void fill_credential(const struct device *d, uint16_t *all)
{
    const struct device_reader *r = &d->reader;
    all[80] = r->sequence;
    all[81] = r->type;
    all[82] = r->bytes;
    register_map_pack(r->text, sizeof r->text, all + 83, 16);
}

static void input_registers(const struct device *d, uint16_t *all)
{
    memset(all, 0, INPUT_REGISTERS * sizeof *all);
    fill_identity(d, all);
    fill_status(d, all);
    fill_plate(d, all);
    fill_credential(d, all);
    all[120] = d->done_sequence;
    all[121] = d->done_result;
}

static void holding_registers(const struct device *d, uint16_t *all)
{
    const struct device_host *h = &d->host;
    memset(all, 0, HOLDING_REGISTERS * sizeof *all);
    all[HOLDING_CODE] = h->command;
    all[HOLDING_SEQUENCE] = h->command_sequence;
    all[HOLDING_HEARTBEAT] = h->heartbeat;
    all[HOLDING_WATCHDOG_MS] = h->watchdog_ms;
    all[HOLDING_FALLBACK] = h->fallback;
    memcpy(all + HOLDING_TIMING, h->timing, sizeof h->timing);
    memcpy(all + HOLDING_DISPLAY, h->display, sizeof h->display);
    memcpy(all + HOLDING_TICKET, h->ticket, sizeof h->ticket);
}

static bool inside(const struct frame_request *r, uint32_t size)
{
    return (uint32_t)r->address + r->count <= size;
}

static enum frame_exception read_bits(uint32_t bits, uint32_t size, const struct frame_request *r,
                                      union frame_values *ret)
{
    if (!inside(r, size))
        return FRAME_ILLEGAL_ADDRESS;
    for (uint32_t i = 0; i < r->count; i++)
        ret->bits[i] = bits >> (r->address + i) & 1;
    return FRAME_OK;
}

static enum frame_exception read_registers(const struct device *d, const struct frame_request *r,
                                           union frame_values *ret)
{
    uint16_t all[INPUT_REGISTERS];
    bool holding = r->function == FRAME_READ_HOLDING;
    if (!inside(r, holding ? HOLDING_REGISTERS : INPUT_REGISTERS))
        return FRAME_ILLEGAL_ADDRESS;
    if (holding)
        holding_registers(d, all);
    else
        input_registers(d, all);
    memcpy(ret->registers, all + r->address, r->count * sizeof all[0]);
    return FRAME_OK;
}

static bool coil_known(uint32_t address)
{
    return (address >= COIL_GREEN && address <= COIL_TRIGGER_CAMERA) ||
           address == COIL_ACKNOWLEDGE_RESTART;
}

static enum frame_exception write_coils(struct device *d, const struct frame_request *r)
{
    for (uint32_t i = 0; i < r->count; i++)
        if (!coil_known(r->address + i))
            return FRAME_ILLEGAL_ADDRESS;
    for (uint32_t i = 0; i < r->count; i++) {
        bool on = r->bits[i];
        switch (r->address + i) {
        case COIL_GREEN: d->green = on; break;
        case COIL_FULL_SIGN: d->full_sign = on; break;
        case COIL_ISSUE_TICKET:
            if (on)
                device_issue_ticket(d);
            break;
        case COIL_TRIGGER_CAMERA:
            if (on)
                device_trigger_camera(d);
            break;
        default: /* COIL_ACKNOWLEDGE_RESTART */ d->restarted &= !on; break;
        }
    }
    return FRAME_OK;
}

static enum frame_exception check_holding(uint32_t address, uint16_t value)
{
    switch (address) {
    case HOLDING_CODE:
    case HOLDING_SEQUENCE:
    case HOLDING_HEARTBEAT: return FRAME_OK;
    case HOLDING_WATCHDOG_MS: return value >= WATCHDOG_MIN_MS ? FRAME_OK : FRAME_ILLEGAL_VALUE;
    case HOLDING_FALLBACK: return value < FALLBACKS ? FRAME_OK : FRAME_ILLEGAL_VALUE;
    default:
        return address >= HOLDING_TIMING && address < HOLDING_REGISTERS ? FRAME_OK
                                                                        : FRAME_ILLEGAL_ADDRESS;
    }
}

static void write_holding(struct device *d, uint32_t address, uint16_t value)
{
    switch (address) {
    case HOLDING_CODE: d->host.command = value; break;
    case HOLDING_SEQUENCE: device_command(d, d->host.command, value); break;
    case HOLDING_HEARTBEAT: device_heartbeat(d, value); break;
    case HOLDING_WATCHDOG_MS: d->host.watchdog_ms = value; break;
    case HOLDING_FALLBACK: d->host.fallback = value; break;
    default:
        if (address >= HOLDING_TICKET)
            d->host.ticket[address - HOLDING_TICKET] = value;
        else if (address >= HOLDING_DISPLAY)
            d->host.display[address - HOLDING_DISPLAY] = value;
        else
            d->host.timing[address - HOLDING_TIMING] = value;
        break;
    }
}

static enum frame_exception write_registers(struct device *d, const struct frame_request *r)
{
    for (uint32_t i = 0; i < r->count; i++) {
        enum frame_exception e = check_holding(r->address + i, r->registers[i]);
        if (e != FRAME_OK)
            return e;
    }
    for (uint32_t i = 0; i < r->count; i++)
        write_holding(d, r->address + i, r->registers[i]);
    return FRAME_OK;
}

enum frame_exception register_map_serve(struct device *d, const struct frame_request *r,
                                        union frame_values *ret)
{
    switch (r->function) {
    case FRAME_READ_COILS:
        return read_bits((uint32_t)d->green << COIL_GREEN | (uint32_t)d->full_sign
                                                                << COIL_FULL_SIGN,
                         COILS, r, ret);
    case FRAME_READ_INPUTS: return read_bits(device_inputs(d), DEVICE_INPUTS, r, ret);
    case FRAME_READ_HOLDING:
    case FRAME_READ_INPUT_REGISTERS: return read_registers(d, r, ret);
    case FRAME_WRITE_COIL:
    case FRAME_WRITE_COILS: return write_coils(d, r);
    case FRAME_WRITE_REGISTER:
    case FRAME_WRITE_REGISTERS: return write_registers(d, r);
    default: return FRAME_ILLEGAL_FUNCTION;
    }
}
