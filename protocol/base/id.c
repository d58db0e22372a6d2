#include "protocol/base/id.h"

#include <string.h>

enum err name_parse(const char *text, size_t len, struct name *ret)
{
    if (len < 1 || len >= NAME_SIZE)
        return ERR_INVAL;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
            return ERR_INVAL;
    }
    *ret = (struct name){{0}};
    memcpy(ret->text, text, len);
    return ERR_OK;
}

bool name_equal(const struct name *a, const struct name *b)
{
    return strcmp(a->text, b->text) == 0;
}

void hex_format(const uint8_t *bytes, size_t n, char *ret)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        ret[2 * i] = digits[bytes[i] >> 4];
        ret[2 * i + 1] = digits[bytes[i] & 15];
    }
    ret[2 * n] = '\0';
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

enum err hex_parse(const char *text, size_t len, uint8_t *ret, size_t n)
{
    if (len != 2 * n)
        return ERR_INVAL;
    for (size_t i = 0; i < len; i++)
        if (hex_value(text[i]) < 0)
            return ERR_INVAL;
    for (size_t i = 0; i < n; i++)
        ret[i] = (uint8_t)(hex_value(text[2 * i]) << 4 | hex_value(text[2 * i + 1]));
    return ERR_OK;
}

/* Copies `digits` lower-case hex digits and a NUL. */
static enum err hex_id_parse(const char *text, size_t len, char *ret, size_t digits)
{
    if (len != digits)
        return ERR_INVAL;
    for (size_t i = 0; i < len; i++)
        if (hex_value(text[i]) < 0 || (text[i] >= 'A' && text[i] <= 'F'))
            return ERR_INVAL;
    memcpy(ret, text, digits);
    ret[digits] = '\0';
    return ERR_OK;
}

enum err movement_id_parse(const char *text, size_t len, struct movement_id *ret)
{
    return hex_id_parse(text, len, ret->text, MOVEMENT_ID_SIZE - 1);
}

enum err request_id_parse(const char *text, size_t len, struct request_id *ret)
{
    return hex_id_parse(text, len, ret->text, REQUEST_ID_SIZE - 1);
}

enum err digest_parse(const char *text, size_t len, struct digest *ret)
{
    return hex_id_parse(text, len, ret->text, DIGEST_SIZE - 1);
}

struct movement_id movement_id_from(uint64_t random)
{
    uint8_t bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(random >> (56 - 8 * i));
    struct movement_id id;
    hex_format(bytes, sizeof bytes, id.text);
    return id;
}

struct request_id request_id_from(const uint8_t random[16])
{
    struct request_id id;
    hex_format(random, 16, id.text);
    return id;
}
