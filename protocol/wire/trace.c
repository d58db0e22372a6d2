#include "protocol/wire/trace.h"

#include "protocol/base/buf.h"

#include <string.h>

/* FNV-1a, 64 bits, with the mixing end of splitmix64: every bit of the name moves every bit. */
static uint64_t hash(uint64_t seed, const char *text)
{
    uint64_t h = 0xcbf29ce484222325u ^ seed;
    for (; *text != '\0'; text++)
        h = (h ^ (unsigned char)*text) * 0x100000001b3u;
    h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9u;
    h = (h ^ (h >> 27)) * 0x94d049bb133111ebu;
    h ^= h >> 31;
    return h != 0 ? h : 1;
}

static void write_hex(uint64_t v, char ret[SPAN_ID_SIZE])
{
    uint8_t bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(v >> (56 - 8 * i));
    hex_format(bytes, sizeof bytes, ret);
}

struct trace trace_of(const struct movement_id *movement)
{
    struct trace t = {""};
    if (movement->text[0] == '\0')
        return t;
    memcpy(t.text, movement->text, MOVEMENT_ID_SIZE - 1);
    write_hex(hash(0, movement->text), t.text + MOVEMENT_ID_SIZE - 1);
    return t;
}

struct movement_id trace_movement(const struct trace *trace)
{
    struct movement_id m = {""};
    memcpy(m.text, trace->text, MOVEMENT_ID_SIZE - 1);
    return m;
}

struct span_id trace_root(const struct trace *trace)
{
    return trace_span(trace, "");
}

struct span_id trace_span(const struct trace *trace, const char *name)
{
    struct span_id s;
    write_hex(hash(hash(0, trace->text), name), s.text);
    return s;
}

void traceparent_format(const struct trace *trace, const struct span_id *span,
                        char ret[TRACEPARENT_SIZE])
{
    struct buf b = buf_of(ret, TRACEPARENT_SIZE);
    ret[0] = '\0';
    if (trace->text[0] == '\0')
        return;
    buf_adds(&b, "00-");
    buf_adds(&b, trace->text);
    buf_adds(&b, "-");
    buf_adds(&b, span->text);
    buf_adds(&b, "-01");
}
