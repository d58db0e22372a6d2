#include "edge/commission/terminal.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

void terminal_say(const struct terminal *t, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(t->out, format, arguments);
    va_end(arguments);
    fflush(t->out);
}

void terminal_read(struct terminal *t)
{
    if (t->len == sizeof t->text) /* a line without end is no answer */
        t->len = 0;
    ssize_t n = read(t->fd, t->text + t->len, sizeof t->text - t->len);
    if (n > 0)
        t->len += (size_t)n;
    else if (n == 0 || errno != EINTR)
        t->ended = true;
}

bool terminal_take(struct terminal *t, char *ret, size_t size)
{
    char *end = memchr(t->text, '\n', t->len);
    if (end == NULL)
        return false;
    size_t used = (size_t)(end - t->text) + 1;
    const char *from = t->text;
    while (from < end && (*from == ' ' || *from == '\t'))
        from++;
    while (end > from && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
        end--;
    size_t len = (size_t)(end - from) < size ? (size_t)(end - from) : size - 1;
    memcpy(ret, from, len);
    ret[len] = '\0';
    memmove(t->text, t->text + used, t->len - used);
    t->len -= used;
    return true;
}
