/* See log.h. A record is built in one buffer and written with one write(2), so that lines of
 * several threads and processes do not mix. Suppressed repeats are reported with the first record
 * after their window has ended. */
#include "protocol/support/log.h"

#include "protocol/base/buf.h"
#include "protocol/support/clock_source.h"
#include "protocol/support/log_limit.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>
#include <utf8proc.h>

enum { LINE_SIZE = 4096, VALUE_MAX = 512 };

static struct {
    pthread_mutex_t lock;
    bool set_up;
    enum log_level level;
    bool prefix;
    struct log_limit limit;
} state = {.lock = PTHREAD_MUTEX_INITIALIZER, .level = LOG_INFO};

void log_setup(enum log_level level, bool prefix)
{
    pthread_mutex_lock(&state.lock);
    state.set_up = true;
    state.level = level;
    state.prefix = prefix;
    pthread_mutex_unlock(&state.lock);
}

/* Characters that a reader of the log or a terminal could take for something else: controls,
 * invisible format characters and bidirectional overrides, line and paragraph separators. */
static bool is_printable(utf8proc_int32_t c)
{
    switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP: return false;
    default: return true;
    }
}

static bool is_bare(const char *text)
{
    if (text[0] == '\0')
        return false;
    for (const char *p = text; *p; p++) {
        unsigned char c = (unsigned char)*p;
        if (c <= ' ' || c >= 0x7f || c == '"' || c == '=' || c == '\\')
            return false;
    }
    return true;
}

/* Everything inside the quotes is printable; \xNN stands for a byte that is not. */
static void add_quoted(struct buf *b, const char *text, size_t len)
{
    buf_adds(b, "\"");
    for (size_t i = 0; i < len;) {
        utf8proc_int32_t c;
        utf8proc_ssize_t n =
            utf8proc_iterate((const utf8proc_uint8_t *)text + i, (utf8proc_ssize_t)(len - i), &c);
        size_t bytes = n > 0 ? (size_t)n : 1;
        if (n > 0 && (c == '"' || c == '\\'))
            buf_addf(b, "\\%c", (char)c);
        else if (c == '\n' && n > 0)
            buf_adds(b, "\\n");
        else if (n > 0 && is_printable(c))
            buf_add(b, text + i, bytes);
        else
            for (size_t k = 0; k < bytes; k++)
                buf_addf(b, "\\x%02x", (unsigned char)text[i + k]);
        i += bytes;
    }
    buf_adds(b, "\"");
}

static void add_text(struct buf *b, const char *text)
{
    size_t len = strlen(text);
    size_t shown = len < VALUE_MAX ? len : VALUE_MAX;
    /* Not in the middle of a character; in invalid text it does not matter where. */
    while (shown < len && shown > VALUE_MAX - 4 && ((unsigned char)text[shown] & 0xc0) == 0x80)
        shown--;
    if (shown == len && is_bare(text))
        buf_adds(b, text);
    else
        add_quoted(b, text, shown);
    if (shown < len)
        buf_adds(b, "...");
}

/* A field that no longer fits is left out whole, and the record says so. */
static void add_field(struct buf *b, const struct log_field *f)
{
    struct buf before = *b;
    buf_addf(b, " %s=", f->key);
    if (f->text)
        add_text(b, f->text);
    else
        buf_addf(b, "%" PRId64, f->number);
    if (b->overflow) {
        *b = before;
        b->text[b->len] = '\0';
        b->overflow = true;
    }
}

static const char *level_word(enum log_level level)
{
    switch (level) {
    case LOG_ERROR: return "error";
    case LOG_WARN: return "warning";
    case LOG_NOTICE: return "notice";
    case LOG_INFO: return "info";
    case LOG_DEBUG: return "debug";
    }
    return "info";
}

static void write_all(const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = write(STDERR_FILENO, text, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return; /* nobody to tell */
        text += n;
        len -= (size_t)n;
    }
}

static void print(enum log_level level, struct now now, const char *event,
                  const struct log_field *fields, unsigned count)
{
    static const char cut[] = " truncated=true";
    char memory[LINE_SIZE + sizeof cut + 1];
    struct buf b = buf_of(memory, LINE_SIZE);
    char timestamp[TIMESTAMP_SIZE] = "";
    if (state.prefix)
        buf_addf(&b, "<%d>", (int)level);
    else if (timestamp_format(now.wall, timestamp) == ERR_OK)
        buf_addf(&b, "%s %s ", timestamp, level_word(level));
    buf_addf(&b, "event=%s", event);
    for (unsigned i = 0; i < count && !b.overflow; i++)
        add_field(&b, &fields[i]);
    bool overflow = b.overflow;
    b.overflow = false;
    b.size = sizeof memory;
    buf_adds(&b, overflow ? cut : "");
    buf_adds(&b, "\n");
    write_all(b.text, b.len);
}

void log_record(enum log_level level, const char *event, const struct log_field *fields,
                unsigned count)
{
    int saved_errno = errno;
    pthread_mutex_lock(&state.lock);
    if (!state.set_up) {
        state.set_up = true;
        state.prefix = !isatty(STDERR_FILENO);
    }
    if (level <= state.level) {
        /* The machine's clock, not the simulation's: the log protects a real disk. */
        struct clock_source real = clock_real();
        struct now now = clock_now(&real);
        const char *of;
        uint64_t suppressed;
        while (log_limit_ended(&state.limit, now.mono.v, &of, &suppressed))
            print(LOG_WARN, now, "log.suppressed",
                  LOG_FIELDS(LT("of", of), LN("count", suppressed)), 2);
        if (log_limit_admit(&state.limit, event, now.mono.v))
            print(level, now, event, fields, count);
    }
    pthread_mutex_unlock(&state.lock);
    errno = saved_errno;
}
