/* The rights list as it travels from the cloud to an edge, in parts (PROTOCOL.md, "Rights list").
 *
 * G1 A list is either whole (`from` 0) or the changes since version `from`, revocations first.
 * G2 `sha256` of a part is the SHA-256 of the predecessor's `sha256` (64 digits; nothing for part 0)
 *    followed by the 64 digits of the SHA-256 of the exact bytes of this part's `entries`, so that the
 *    last one vouches for all.
 * G3 `entries` is the last member, written without white space around it.
 * G4 A part without parts (`of` 0) only tells that there is a list of this version. */
#ifndef BOOMGATE_WIRE_RIGHTS_H
#define BOOMGATE_WIRE_RIGHTS_H

#include "protocol/base/clock.h"
#include "protocol/base/err.h"
#include "protocol/wire/credential.h"
#include "protocol/wire/plate_text.h"
#include "protocol/wire/right.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    RIGHTS_BYTES_MAX = 65536,
    RIGHTS_ENTRIES_MAX = 256, /* of one part */
    RIGHTS_PARTS_MAX = 65536,
    RIGHTS_AT_ONCE = 4, /* parts sent for one request */
    RIGHTS_SHA_SIZE = 65,
};

/* How long a right is honoured after its list was last confirmed, unless it says otherwise. */
#define RIGHT_OFFLINE_DEFAULT_S INT64_C(86400)

enum right_kind { RIGHT_NONE, RIGHT_PERMIT, RIGHT_BOOKING, RIGHT_DENY, RIGHT_ACCOUNT };
/* "permit" "booking" "deny" "account" */

/* Which space an entry on this right spends. */
enum space_rule { SPACE_RULE_NONE, SPACE_RULE_NORMAL, SPACE_RULE_BOUND };
/* "normal" "bound" */

struct right {
    struct right_id id;
    bool removed;         /* a change: the right is gone; the rest is zero */
    enum right_kind kind; /* required unless removed */
    struct plate plate;   /* normalised; a right has a plate, a credential or both */
    char credential[CREDENTIAL_TEXT_SIZE]; /* text of a ticket, QR, RFID or PIN */
    struct wall_ms from;                   /* v == 0: always was */
    struct wall_ms until;                  /* v == 0: no end; the instant itself is out */
    int64_t offline_s;                     /* 0: RIGHT_OFFLINE_DEFAULT_S */
    enum space_rule space;                 /* SPACE_RULE_NONE: normal */
};

struct rights_part {
    int64_t version; /* of the list this makes, > 0 */
    int64_t from;    /* G1 */
    int64_t part;    /* 0..of - 1 */
    int64_t of;
    char sha256[RIGHTS_SHA_SIZE];
    size_t count;
    struct right entries[RIGHTS_ENTRIES_MAX];
};

/* Where `entries` stands in an encoded part, from '[' to ']'. */
struct rights_span {
    size_t at, len;
};

/* Is this the name of a right? */
bool right_id_good(const char *text, size_t len);

/* A text for the first rule of a right that is broken, or NULL. */
const char *right_fault(const struct right *r);

/* Writes `count` entries as "[{...},...]". ERR_INVAL: one of them is not valid; ERR_FULL. */
enum err rights_entries_encode(const struct right *entries, size_t count, char *ret, size_t size,
                               size_t *ret_len);

/* A part around entries that are encoded already; those of `p` are not looked at. */
enum err rights_frame(const struct rights_part *p, const char *entries, size_t entries_len,
                      char *ret, size_t size, size_t *ret_len);

enum err rights_encode(const struct rights_part *p, char *ret, size_t size, size_t *ret_len);

/* `ret` is large: give it static storage or the heap. ret_entries may be NULL; ret_reason (160 bytes,
 * may be NULL) says what was wrong. ERR_INVAL. */
enum err rights_decode(const void *bytes, size_t len, struct rights_part *ret,
                       struct rights_span *ret_entries, char *ret_reason);

const char *right_kind_word(enum right_kind k);
const char *space_rule_word(enum space_rule r);
enum err right_kind_parse(const char *text, enum right_kind *ret);
enum err space_rule_parse(const char *text, enum space_rule *ret);

#endif
