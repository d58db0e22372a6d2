/* One vocabulary of the wire as data: what words.c spells and what the codecs read and write.
 *
 * V1 words[0] is "" and stands for "absent"; it is never written and never recognised.
 * V2 every other entry is non-empty and unique within its vocabulary. */
#ifndef BOOMGATE_WIRE_VOCABULARY_H
#define BOOMGATE_WIRE_VOCABULARY_H

#include "protocol/base/err.h"

#include <stddef.h>

struct vocabulary {
    const char *const *words; /* indexed by the enum's value */
    int count;
};

extern const struct vocabulary direction_vocabulary;
extern const struct vocabulary clock_state_vocabulary;
extern const struct vocabulary outcome_vocabulary;
extern const struct vocabulary basis_vocabulary;
extern const struct vocabulary reason_vocabulary;
extern const struct vocabulary spent_vocabulary;
extern const struct vocabulary alarm_vocabulary;
extern const struct vocabulary lane_mode_vocabulary;
extern const struct vocabulary device_breaker_vocabulary;
extern const struct vocabulary cause_vocabulary;
extern const struct vocabulary verdict_vocabulary;
extern const struct vocabulary action_vocabulary;
extern const struct vocabulary stage_vocabulary;
extern const struct vocabulary expect_vocabulary;
extern const struct vocabulary medium_vocabulary;
extern const struct vocabulary event_kind_vocabulary;
extern const struct vocabulary request_kind_vocabulary;
extern const struct vocabulary right_kind_vocabulary;
extern const struct vocabulary space_rule_vocabulary;

/* The spelling of value `v`, or "" if it is absent or out of range. Never NULL. */
const char *vocabulary_word(const struct vocabulary *v, int value);

/* ERR_NOTFOUND unless text[0..len) is one of the words. */
enum err vocabulary_find(const struct vocabulary *v, const char *text, size_t len, int *ret);

#endif
