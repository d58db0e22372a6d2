#include "protocol/support/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *or_end(void *p, size_t size)
{
    if (p)
        return p;
    fprintf(stderr, "<3>event=memory.exhausted bytes=%zu\n", size);
    abort();
}

void *mem_alloc(size_t size)
{
    return or_end(calloc(1, size ? size : 1), size);
}

void *mem_resize(void *p, size_t size)
{
    return or_end(realloc(p, size ? size : 1), size);
}

void *mem_copy(const void *p, size_t size)
{
    char *copy = or_end(malloc(size + 1), size);
    if (size)
        memcpy(copy, p, size);
    copy[size] = '\0';
    return copy;
}

char *mem_text(const char *text)
{
    return mem_copy(text, strlen(text));
}
