#include "cloud/signer.h"

#include "protocol/base/buf.h"
#include "protocol/support/json.h"
#include "protocol/support/log.h"
#include "protocol/support/signed_json.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum err signer_open(const char *file, struct signer *ret)
{
    struct signer s;
    struct signature_key key;
    struct buf b = buf_of(s.file, sizeof s.file);
    buf_adds(&b, file);
    if (b.overflow)
        return ERR_INVAL;
    bool fresh = access(file, F_OK) != 0;
    TRY(fresh ? signature_make_key(file, &key) : signature_key_of(file, &key));
    log_notice(fresh ? "signer.key_made" : "signer.key", LT("file", file), LT("key", key.text));
    *ret = s;
    return ERR_OK;
}

static enum err sign(void *self, const char *text, size_t len, char *ret, size_t size,
                     size_t *ret_len)
{
    const struct signer *s = self;
    json_t *object;
    char *made;
    TRY(json_read(text, len, len, &object, NULL));
    enum err e = signed_json_make(object, s->file, &made);
    json_decref(object);
    TRY(e);
    size_t made_len = strlen(made);
    if (made_len < size) {
        memcpy(ret, made, made_len + 1);
        *ret_len = made_len;
    }
    free(made);
    return made_len < size ? ERR_OK : ERR_FULL;
}

struct signer_port signer_port(struct signer *s)
{
    return (struct signer_port){s, sign};
}
