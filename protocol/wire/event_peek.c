/* Finds an event's place in the stream in bytes that may not be JSON at all: broken UTF-8, doubled
 * keys, a cut end. It walks the members of the outermost object and reads three of them.
 *
 * P1 Only members of the outermost object count, never a text that looks like one inside a value.
 * P2 A member that is there twice is not believed. */
#include "protocol/wire/event_codec.h"

#include "protocol/wire/record.h"

#include <string.h>

struct scan {
    const char *at;
    const char *end;
};

struct span {
    const char *text;
    size_t len;
};

static void skip_space(struct scan *s)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\t' || *s->at == '\n' || *s->at == '\r'))
        s->at++;
}

static bool skip_char(struct scan *s, char c)
{
    skip_space(s);
    if (s->at == s->end || *s->at != c)
        return false;
    s->at++;
    return true;
}

/* Past a string that starts here; its inside goes to *ret, escapes unread. */
static bool scan_string(struct scan *s, struct span *ret)
{
    if (!skip_char(s, '"'))
        return false;
    const char *start = s->at;
    for (; s->at < s->end && *s->at != '"'; s->at++)
        if (*s->at == '\\' && s->at + 1 < s->end)
            s->at++;
    if (s->at == s->end)
        return false;
    *ret = (struct span){start, (size_t)(s->at - start)};
    s->at++;
    return true;
}

/* Past an array or object that starts here: strings are skipped, brackets are counted. */
static bool scan_nested(struct scan *s)
{
    struct span inside;
    size_t depth = 0;
    while (s->at < s->end) {
        if (*s->at == '"') {
            if (!scan_string(s, &inside))
                return false;
            continue;
        }
        if (*s->at == '{' || *s->at == '[')
            depth++;
        else if (*s->at == '}' || *s->at == ']')
            depth--;
        s->at++;
        if (depth == 0)
            return true;
    }
    return false;
}

/* Past any value; a string's inside or a scalar's text goes to *ret. */
static bool scan_value(struct scan *s, struct span *ret)
{
    skip_space(s);
    if (s->at == s->end)
        return false;
    if (*s->at == '"')
        return scan_string(s, ret);
    const char *start = s->at;
    if (*s->at == '{' || *s->at == '[') {
        *ret = (struct span){start, 0};
        return scan_nested(s);
    }
    while (s->at < s->end && !strchr(",}] \t\r\n", *s->at))
        s->at++;
    *ret = (struct span){start, (size_t)(s->at - start)};
    return s->at > start && s->at < s->end; /* a number at the very end may be cut */
}

static bool span_is(struct span s, const char *word)
{
    return s.len == strlen(word) && memcmp(s.text, word, s.len) == 0;
}

enum err event_peek(const void *bytes, size_t len, struct event_header *ret)
{
    enum { EPOCH, SEQUENCE, PREV, WANTED };
    static const char *const wanted[WANTED] = {"epoch", "sequence", "prev"};
    struct span found[WANTED] = {{0}}, key, value;
    struct scan s = {bytes, (const char *)bytes + len};
    if (!skip_char(&s, '{'))
        return ERR_INVAL;
    while (scan_string(&s, &key) && skip_char(&s, ':') && scan_value(&s, &value)) {
        for (int i = 0; i < WANTED; i++) {
            if (!span_is(key, wanted[i]))
                continue;
            if (found[i].text != NULL)
                return ERR_INVAL; /* P2 */
            found[i] = value;
        }
        if (!skip_char(&s, ','))
            break;
    }
    struct event_header h;
    TRY(record_decimal(found[EPOCH].text, found[EPOCH].len, &h.epoch));
    TRY(record_decimal(found[SEQUENCE].text, found[SEQUENCE].len, &h.seq));
    TRY(digest_parse(found[PREV].text, found[PREV].len, &h.prev));
    *ret = h;
    return ERR_OK;
}
