/* logfmt on stderr, one line per record, for journald: `<6>event=ingest.fork place=a edge=e1
 * seq=12`.
 *
 * `event` is a constant dotted name; values are escaped, so untrusted text cannot forge a field or
 * a line. Repeats of one event beyond 10 within 10 s are counted and reported once, not printed.
 * Core and protocol/wire code never logs. Thread-safe. */
#ifndef BOOMGATE_SUPPORT_LOG_H
#define BOOMGATE_SUPPORT_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_ERROR = 3, LOG_WARN = 4, LOG_NOTICE = 5, LOG_INFO = 6, LOG_DEBUG = 7 };

/* One key and its value. Use the macros below. */
struct log_field {
    const char *key;
    const char *text; /* NULL: use `number` */
    int64_t number;
};

#define LT(key, text)   log_field_text((key), (text))
#define LN(key, number) ((struct log_field){(key), 0, (int64_t)(number)})

/* A function, since a macro that tests an array for NULL is a warning. */
static inline struct log_field log_field_text(const char *key, const char *text)
{
    return (struct log_field){key, text ? text : "", 0};
}

/* Log lines below `level` are dropped. `prefix` writes journald's <N>; without it, the level as a
 * word and a time stamp (for a terminal). Default: LOG_INFO, prefix if stderr is not a terminal. */
void log_setup(enum log_level level, bool prefix);

/* Use the macros. */
void log_record(enum log_level level, const char *event, const struct log_field *fields,
                unsigned count);

#define LOG_FIELDS(...) ((const struct log_field[]){__VA_ARGS__})
#define LOG_AT(level, event, ...)                                                                  \
    log_record((level), (event), LOG_FIELDS(__VA_ARGS__),                                          \
               sizeof LOG_FIELDS(__VA_ARGS__) / sizeof(struct log_field))
#define log_error(event, ...)  LOG_AT(LOG_ERROR, event, __VA_ARGS__)
#define log_warn(event, ...)   LOG_AT(LOG_WARN, event, __VA_ARGS__)
#define log_notice(event, ...) LOG_AT(LOG_NOTICE, event, __VA_ARGS__)
#define log_info(event, ...)   LOG_AT(LOG_INFO, event, __VA_ARGS__)
#define log_debug(event, ...)  LOG_AT(LOG_DEBUG, event, __VA_ARGS__)

#endif
