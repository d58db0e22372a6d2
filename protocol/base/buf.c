#include "protocol/base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct buf buf_of(char *memory, size_t size)
{
    memory[0] = '\0';
    return (struct buf){.text = memory, .size = size};
}

void buf_add(struct buf *b, const char *text, size_t len)
{
    if (b->overflow || len >= b->size - b->len) {
        b->overflow = true;
        return;
    }
    memcpy(b->text + b->len, text, len);
    b->len += len;
    b->text[b->len] = '\0';
}

void buf_adds(struct buf *b, const char *text)
{
    buf_add(b, text, strlen(text));
}

void buf_addf(struct buf *b, const char *format, ...)
{
    if (b->overflow)
        return;
    va_list ap;
    va_start(ap, format);
    int n = vsnprintf(b->text + b->len, b->size - b->len, format, ap);
    va_end(ap);
    if (n < 0 || (size_t)n >= b->size - b->len) {
        b->text[b->len] = '\0';
        b->overflow = true;
        return;
    }
    b->len += (size_t)n;
}
