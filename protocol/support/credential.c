#include "protocol/support/credential.h"

#include "protocol/base/buf.h"
#include "protocol/base/ticket.h"

#include <string.h>
#include <utf8proc.h>

enum { SHOWN_CHARACTERS = 4, MASK_WHOLE_BELOW = 9 };

static bool printable(const char *text, size_t len)
{
    for (size_t at = 0; at < len;) {
        utf8proc_int32_t c;
        utf8proc_ssize_t n =
            utf8proc_iterate((const utf8proc_uint8_t *)text + at, (utf8proc_ssize_t)(len - at), &c);
        if (n <= 0 || utf8proc_category(c) == UTF8PROC_CATEGORY_CC)
            return false;
        at += (size_t)n;
    }
    return true;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

enum err credential_clean(const char *raw, size_t len, struct credential_text *ret)
{
    struct credential_text c = {""};
    struct ticket ticket;
    for (; len > 0 && is_space(raw[len - 1]); len--)
        ;
    for (; len > 0 && is_space(raw[0]); len--)
        raw++;
    if (len == 0 || !printable(raw, len))
        return ERR_INVAL;
    if (ticket_parse(raw, len, &ticket) == ERR_OK)
        memcpy(c.text, ticket.text, sizeof ticket.text);
    else if (len < sizeof c.text)
        memcpy(c.text, raw, len);
    else
        return ERR_INVAL;
    *ret = c;
    return ERR_OK;
}

bool credential_is_ticket(const struct credential_text *c)
{
    struct ticket t;
    return ticket_parse(c->text, strlen(c->text), &t) == ERR_OK;
}

void credential_mask(const struct credential_text *c, char *ret)
{
    size_t count = 0;
    const char *tail = c->text;
    for (const char *at = c->text; *at != '\0'; at++)
        count += ((unsigned char)*at & 0xc0) != 0x80;
    struct buf b = buf_of(ret, CREDENTIAL_TEXT_SIZE);
    if (count == 0)
        return;
    for (size_t left = count; left > (count < MASK_WHOLE_BELOW ? 0 : SHOWN_CHARACTERS); left--)
        do
            tail++;
        while (((unsigned char)*tail & 0xc0) == 0x80);
    buf_adds(&b, "***");
    buf_adds(&b, tail);
}
