#include "protocol/base/ticket.h"

#include <string.h>

enum { DIGITS = 16, DIGIT_BITS = 5 };

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* T3: the digits are the coefficients of a polynomial over GF(32), taken at a generator of that field
 * (x in x^5 + x^2 + 1): every place has a weight of its own. */
static int check_of(const int digits[DIGITS])
{
    enum { FIELD = 32, REDUCE = 0x25 };
    int sum = 0;
    for (int i = 0; i < DIGITS; i++) {
        sum = (sum ^ digits[i]) << 1;
        sum = sum >= FIELD ? sum ^ REDUCE : sum;
    }
    return sum;
}

static struct ticket spell(const int digits[DIGITS])
{
    struct ticket t = {"T"};
    for (int i = 0; i < DIGITS; i++)
        t.text[1 + i] = alphabet[digits[i]];
    t.text[1 + DIGITS] = alphabet[check_of(digits)];
    return t;
}

struct ticket ticket_from(const uint8_t random[TICKET_RANDOM_BYTES])
{
    int digits[DIGITS] = {0};
    for (int bit = 0; bit < DIGITS * DIGIT_BITS; bit++)
        digits[bit / DIGIT_BITS] =
            digits[bit / DIGIT_BITS] << 1 | (random[bit / 8] >> (7 - bit % 8) & 1);
    return spell(digits);
}

static int digit_of(char c)
{
    if (c >= 'a' && c <= 'z')
        c = (char)(c - 'a' + 'A');
    c = c == 'O' ? '0' : c == 'I' || c == 'L' ? '1' : c;
    const char *at = c != '\0' ? strchr(alphabet, c) : NULL;
    return at != NULL ? (int)(at - alphabet) : -1;
}

enum err ticket_parse(const char *text, size_t len, struct ticket *ret)
{
    int digits[DIGITS + 1] = {0};
    size_t count = 0;
    if (len == 0 || (text[0] != 'T' && text[0] != 't'))
        return ERR_INVAL;
    for (size_t i = 1; i < len; i++) {
        if (text[i] == '-' || text[i] == ' ')
            continue;
        int digit = digit_of(text[i]);
        if (digit < 0 || count > DIGITS)
            return ERR_INVAL;
        digits[count++] = digit;
    }
    if (count != DIGITS + 1 || check_of(digits) != digits[DIGITS])
        return ERR_INVAL;
    *ret = spell(digits);
    return ERR_OK;
}
