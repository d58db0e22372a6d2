/* Allocation for adapters: never NULL; the process ends when memory is short (crash-only). */
#ifndef BOOMGATE_SUPPORT_MEMORY_H
#define BOOMGATE_SUPPORT_MEMORY_H

#include <stddef.h>

void *mem_alloc(size_t size); /* zeroed */
void *mem_resize(void *p, size_t size);
void *mem_copy(const void *p, size_t size); /* with a NUL byte behind */
char *mem_text(const char *text);

#endif
