/* What a camera's request says, checked: JSON, or the fields of a form. */
#ifndef BOOMGATE_EDGE_CAMERA_READING_H
#define BOOMGATE_EDGE_CAMERA_READING_H

#include "protocol/base/err.h"
#include "protocol/base/id.h"
#include "protocol/wire/plate_text.h"

#include <stddef.h>
#include <stdint.h>

enum { READING_FIELDS = 4, READING_FIELD_SIZE = 96, READING_DETAIL_SIZE = 160 };

/* Fields as text: lane, plate, confidence, captured; "" is not given. */
struct reading_fields {
    char text[READING_FIELDS][READING_FIELD_SIZE];
    int too_long; /* the index of a field that does not fit, -1: none */
};

struct reading {
    struct name lane;
    char plate[PLATE_RAW_SIZE]; /* as the camera said it */
    size_t plate_len;
    int64_t confidence; /* 0..10000; 10000 if not given */
};

struct reading_fields reading_none(void);

/* Adds bytes of one form field; unknown ones are ignored: cameras send pictures, too. */
void reading_add(struct reading_fields *f, const char *key, const char *bytes, size_t len);

/* The fields of a JSON object. ERR_INVAL: ret_field ("" for the whole) and ret_detail say what is
 * wrong. */
enum err reading_json(const char *body, size_t len, struct reading_fields *ret,
                      const char **ret_field, char *ret_detail);

/* ERR_INVAL as above; ERR_NOTFOUND: the plate is empty, the camera saw none. */
enum err reading_check(const struct reading_fields *f, struct reading *ret, const char **ret_field,
                       char *ret_detail);

#endif
