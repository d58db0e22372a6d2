/* See rate_table.h. The rows fill a struct of their own, in the units people write; it becomes a
 * struct tariff, whose own check has the last word. */
#include "protocol/support/rate_table.h"

#include "protocol/support/memory.h"

#include <stdlib.h>
#include <string.h>

enum { MIN_S = 60, HOUR_S = 3600, DAY_S = 86400, TIME_SIZE = 6 };
enum { DATE_SIZE = 11, MOMENT_SIZE = 17 };         /* "2026-12-25", "2026-12-25T06:00" */
enum { MINUTES_MAX = 5256000, HOURS_MAX = 87600 }; /* ten years: TARIFF_DURATION_MAX_S */

struct line_text {
    int64_t until_min, unit_min, price_minor;
};

struct window_text {
    struct name name;
    int days; /* index into day_words */
    char from[TIME_SIZE], to[TIME_SIZE];
    struct line_text lines[RATE_LINES_MAX];
    size_t line_count;
    int64_t cap_minor;
    int line; /* in the file */
};

struct holiday_text {
    char date[DATE_SIZE], name[64];
    int line;
};

struct class_text {
    struct name name;
    int64_t percent_off;
    int line;
};

struct rate_text {
    struct name id;
    int64_t version;
    char valid_from[MOMENT_SIZE];
    char currency[4];
    struct {
        int kind;
        int64_t minutes;
    } free;
    struct {
        int per;
        int64_t hours, amount_minor;
    } cap;
    int64_t exit_grace_min, lost_ticket_minor;
    int after_grace;
    struct line_text lines[RATE_LINES_MAX];
    size_t line_count;
    struct window_text windows[TARIFF_WINDOWS_MAX];
    size_t window_count;
    struct holiday_text holidays[TARIFF_HOLIDAYS_MAX];
    size_t holiday_count;
    struct class_text classes[TARIFF_CLASSES_MAX];
    size_t class_count;
    int line;
};

/* Index: enum tariff_free, enum tariff_cap, enum tariff_after_grace. */
static const char *const free_words[] = {"up_to", "under", "allowance", NULL};
static const char *const cap_words[] = {"none", "rolling", "day", NULL};

static const char *const grace_words[] = {"recalculate", "restart", NULL};

static const char *const day_words[] = {
    "daily", "weekdays", "weekend", "holidays", "weekend_and_holidays", "mon", "tue", "wed", "thu",
    "fri",   "sat",      "sun",     NULL};
static const unsigned day_bits[] = {TARIFF_DAILY, 0x1f, 0x60, TARIFF_HOLIDAY, 0x60 | TARIFF_HOLIDAY,
                                    0x01,         0x02, 0x04, 0x08,           0x10,
                                    0x20,         0x40};

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define AT(type, member)                                                                           \
    .offset = offsetof(struct type, member), .size = sizeof(((struct type *)0)->member)

/* clang-format off: one row per setting */
static const struct row line_rows[] = {
    {.key = "until_min",
     .type = ROW_INT,
     AT(line_text, until_min),
     .min = 1,
     .max = MINUTES_MAX,
     .dflt = "0",
     .help = "the line ends so many minutes after the start; the last has no end"},
    {.key = "unit_min",
     .type = ROW_INT,
     AT(line_text, unit_min),
     .min = 1,
     .max = MINUTES_MAX,
     .dflt = "0",
     .help = "price per started unit of so many minutes; absent: due once"},
    {.key = "price_minor",
     .type = ROW_INT,
     AT(line_text, price_minor),
     .min = 0,
     .max = TARIFF_AMOUNT_MAX,
     .help = "price in minor units"},
};
static const struct table line_table = {
    "rate line", line_rows, COUNT(line_rows), sizeof(struct line_text), false, 0};

static const struct row window_rows[] = {
    {.key = "name", .type = ROW_NAME, AT(window_text, name), .help = "for the explanation"},
    {.key = "days",
     .type = ROW_ENUM,
     AT(window_text, days),
     .choices = day_words,
     .dflt = "daily",
     .help = "the days on which the window begins; a holiday is no weekday, but is part of daily"},
    {.key = "from",
     .type = ROW_TEXT,
     AT(window_text, from),
     .min = 5,
     .help = "local time, 00:00 to 23:59"},
    {.key = "to",
     .type = ROW_TEXT,
     AT(window_text, to),
     .min = 5,
     .help = "local time, 00:00 to 24:00; not after `from`: on the next day"},
    {.key = "lines",
     .type = ROW_LIST,
     .offset = offsetof(struct window_text, lines),
     .size = sizeof(struct line_text),
     .count_offset = offsetof(struct window_text, line_count),
     .min = 1,
     .max = RATE_LINES_MAX,
     .table = &line_table,
     .help = "the price scale"},
    {.key = "cap_minor",
     .type = ROW_INT,
     AT(window_text, cap_minor),
     .min = 1,
     .max = TARIFF_AMOUNT_MAX,
     .dflt = "0",
     .help = "the most the window costs each time"},
};
static const struct table window_table = {"window",
                                          window_rows,
                                          COUNT(window_rows),
                                          sizeof(struct window_text),
                                          true,
                                          offsetof(struct window_text, line)};

static const struct row holiday_rows[] = {
    {.key = "date",
     .type = ROW_TEXT,
     AT(holiday_text, date),
     .min = 10,
     .help = "the local calendar day, such as 2026-12-25"},
    {.key = "name", .type = ROW_TEXT, AT(holiday_text, name), .dflt = "", .help = "for people"},
};
static const struct table holiday_table = {"holiday",
                                           holiday_rows,
                                           COUNT(holiday_rows),
                                           sizeof(struct holiday_text),
                                           true,
                                           offsetof(struct holiday_text, line)};

static const struct row class_rows[] = {
    {.key = "name", .type = ROW_NAME, AT(class_text, name), .help = "such as compact or ev"},
    {.key = "percent_off",
     .type = ROW_INT,
     AT(class_text, percent_off),
     .min = 1,
     .max = 100,
     .help = "what these vehicles pay less; the discount is rounded down"},
};
static const struct table class_table = {
    "class of vehicles",       class_rows, COUNT(class_rows),
    sizeof(struct class_text), true,       offsetof(struct class_text, line)};

static const struct row free_rows[] = {
    {.key = "kind",
     .type = ROW_ENUM,
     AT(rate_text, free.kind),
     .choices = free_words,
     .dflt = "up_to",
     .help = "up_to: that long or shorter is free; under: shorter is free; "
             "allowance: always taken off"},
    {.key = "minutes",
     .type = ROW_INT,
     AT(rate_text, free.minutes),
     .min = 0,
     .max = MINUTES_MAX,
     .dflt = "0",
     .help = "0: nothing is free"},
};
static const struct table free_table = {
    "free", free_rows, COUNT(free_rows), sizeof(struct rate_text), false, 0};

static const struct row cap_rows[] = {
    {.key = "per",
     .type = ROW_ENUM,
     AT(rate_text, cap.per),
     .choices = cap_words,
     .dflt = "none",
     .help = "rolling: counted from entry; day: the local calendar day"},
    {.key = "hours",
     .type = ROW_INT,
     AT(rate_text, cap.hours),
     .min = 1,
     .max = HOURS_MAX,
     .dflt = "24",
     .help = "length of a rolling period"},
    {.key = "amount_minor",
     .type = ROW_INT,
     AT(rate_text, cap.amount_minor),
     .min = 1,
     .max = TARIFF_AMOUNT_MAX,
     .dflt = "0",
     .help = "the most a period costs"},
};
static const struct table cap_table = {"cap", cap_rows, COUNT(cap_rows), sizeof(struct rate_text),
                                       false, 0};

static const struct row rate_rows[] = {
    {.key = "id", .type = ROW_NAME, AT(rate_text, id), .help = "of the rate table"},
    {.key = "version",
     .type = ROW_INT,
     AT(rate_text, version),
     .min = 1,
     .max = INT32_MAX,
     .dflt = "1",
     .help = "the version in force at entry rules the stay"},
    {.key = "valid_from",
     .type = ROW_TEXT,
     AT(rate_text, valid_from),
     .min = 10,
     .dflt = "",
     .help = "rules stays that begin at this local time or later, such as 2027-01-01 or "
             "2027-01-01T06:00; absent: always"},
    {.key = "currency",
     .type = ROW_TEXT,
     AT(rate_text, currency),
     .min = 3,
     .help = "ISO 4217 code"},
    {.key = "free", .type = ROW_TABLE, .table = &free_table, .help = "short stays"},
    {.key = "lines",
     .type = ROW_LIST,
     .offset = offsetof(struct rate_text, lines),
     .size = sizeof(struct line_text),
     .count_offset = offsetof(struct rate_text, line_count),
     .min = 1,
     .max = RATE_LINES_MAX,
     .dflt = "",
     .table = &line_table,
     .help = "the price scale, if the time of day does not matter"},
    {.key = "windows",
     .type = ROW_LIST,
     .offset = offsetof(struct rate_text, windows),
     .size = sizeof(struct window_text),
     .count_offset = offsetof(struct rate_text, window_count),
     .min = 1,
     .max = TARIFF_WINDOWS_MAX,
     .dflt = "",
     .table = &window_table,
     .help = "price scales by the time of day; together they cover the week"},
    {.key = "cap", .type = ROW_TABLE, .table = &cap_table, .help = "the most a period costs"},
    {.key = "exit_grace_min",
     .type = ROW_INT,
     AT(rate_text, exit_grace_min),
     .min = 0,
     .max = MINUTES_MAX,
     .dflt = "15",
     .help = "time to leave after paying"},
    {.key = "after_grace",
     .type = ROW_ENUM,
     AT(rate_text, after_grace),
     .choices = grace_words,
     .dflt = "recalculate",
     .help = "who pays and stays longer owes: the price of all of it minus what was paid; or a new "
             "stay from the payment on, without free minutes"},
    {.key = "holidays",
     .type = ROW_LIST,
     .offset = offsetof(struct rate_text, holidays),
     .size = sizeof(struct holiday_text),
     .count_offset = offsetof(struct rate_text, holiday_count),
     .min = 1,
     .max = TARIFF_HOLIDAYS_MAX,
     .dflt = "",
     .table = &holiday_table,
     .help = "days on which the windows for holidays hold, in order"},
    {.key = "classes",
     .type = ROW_LIST,
     .offset = offsetof(struct rate_text, classes),
     .size = sizeof(struct class_text),
     .count_offset = offsetof(struct rate_text, class_count),
     .min = 1,
     .max = TARIFF_CLASSES_MAX,
     .dflt = "",
     .table = &class_table,
     .help = "discounts for classes of vehicles"},
    {.key = "lost_ticket_minor",
     .type = ROW_INT,
     AT(rate_text, lost_ticket_minor),
     .min = 0,
     .max = TARIFF_AMOUNT_MAX,
     .dflt = "0",
     .help = "price without a known entry"},
};
static const struct table rate_table = {"rate table",
                                        rate_rows,
                                        COUNT(rate_rows),
                                        sizeof(struct rate_text),
                                        true,
                                        offsetof(struct rate_text, line)};
/* clang-format on */

static enum err refuse(struct table_error *ret_error, int line, const char *path, const char *text)
{
    struct table_error e = {.line = line};
    snprintf(e.path, sizeof e.path, "%s", path);
    snprintf(e.text, sizeof e.text, "%s", text);
    *ret_error = e;
    return ERR_INVAL;
}

/* "hh:mm", up to and with 24:00. */
static bool read_time(const char *text, int *ret_min)
{
    for (int i = 0; i < 5; i++)
        if (i == 2 ? text[i] != ':' : text[i] < '0' || text[i] > '9')
            return false;
    int hours = (text[0] - '0') * 10 + text[1] - '0',
        minutes = (text[3] - '0') * 10 + text[4] - '0';
    if (minutes > 59 || hours * 60 + minutes > 1440)
        return false;
    *ret_min = hours * 60 + minutes;
    return true;
}

static void take_lines(const struct line_text *from, size_t count, struct rate_line *to)
{
    for (size_t i = 0; i < count; i++)
        to[i] = (struct rate_line){from[i].until_min * MIN_S, from[i].unit_min * MIN_S,
                                   from[i].price_minor};
}

static enum err take_window(const struct window_text *from, size_t index, struct tariff_window *to,
                            struct table_error *ret_error)
{
    char path[32];
    snprintf(path, sizeof path, "windows[%zu].from", index);
    if (!read_time(from->from, &to->from_min) || to->from_min == 1440)
        return refuse(ret_error, from->line, path, "expected a time from 00:00 to 23:59");
    snprintf(path, sizeof path, "windows[%zu].to", index);
    if (!read_time(from->to, &to->to_min))
        return refuse(ret_error, from->line, path, "expected a time from 00:00 to 24:00");
    if (to->to_min == 0)
        to->to_min = 1440;
    to->name = from->name;
    to->days = day_bits[from->days];
    to->cap_minor = from->cap_minor;
    to->line_count = from->line_count;
    take_lines(from->lines, from->line_count, to->lines);
    return ERR_OK;
}

/* "2026-12-25" or "2026-12-25T06:00" as local civil seconds. */
static bool read_moment(const char *text, int64_t *ret_s)
{
    char whole[MOMENT_SIZE + sizeof "T00:00:00Z"];
    struct wall_ms t;
    size_t len = strlen(text);
    if (len != DATE_SIZE - 1 && len != MOMENT_SIZE - 1)
        return false;
    snprintf(whole, sizeof whole, "%.16s%s", text, len == DATE_SIZE - 1 ? "T00:00:00Z" : ":00Z");
    if (timestamp_parse(whole, strlen(whole), &t) != ERR_OK)
        return false;
    *ret_s = t.v / 1000;
    return true;
}

static enum err take_holidays(const struct rate_text *from, struct tariff *to,
                              struct table_error *ret_error)
{
    for (size_t i = 0; i < from->holiday_count; i++) {
        char path[40];
        int64_t s;
        snprintf(path, sizeof path, "holidays[%zu].date", i);
        if (!read_moment(from->holidays[i].date, &s))
            return refuse(ret_error, from->holidays[i].line, path,
                          "expected a day such as 2026-12-25");
        to->holidays[i] = s >= 0 ? s / DAY_S : -((DAY_S - 1 - s) / DAY_S);
    }
    to->holiday_count = from->holiday_count;
    return ERR_OK;
}

static enum err take_days(const struct rate_text *from, struct tariff *to,
                          struct table_error *ret_error)
{
    to->always = from->valid_from[0] == '\0';
    if (!to->always && !read_moment(from->valid_from, &to->valid_from_s))
        return refuse(ret_error, from->line, "valid_from",
                      "expected a local time such as 2027-01-01 or 2027-01-01T06:00");
    for (size_t i = 0; i < from->window_count; i++)
        TRY(take_window(&from->windows[i], i, &to->windows[i], ret_error));
    return take_holidays(from, to, ret_error);
}

/* Where in the file the fault is. */
static enum err refuse_fault(const struct rate_text *from, const struct tariff_fault *f,
                             struct table_error *ret_error)
{
    char path[32];
    int line = from->line;
    snprintf(path, sizeof path, "%s", f->key);
    if (f->key[0] != '\0' && f->index != SIZE_MAX) {
        snprintf(path, sizeof path, "%s[%zu]", f->key, f->index);
        line = strcmp(f->key, "windows") == 0    ? from->windows[f->index].line
               : strcmp(f->key, "holidays") == 0 ? from->holidays[f->index].line
                                                 : from->classes[f->index].line;
    }
    return refuse(ret_error, line, path, f->rule);
}

static enum err take(const struct rate_text *from, struct tariff *ret,
                     struct table_error *ret_error)
{
    struct tariff t = {
        .id = from->id,
        .version = from->version,
        .free = (enum tariff_free)from->free.kind,
        .free_s = from->free.minutes * MIN_S,
        .cap = (enum tariff_cap)from->cap.per,
        .cap_period_s = from->cap.hours * HOUR_S,
        .cap_minor = from->cap.amount_minor,
        .exit_grace_s = from->exit_grace_min * MIN_S,
        .after_grace = (enum tariff_after_grace)from->after_grace,
        .lost_ticket_minor = from->lost_ticket_minor,
        .line_count = from->line_count,
        .window_count = from->window_count,
        .class_count = from->class_count,
    };
    struct tariff_fault fault;
    if (currency_parse(from->currency, strlen(from->currency), &t.currency) != ERR_OK)
        return refuse(ret_error, from->line, "currency", "expected three letters A-Z");
    if (t.cap != TARIFF_CAP_NONE && t.cap_minor == 0)
        return refuse(ret_error, from->line, "cap.amount_minor",
                      "missing, expected the cap's amount");
    if (t.cap == TARIFF_CAP_NONE && t.cap_minor != 0)
        return refuse(ret_error, from->line, "cap.per", "missing, expected one of rolling, day");
    take_lines(from->lines, from->line_count, t.lines);
    for (size_t i = 0; i < from->class_count; i++)
        t.classes[i] = (struct tariff_class){from->classes[i].name, from->classes[i].percent_off};
    TRY(take_days(from, &t, ret_error));
    if (tariff_check(&t, &fault) != ERR_OK)
        return refuse_fault(from, &fault, ret_error);
    *ret = t;
    return ERR_OK;
}

enum err rate_table_read(const char *file, struct tariff *ret, struct table_error *ret_error)
{
    struct rate_text *text = mem_alloc(sizeof *text);
    enum err e = table_read_yaml(file, &rate_table, text, ret_error);
    if (e == ERR_OK)
        e = take(text, ret, ret_error);
    free(text);
    return e;
}

enum err rate_table_read_text(const char *text, size_t len, struct tariff *ret,
                              struct table_error *ret_error)
{
    struct rate_text *t = mem_alloc(sizeof *t);
    enum err e = table_read_yaml_text(text, len, &rate_table, t, ret_error);
    if (e == ERR_OK)
        e = take(t, ret, ret_error);
    free(t);
    return e;
}

enum err rate_table_read_json(const char *text, size_t len, struct tariff *ret,
                              struct table_error *ret_error)
{
    struct rate_text *t = mem_alloc(sizeof *t);
    enum err e = table_read_json(text, len, &rate_table, t, ret_error);
    if (e == ERR_OK)
        e = take(t, ret, ret_error);
    free(t);
    return e;
}

void rate_table_print_help(FILE *out)
{
    table_print_help(out, &rate_table);
}
