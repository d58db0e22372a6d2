#include "protocol/wire/rights.h"

#include "protocol/wire/json_out.h"
#include "protocol/wire/record.h"

#include <string.h>

#define ALL(count) (MEMBER_BIT(count) - 1)

enum { OFFLINE_MAX_S = 366 * 24 * 60 * 60 };

enum { ID, REMOVED, KIND, PLATE, CREDENTIAL, FROM, UNTIL, OFFLINE, SPACE, RIGHT_MEMBERS };

static const struct member right_members[RIGHT_MEMBERS] = {
    [ID] = {ROW("id", MEMBER_TEXT, right, id)},
    [REMOVED] = {ROW("removed", MEMBER_BOOL, right, removed)},
    [KIND] = {ROW("kind", MEMBER_WORD, right, kind), .words = &right_kind_vocabulary},
    [PLATE] = {ROW("plate", MEMBER_TEXT, right, plate)},
    [CREDENTIAL] = {ROW("credential", MEMBER_TEXT, right, credential)},
    [FROM] = {ROW("from", MEMBER_TIME, right, from)},
    [UNTIL] = {ROW("until", MEMBER_TIME, right, until)},
    [OFFLINE] = {ROW("offline_s", MEMBER_INT, right, offline_s), .min = 1, .max = OFFLINE_MAX_S},
    [SPACE] = {ROW("space", MEMBER_WORD, right, space), .words = &space_rule_vocabulary},
};
static const struct record_shape right_shape = {right_members, RIGHT_MEMBERS, MEMBER_BIT(ID),
                                                ALL(RIGHT_MEMBERS) & ~MEMBER_BIT(ID)};
static const struct record_shape gone_shape = {right_members, RIGHT_MEMBERS,
                                               MEMBER_BIT(ID) | MEMBER_BIT(REMOVED), 0};

enum { VERSION, SINCE, PART, OF, SHA256, PART_MEMBERS };

static const struct member part_members[PART_MEMBERS] = {
    [VERSION] = {ROW("version", MEMBER_INT, rights_part, version), .min = 1, .max = RECORD_INT_MAX},
    [SINCE] = {ROW("from", MEMBER_INT, rights_part, from), .max = RECORD_INT_MAX},
    [PART] = {ROW("part", MEMBER_INT, rights_part, part), .max = RIGHTS_PARTS_MAX - 1},
    [OF] = {ROW("of", MEMBER_INT, rights_part, of), .max = RIGHTS_PARTS_MAX},
    [SHA256] = {ROW("sha256", MEMBER_HEX, rights_part, sha256)},
};
static const struct record_shape part_shape = {part_members, PART_MEMBERS, ALL(PART_MEMBERS), 0};

bool right_id_good(const char *text, size_t len)
{
    static const char others[] = "._:-";
    if (len == 0 || len >= RIGHT_ID_SIZE)
        return false;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && (c == '\0' || strchr(others, c) == NULL))
            return false;
    }
    return true;
}

const char *right_fault(const struct right *r)
{
    if (!right_id_good(r->id.text, strnlen(r->id.text, RIGHT_ID_SIZE)))
        return "id: expected 1 to 39 of letters, digits and ._:-";
    if (r->removed)
        return NULL;
    if (r->kind == RIGHT_NONE)
        return "kind: missing, expected permit, booking, deny or account";
    if (r->plate.text[0] == '\0' && r->credential[0] == '\0')
        return "plate: missing, expected a plate or a credential";
    if (r->from.v != 0 && r->until.v != 0 && r->until.v <= r->from.v)
        return "until: not after from";
    return NULL;
}

static const char *part_fault(const struct rights_part *p)
{
    if (p->of == 0 && (p->part != 0 || p->count != 0))
        return "of: found 0, expected no entries then";
    if (p->of > 0 && p->part >= p->of)
        return "part: not below of";
    if (p->from >= p->version)
        return "from: not below version";
    if (p->count > RIGHTS_ENTRIES_MAX)
        return "entries: too many";
    return NULL;
}

static enum err entries_write(struct buf *b, const struct right *entries, size_t count)
{
    buf_adds(b, "[");
    for (size_t i = 0; i < count; i++) {
        if (right_fault(&entries[i]) != NULL)
            return ERR_INVAL;
        buf_adds(b, i > 0 ? ",{" : "{");
        TRY(record_write(b, entries[i].removed ? &gone_shape : &right_shape, &entries[i]));
        buf_adds(b, "}");
    }
    buf_adds(b, "]");
    return ERR_OK;
}

enum err rights_entries_encode(const struct right *entries, size_t count, char *ret, size_t size,
                               size_t *ret_len)
{
    char memory[RIGHTS_BYTES_MAX + 1];
    struct buf b = buf_of(memory, sizeof memory);
    TRY(entries_write(&b, entries, count));
    return json_out_finish(&b, ret, size, ret_len);
}

enum err rights_frame(const struct rights_part *p, const char *entries, size_t entries_len,
                      char *ret, size_t size, size_t *ret_len)
{
    char memory[RIGHTS_BYTES_MAX + 1];
    struct buf b = buf_of(memory, sizeof memory);
    if (part_fault(p) != NULL)
        return ERR_INVAL;
    buf_adds(&b, "{");
    TRY(record_write(&b, &part_shape, p));
    json_out_key(&b, "entries");
    buf_add(&b, entries, entries_len);
    buf_adds(&b, "}");
    return json_out_finish(&b, ret, size, ret_len);
}

enum err rights_encode(const struct rights_part *p, char *ret, size_t size, size_t *ret_len)
{
    char entries[RIGHTS_BYTES_MAX + 1];
    size_t len;
    if (part_fault(p) != NULL)
        return ERR_INVAL;
    TRY(rights_entries_encode(p->entries, p->count, entries, sizeof entries, &len));
    return rights_frame(p, entries, len, ret, size, ret_len);
}

/* G3. Before `entries` only numbers and hex digits of ours can stand, so the first match is it. */
static enum err find_entries(const char *text, size_t len, struct rights_span *ret)
{
    static const char key[] = "\"entries\":[";
    enum { KEY = sizeof key - 1 };
    if (len < KEY + 2 || text[len - 1] != '}' || text[len - 2] != ']')
        return ERR_INVAL;
    for (size_t i = 0; i + KEY < len; i++) {
        if (memcmp(text + i, key, KEY) != 0)
            continue;
        size_t at = i + KEY - 1;
        *ret = (struct rights_span){at, len - 1 - at};
        return ERR_OK;
    }
    return ERR_INVAL;
}

static enum err check_entries(const struct rights_part *p, char *reason)
{
    for (size_t i = 0; i < p->count; i++) {
        const char *wrong = right_fault(&p->entries[i]);
        if (wrong == NULL)
            continue;
        char memory[RECORD_REASON_SIZE];
        struct buf b = buf_of(memory, sizeof memory);
        buf_addf(&b, "entries[%zu].%s", i, wrong);
        return record_explain(reason, memory);
    }
    return ERR_OK;
}

static enum err part_read(const json_t *object, struct rights_part *p, char *reason)
{
    TRY(record_read(object, "", &part_shape, p, reason));
    TRY(record_read_list(object, "entries", &right_shape, p->entries, sizeof p->entries[0],
                         RIGHTS_ENTRIES_MAX, &p->count, reason));
    const char *wrong = part_fault(p);
    if (wrong != NULL)
        return record_explain(reason, wrong);
    return check_entries(p, reason);
}

enum err rights_decode(const void *bytes, size_t len, struct rights_part *ret,
                       struct rights_span *ret_entries, char *ret_reason)
{
    char scratch[RECORD_REASON_SIZE];
    char *reason = ret_reason != NULL ? ret_reason : scratch;
    struct rights_part p = {0};
    struct rights_span span;
    json_t *object;
    TRY(record_open(bytes, len, RIGHTS_BYTES_MAX, &object, reason));
    enum err result = part_read(object, &p, reason);
    json_decref(object);
    TRY(result);
    if (find_entries(bytes, len, &span) != ERR_OK)
        return record_explain(reason, "entries: expected as the last member");
    *ret = p;
    if (ret_entries != NULL)
        *ret_entries = span;
    return ERR_OK;
}
