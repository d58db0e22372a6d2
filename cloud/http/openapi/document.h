/* The API's description as JSON, merged from the pieces of this folder when the program is built. */
#ifndef BOOMGATE_CLOUD_HTTP_OPENAPI_DOCUMENT_H
#define BOOMGATE_CLOUD_HTTP_OPENAPI_DOCUMENT_H

#include <stddef.h>

extern const unsigned char openapi_json[];
extern const size_t openapi_json_len;

#endif
