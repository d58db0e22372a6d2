/* A text buffer that knows its limit at birth. Appending past the limit sets `overflow` and changes
 * nothing else; the text is NUL-terminated at all times. Check `overflow` once, before use: a
 * truncated topic, plate or payload is never sent. */
#ifndef BOOMGATE_BASE_BUF_H
#define BOOMGATE_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
    char *text;
    size_t len;  /* without the NUL */
    size_t size; /* of the memory behind `text`, >= 1 */
    bool overflow;
};

/* Wraps caller's memory, which must outlive the buffer. */
struct buf buf_of(char *memory, size_t size);

void buf_add(struct buf *b, const char *text, size_t len);
void buf_adds(struct buf *b, const char *text);
void buf_addf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
