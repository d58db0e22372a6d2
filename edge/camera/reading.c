#include "edge/camera/reading.h"

#include "protocol/base/buf.h"
#include "protocol/base/clock.h"
#include "protocol/support/json.h"
#include "protocol/support/plate.h"

#include <stdlib.h>
#include <string.h>

enum { LANE, PLATE, CONFIDENCE, CAPTURED, JSON_MAX = 8192, CONFIDENCE_MAX = 10000 };

static const char *const names[READING_FIELDS] = {
    [LANE] = "lane", [PLATE] = "plate", [CONFIDENCE] = "confidence", [CAPTURED] = "captured"};

struct reading_fields reading_none(void)
{
    return (struct reading_fields){.too_long = -1};
}

void reading_add(struct reading_fields *f, const char *key, const char *bytes, size_t len)
{
    for (int i = 0; i < READING_FIELDS; i++) {
        if (strcmp(names[i], key) != 0)
            continue;
        size_t have = strlen(f->text[i]);
        if (have + len >= READING_FIELD_SIZE || memchr(bytes, '\0', len) != NULL) {
            f->too_long = i;
            return;
        }
        memcpy(f->text[i] + have, bytes, len);
        f->text[i][have + len] = '\0';
    }
}

static enum err refuse(const char **ret_field, char *ret_detail, const char *field,
                       const char *detail)
{
    struct buf b = buf_of(ret_detail, READING_DETAIL_SIZE);
    buf_adds(&b, detail);
    *ret_field = field;
    return ERR_INVAL;
}

static enum err json_fields(json_t *o, struct reading_fields *f, const char **ret_field,
                            char *ret_detail)
{
    static const int texts[] = {LANE, PLATE, CAPTURED};
    const char *key;
    json_t *value;
    json_object_foreach(o, key, value)
    {
        bool known = false;
        for (int i = 0; i < READING_FIELDS; i++)
            known = known || strcmp(names[i], key) == 0;
        if (!known)
            return refuse(ret_field, ret_detail, "",
                          "found a member that is not lane, plate, "
                          "confidence or captured");
    }
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        enum err e = json_get_text(o, names[texts[i]], f->text[texts[i]], READING_FIELD_SIZE);
        if (e != ERR_OK && e != ERR_NOTFOUND)
            return refuse(ret_field, ret_detail, names[texts[i]],
                          "expected text of at most 95 bytes");
    }
    int64_t confidence;
    enum err e = json_get_int(o, names[CONFIDENCE], 0, CONFIDENCE_MAX, &confidence);
    if (e != ERR_OK && e != ERR_NOTFOUND)
        return refuse(ret_field, ret_detail, names[CONFIDENCE],
                      "expected an integer from 0 to 10000");
    struct buf b = buf_of(f->text[CONFIDENCE], READING_FIELD_SIZE);
    if (e == ERR_OK)
        buf_addf(&b, "%lld", (long long)confidence);
    return ERR_OK;
}

enum err reading_json(const char *body, size_t len, struct reading_fields *ret,
                      const char **ret_field, char *ret_detail)
{
    struct reading_fields f = reading_none();
    char reason[JSON_REASON_SIZE];
    json_t *o;
    if (json_read(body, len, JSON_MAX, &o, reason) != ERR_OK)
        return refuse(ret_field, ret_detail, "", reason);
    enum err e = json_fields(o, &f, ret_field, ret_detail);
    json_decref(o);
    if (e == ERR_OK)
        *ret = f;
    return e;
}

static enum err read_confidence(const char *text, int64_t *ret)
{
    char *end;
    if (text[0] == '\0') {
        *ret = CONFIDENCE_MAX;
        return ERR_OK;
    }
    long n = text[0] >= '0' && text[0] <= '9' ? strtol(text, &end, 10) : -1;
    if (n < 0 || n > CONFIDENCE_MAX || *end != '\0')
        return ERR_INVAL;
    *ret = n;
    return ERR_OK;
}

enum err reading_check(const struct reading_fields *f, struct reading *ret, const char **ret_field,
                       char *ret_detail)
{
    struct reading r = {0};
    struct plate plate;
    struct wall_ms captured;
    const char *text = f->text[PLATE];
    if (f->too_long >= 0)
        return refuse(ret_field, ret_detail, names[f->too_long],
                      "expected text of at most 95 bytes");
    if (name_parse(f->text[LANE], strlen(f->text[LANE]), &r.lane) != ERR_OK)
        return refuse(ret_field, ret_detail, names[LANE], "expected the name of a lane");
    if (read_confidence(f->text[CONFIDENCE], &r.confidence) != ERR_OK)
        return refuse(ret_field, ret_detail, names[CONFIDENCE],
                      "expected an integer from 0 to 10000");
    if (f->text[CAPTURED][0] != '\0' &&
        timestamp_parse(f->text[CAPTURED], strlen(f->text[CAPTURED]), &captured) != ERR_OK)
        return refuse(ret_field, ret_detail, names[CAPTURED], "expected an RFC 3339 time");
    r.plate_len = strlen(text);
    if (r.plate_len == 0) {
        *ret = r;
        return ERR_NOTFOUND;
    }
    if (r.plate_len >= PLATE_RAW_SIZE || plate_normalise(text, r.plate_len, &plate) != ERR_OK)
        return refuse(ret_field, ret_detail, names[PLATE],
                      "expected a number plate of at most 32 bytes of UTF-8");
    memcpy(r.plate, text, r.plate_len);
    *ret = r;
    return ERR_OK;
}
