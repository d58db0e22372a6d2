/* A YAML document (one, without anchors, aliases or tags) as JSON, for files whose shape no table knows.
 * Plain `true`, `false`, `null`, whole and decimal numbers are what they look like, all else is text. */
#ifndef BOOMGATE_SUPPORT_YAML_JSON_H
#define BOOMGATE_SUPPORT_YAML_JSON_H

#include "protocol/support/table.h"

#include <jansson.h>

/* ERR_INVAL: see *ret_error, written only on failure. The result is the caller's. */
enum err yaml_as_json(const char *text, size_t len, json_t **ret, struct table_error *ret_error);

#endif
