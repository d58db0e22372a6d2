#include "cloud/core/pay_link.h"

#include "protocol/base/buf.h"

#include <string.h>

struct pay_token pay_token_from(const struct ticket *t)
{
    struct pay_token token = {""};
    memcpy(token.text, t->text + 1, PAY_TOKEN_SIZE - 1); /* without its letter and check digit */
    return token;
}

enum err pay_token_parse(const char *text, size_t len, struct pay_token *ret)
{
    static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    struct pay_token token = {""};
    if (len != PAY_TOKEN_SIZE - 1)
        return ERR_INVAL;
    for (size_t i = 0; i < len; i++) {
        char c = text[i] >= 'a' && text[i] <= 'z' ? (char)(text[i] - 'a' + 'A') : text[i];
        if (c == '\0' || strchr(digits, c) == NULL)
            return ERR_INVAL;
        token.text[i] = c;
    }
    *ret = token;
    return ERR_OK;
}

void pay_link_display(const char *base, const struct pay_token *token, struct money due,
                      char ret[DISPLAY_SIZE])
{
    char amount[MONEY_TEXT_SIZE], memory[DISPLAY_SIZE];
    const char *scheme = strstr(base, "://");
    const char *address = scheme ? scheme + 3 : base;
    money_format(due, amount);
    struct buf b = buf_of(memory, sizeof memory);
    buf_addf(&b, "%s %s%s", amount, address, token->text);
    if (b.overflow) {
        b = buf_of(memory, sizeof memory);
        buf_addf(&b, "%s%s", address, token->text);
    }
    if (b.overflow) {
        b = buf_of(memory, sizeof memory);
        buf_addf(&b, "%s QR", amount);
    }
    memcpy(ret, memory, b.len + 1);
}
