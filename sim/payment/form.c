/* See form.h. */
#include "sim/payment/form.h"

#include "protocol/support/memory.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decodes into out[len + 1]; false on a broken escape or a NUL. */
static bool decode(const char *text, size_t len, char *out)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        int c = (unsigned char)text[i];
        if (c == '+') {
            c = ' ';
        } else if (c == '%') {
            if (len - i < 3 || digit(text[i + 1]) < 0 || digit(text[i + 2]) < 0)
                return false;
            c = digit(text[i + 1]) << 4 | digit(text[i + 2]);
            i += 2;
        }
        if (c == '\0')
            return false;
        out[n++] = (char)c;
    }
    out[n] = '\0';
    return true;
}

/* Puts name=value, or a[b]=value as member b of object a; `name` is cut up on the way. */
static enum err put(json_t *form, char *name, const char *value)
{
    char *open = strchr(name, '[');
    size_t len = strlen(name);
    json_t *text = json_string(value);
    if (text == NULL)
        return ERR_INVAL; /* not UTF-8 */
    if (open != NULL && open > name && name[len - 1] == ']' && open[1] != ']') {
        name[len - 1] = '\0';
        *open = '\0';
        json_t *inner = json_object_get(form, name);
        if (inner == NULL) {
            inner = json_object();
            json_object_set_new(form, name, inner);
        }
        form = inner;
        name = open + 1;
    }
    if (!json_is_object(form) || json_object_get(form, name) != NULL ||
        json_object_set(form, name, text) != 0) {
        json_decref(text);
        return ERR_INVAL;
    }
    json_decref(text);
    return ERR_OK;
}

static enum err put_pair(json_t *form, const char *pair, size_t len)
{
    const char *equals = memchr(pair, '=', len);
    size_t name_len = equals != NULL ? (size_t)(equals - pair) : len;
    size_t value_len = equals != NULL ? len - name_len - 1 : 0;
    char *name = mem_alloc(name_len + 1);
    char *value = mem_alloc(value_len + 1);
    enum err e =
        decode(pair, name_len, name) && decode(equals != NULL ? equals + 1 : pair, value_len, value)
            ? put(form, name, value)
            : ERR_INVAL;
    free(name);
    free(value);
    return e;
}

enum err form_parse(const char *text, size_t len, json_t **ret)
{
    json_t *form = json_object();
    for (size_t at = 0; at < len;) {
        const char *end = memchr(text + at, '&', len - at);
        size_t size = end != NULL ? (size_t)(end - text) - at : len - at;
        if (size > 0 && put_pair(form, text + at, size) != ERR_OK) {
            json_decref(form);
            return ERR_INVAL;
        }
        at += size + 1;
    }
    *ret = form;
    return ERR_OK;
}
