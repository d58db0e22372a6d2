#include "protocol/support/signed_json.h"

#include "protocol/base/buf.h"
#include "protocol/support/json.h"
#include "protocol/support/memory.h"

#include <stdlib.h>
#include <string.h>

#define KEY_MEMBER       ",\n  \"key\": \""
#define SIGNATURE_MEMBER "\",\n  \"signature\": \""
#define TAIL             "\"\n}\n"

enum {
    TEXT_MAX = 1024 * 1024,
    /* From the signature's first digit on. */
    TAIL_LEN = SIGNATURE_SIZE - 1 + sizeof TAIL - 1,
    ADDED_LEN = sizeof KEY_MEMBER + SIGNATURE_KEY_SIZE + sizeof SIGNATURE_MEMBER + TAIL_LEN,
};

/* The object's text, open for more members. */
static struct buf open_text(const json_t *object)
{
    char *text = json_dumps(object, JSON_INDENT(2));
    if (text == NULL)
        abort();                   /* only memory shortage or our own invalid UTF-8 */
    size_t len = strlen(text) - 2; /* without "\n}" */
    char *memory = mem_alloc(len + ADDED_LEN + 1);
    struct buf b = buf_of(memory, len + ADDED_LEN + 1);
    buf_add(&b, text, len);
    free(text);
    return b;
}

enum err signed_json_make(const json_t *object, const char *key_file, char **ret)
{
    struct signature_key key;
    struct signature s;
    TRY(signature_key_of(key_file, &key));
    struct buf b = open_text(object);
    buf_adds(&b, KEY_MEMBER);
    buf_adds(&b, key.text);
    buf_adds(&b, SIGNATURE_MEMBER);
    enum err e = signature_sign(key_file, b.text, b.len, &s, &key);
    if (e != ERR_OK) {
        free(b.text);
        return e;
    }
    buf_adds(&b, s.text);
    buf_adds(&b, TAIL);
    *ret = b.text;
    return ERR_OK;
}

enum err signed_json_check(const char *text, size_t len, const struct signature_key *key,
                           json_t **ret)
{
    struct signature s = {""};
    json_t *object;
    if (len <= TAIL_LEN || len > TEXT_MAX)
        return ERR_DENIED;
    size_t signed_len = len - TAIL_LEN;
    const char *digits = text + signed_len;
    memcpy(s.text, digits, SIGNATURE_SIZE - 1);
    /* Hex in upper case would be another spelling of the same signature. */
    if (memcmp(digits + SIGNATURE_SIZE - 1, TAIL, sizeof TAIL - 1) != 0 ||
        strspn(s.text, "0123456789abcdef") != SIGNATURE_SIZE - 1)
        return ERR_DENIED;
    TRY(signature_verify(key, text, signed_len, &s));
    if (json_read(text, len, TEXT_MAX, &object, NULL) != ERR_OK)
        return ERR_DENIED;
    if (ret != NULL)
        *ret = object;
    else
        json_decref(object);
    return ERR_OK;
}
