#include "protocol/support/plate.h"

#include "protocol/base/buf.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum { RAW_MAX = 256, MASK_WHOLE_BELOW = 4, MASK_SHORT_BELOW = 7 };

enum role { ROLE_KEPT, ROLE_MARK, ROLE_DROPPED, ROLE_REFUSED };

/* What writers and cameras put between the groups of a plate, besides spaces and dashes: dots,
 * middle dots of several scripts, the seal of a German plate (read as a bullet), the minus sign. */
static bool is_separator(utf8proc_int32_t c)
{
    static const utf8proc_int32_t separators[] = {'.',    0x00b7, 0x2022, 0x2027, 0x2212,
                                                  0x2219, 0x22c5, 0x30fb, 0xff65};
    for (size_t i = 0; i < sizeof separators / sizeof separators[0]; i++)
        if (c == separators[i])
            return true;
    return false;
}

static enum role role_of(utf8proc_int32_t c)
{
    switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND: return ROLE_KEPT;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME: return ROLE_MARK;
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_PD: return ROLE_DROPPED;
    default: return is_separator(c) ? ROLE_DROPPED : ROLE_REFUSED;
    }
}

/* Canonical composition of text[0..len), allocated by utf8proc; NULL if it is not valid UTF-8. */
static utf8proc_uint8_t *composed(const char *text, size_t len, size_t *ret_len)
{
    utf8proc_uint8_t *out = NULL;
    utf8proc_ssize_t n = utf8proc_map((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)len, &out,
                                      UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    if (n < 0)
        return NULL;
    *ret_len = (size_t)n;
    return out;
}

/* Upper case of what is kept. ERR_INVAL: a character is refused, or nothing to tell vehicles apart
 * by is kept. */
static enum err keep_upper(const utf8proc_uint8_t *text, size_t len, struct buf *out)
{
    bool any = false;
    for (size_t i = 0; i < len;) {
        utf8proc_int32_t c;
        utf8proc_ssize_t n = utf8proc_iterate(text + i, (utf8proc_ssize_t)(len - i), &c);
        enum role role = n > 0 ? role_of(c) : ROLE_REFUSED;
        if (role == ROLE_REFUSED)
            return ERR_INVAL;
        i += (size_t)n;
        if (role == ROLE_DROPPED)
            continue;
        utf8proc_uint8_t upper[4];
        utf8proc_ssize_t size = utf8proc_encode_char(utf8proc_toupper(c), upper);
        buf_add(out, (const char *)upper, (size_t)size);
        any = any || role == ROLE_KEPT;
    }
    return any && !out->overflow ? ERR_OK : ERR_INVAL;
}

enum err plate_normalise(const char *raw, size_t len, struct plate *ret)
{
    char memory[4 * RAW_MAX];
    struct buf upper = buf_of(memory, sizeof memory);
    size_t composed_len = 0;
    if (len > RAW_MAX)
        return ERR_INVAL;
    utf8proc_uint8_t *text = composed(raw, len, &composed_len);
    if (!text)
        return ERR_INVAL;
    enum err e = keep_upper(text, composed_len, &upper);
    free(text);
    if (e != ERR_OK)
        return e;
    /* Again: a dropped separator may have stood between a letter and its mark. */
    text = composed(upper.text, upper.len, &composed_len);
    if (!text)
        return ERR_INVAL;
    e = composed_len < PLATE_SIZE ? ERR_OK : ERR_INVAL;
    if (e == ERR_OK) {
        *ret = (struct plate){{0}};
        memcpy(ret->text, text, composed_len);
    }
    free(text);
    return e;
}

/* The byte at which character `n` of the text starts; its length if there are fewer. */
static size_t character(const char *text, size_t n)
{
    size_t at = 0;
    while (text[at] != '\0' && n > 0) {
        at++;
        while (((unsigned char)text[at] & 0xc0) == 0x80)
            at++;
        n--;
    }
    return at;
}

void plate_mask(const struct plate *p, char *ret)
{
    size_t count = 0;
    for (const char *c = p->text; *c; c++)
        count += ((unsigned char)*c & 0xc0) != 0x80;
    size_t shown = count < MASK_WHOLE_BELOW ? 0 : count < MASK_SHORT_BELOW ? 1 : 2;
    struct buf b = buf_of(ret, PLATE_SIZE);
    if (count == 0)
        return;
    buf_add(&b, p->text, character(p->text, shown));
    buf_adds(&b, "***");
    buf_adds(&b, p->text + character(p->text, count - shown));
}
