#include "protocol/support/zone_rule.h"

#include <string.h>

enum { DAY_S = 86400, HOUR_S = 3600 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A decimal of at most 3 digits at **p. */
static enum err take_number(const char **p, int min, int max, int *ret)
{
    int v = 0, digits = 0;
    for (; is_digit(**p) && digits < 3; (*p)++, digits++)
        v = v * 10 + (**p - '0');
    if (digits == 0 || v < min || v > max)
        return ERR_INVAL;
    *ret = v;
    return ERR_OK;
}

/* Three or more letters, or anything between < and >. */
static enum err take_name(const char **p)
{
    const char *start = *p;
    if (*start == '<') {
        const char *end = strchr(start, '>');
        if (!end)
            return ERR_INVAL;
        *p = end + 1;
        return ERR_OK;
    }
    while ((**p >= 'a' && **p <= 'z') || (**p >= 'A' && **p <= 'Z'))
        (*p)++;
    return *p - start >= 3 ? ERR_OK : ERR_INVAL;
}

/* [+-]hh[:mm[:ss]] */
static enum err take_time(const char **p, int max_hours, int32_t *ret)
{
    int sign = **p == '-' ? -1 : 1, hours, minutes = 0, seconds = 0;
    if (**p == '-' || **p == '+')
        (*p)++;
    TRY(take_number(p, 0, max_hours, &hours));
    if (**p == ':') {
        (*p)++;
        TRY(take_number(p, 0, 59, &minutes));
        if (**p == ':') {
            (*p)++;
            TRY(take_number(p, 0, 59, &seconds));
        }
    }
    *ret = sign * (hours * HOUR_S + minutes * 60 + seconds);
    return ERR_OK;
}

static enum err take_char(const char **p, char c)
{
    if (**p != c)
        return ERR_INVAL;
    (*p)++;
    return ERR_OK;
}

static enum err take_date(const char **p, struct zone_date *ret)
{
    struct zone_date d = {.time_s = 2 * HOUR_S};
    TRY(take_char(p, ','));
    if (**p == 'M') {
        d.kind = ZONE_DATE_WEEK;
        (*p)++;
        TRY(take_number(p, 1, 12, &d.month));
        TRY(take_char(p, '.'));
        TRY(take_number(p, 1, 5, &d.week));
        TRY(take_char(p, '.'));
        TRY(take_number(p, 0, 6, &d.weekday));
    } else if (**p == 'J') {
        d.kind = ZONE_DATE_JULIAN;
        (*p)++;
        TRY(take_number(p, 1, 365, &d.day));
    } else {
        d.kind = ZONE_DATE_DAY;
        TRY(take_number(p, 0, 365, &d.day));
    }
    if (**p == '/') {
        (*p)++;
        TRY(take_time(p, 167, &d.time_s));
    }
    *ret = d;
    return ERR_OK;
}

enum err zone_rule_parse(const char *text, struct zone_rule *ret)
{
    struct zone_rule r = {0};
    const char *p = text;
    int32_t west_s;
    TRY(take_name(&p));
    TRY(take_time(&p, 24, &west_s));
    r.offset_s = -west_s;
    if (*p != '\0') {
        r.has_dst = true;
        r.dst_offset_s = r.offset_s + HOUR_S;
        TRY(take_name(&p));
        if (*p != ',') {
            TRY(take_time(&p, 24, &west_s));
            r.dst_offset_s = -west_s;
        }
        TRY(take_date(&p, &r.start));
        TRY(take_date(&p, &r.end));
        if (*p != '\0')
            return ERR_INVAL;
    }
    *ret = r;
    return ERR_OK;
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days from 1970-01-01 to the first of January. */
static int64_t year_start(int year)
{
    int64_t y = year - 1, leap_days = y / 4 - y / 100 + y / 400;
    return (year - 1970) * INT64_C(365) + leap_days - (1969 / 4 - 1969 / 100 + 1969 / 400);
}

static const int month_start[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};

/* Day count of the date in a year. */
static int64_t day_of(const struct zone_date *d, int year)
{
    int64_t first = year_start(year);
    switch (d->kind) {
    case ZONE_DATE_DAY: return first + d->day;
    case ZONE_DATE_JULIAN: return first + d->day - 1 + (is_leap(year) && d->day > 59);
    case ZONE_DATE_WEEK: break;
    }
    int64_t month = first + month_start[d->month - 1] + (is_leap(year) && d->month > 2);
    int64_t next = first + month_start[d->month] + (is_leap(year) && d->month > 1);
    int64_t weekday = (month + 4) % 7; /* day 0 was a Thursday */
    int64_t day = month + (d->weekday - weekday + 7) % 7 + 7 * (d->week - 1);
    return day >= next ? day - 7 : day;
}

/* The instant of a change, whose time of day is the local time in force before it. */
static int64_t instant(const struct zone_date *d, int year, int32_t offset_before_s)
{
    return day_of(d, year) * DAY_S + d->time_s - offset_before_s;
}

size_t zone_rule_expand(const struct zone_rule *rule, int64_t after_s, struct zone_transition *ret)
{
    size_t count = 0;
    if (!rule->has_dst)
        return 0;
    for (int year = ZONE_RULE_FIRST_YEAR; year <= ZONE_RULE_LAST_YEAR; year++) {
        struct zone_transition a = {instant(&rule->start, year, rule->offset_s),
                                    rule->dst_offset_s};
        struct zone_transition b = {instant(&rule->end, year, rule->dst_offset_s), rule->offset_s};
        bool in_order = a.at_s < b.at_s;
        const struct zone_transition *both[] = {in_order ? &a : &b, in_order ? &b : &a};
        for (int i = 0; i < 2; i++) {
            if (both[i]->at_s <= after_s)
                continue;
            /* Daylight saving all the year: it ends when it starts again, and the start counts. */
            if (count > 0 && both[i]->at_s <= ret[count - 1].at_s)
                count--;
            ret[count++] = *both[i];
        }
    }
    return count;
}
