/* Every decoder of the wire behind one function, for tests that are lists of inputs. */
#ifndef BOOMGATE_TESTS_DECODE_ANY_H
#define BOOMGATE_TESTS_DECODE_ANY_H

#include "protocol/wire/topic.h"

#include <stdbool.h>
#include <stddef.h>

enum { DECODE_REASON_SIZE = 160 };

/* Decodes what was seen on a topic; ret_reason[DECODE_REASON_SIZE] is written on failure. Ends the
 * process when a failed decode touched its output. `again` (may be NULL, at least 8193 bytes) gets what
 * the encoder makes of the value, "" if the value has no encoding (an unknown type). */
enum err decode_any(const struct topic *topic, const void *bytes, size_t len, char *ret_reason,
                    char *again);

#endif
