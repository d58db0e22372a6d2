#include "protocol/base/clock.h"

#include <stdio.h>

/* Day count of a proleptic Gregorian date, 1970-01-01 = 0. Shifts the year to start in March so
 * that the leap day is the last day of the shifted year. */
static int64_t days_from_civil(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static void civil_from_days(int64_t days, int64_t *ret_year, int *ret_month, int *ret_day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t doe = days - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    *ret_day = (int)(doy - (153 * mp + 2) / 5 + 1);
    *ret_month = (int)(mp < 10 ? mp + 3 : mp - 9);
    *ret_year = yoe + era * 400 + (*ret_month <= 2);
}

static bool two_digits(const char *p, int max, int *ret)
{
    if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
        return false;
    int v = (p[0] - '0') * 10 + (p[1] - '0');
    if (v > max)
        return false;
    *ret = v;
    return true;
}

enum err timestamp_format(struct wall_ms t, char *ret)
{
    enum { DAY_MS = 86400000 };
    int64_t days = t.v / DAY_MS, ms = t.v % DAY_MS;
    if (ms < 0) {
        ms += DAY_MS;
        days -= 1;
    }
    int64_t year;
    int month, day;
    civil_from_days(days, &year, &month, &day);
    if (year < 0 || year > 9999)
        return ERR_INVAL;
    char text[64];
    snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", (int)year, month, day,
             (int)(ms / 3600000), (int)(ms / 60000 % 60), (int)(ms / 1000 % 60), (int)(ms % 1000));
    for (size_t i = 0; i < TIMESTAMP_SIZE; i++)
        ret[i] = text[i];
    return ERR_OK;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* The fraction at text[*at], if any: digits beyond the third are read and dropped (floor). */
static bool fraction_parse(const char *text, size_t len, size_t *at, int *ret_ms)
{
    int ms = 0, digits = 0;
    if (*at >= len || text[*at] != '.') {
        *ret_ms = 0;
        return true;
    }
    for ((*at)++; *at < len && text[*at] >= '0' && text[*at] <= '9'; (*at)++, digits++)
        if (digits < 3)
            ms = ms * 10 + (text[*at] - '0');
    if (digits == 0 || digits > 9)
        return false;
    for (int i = digits; i < 3; i++)
        ms *= 10;
    *ret_ms = ms;
    return true;
}

/* "Z" or "+hh:mm" at text[at], up to the end. */
static bool offset_parse(const char *text, size_t len, size_t at, int *ret_minutes)
{
    if (len - at == 1 && (text[at] == 'Z' || text[at] == 'z')) {
        *ret_minutes = 0;
        return true;
    }
    int hours, minutes;
    if (len - at != 6 || (text[at] != '+' && text[at] != '-') || text[at + 3] != ':' ||
        !two_digits(text + at + 1, 23, &hours) || !two_digits(text + at + 4, 59, &minutes))
        return false;
    *ret_minutes = (hours * 60 + minutes) * (text[at] == '-' ? -1 : 1);
    return true;
}

enum err timestamp_parse(const char *text, size_t len, struct wall_ms *ret)
{
    int century, year2, month, day, hour, minute, second, ms, offset;
    if (len < 20 || len > 40 || text[4] != '-' || text[7] != '-' ||
        (text[10] != 'T' && text[10] != 't') || text[13] != ':' || text[16] != ':')
        return ERR_INVAL;
    if (!two_digits(text, 99, &century) || !two_digits(text + 2, 99, &year2) ||
        !two_digits(text + 5, 12, &month) || !two_digits(text + 8, 31, &day) ||
        !two_digits(text + 11, 23, &hour) || !two_digits(text + 14, 59, &minute) ||
        !two_digits(text + 17, 59, &second))
        return ERR_INVAL;
    int year = century * 100 + year2;
    if (month < 1 || day < 1 || day > days_in_month(year, month))
        return ERR_INVAL;
    size_t at = 19;
    if (!fraction_parse(text, len, &at, &ms) || at >= len || !offset_parse(text, len, at, &offset))
        return ERR_INVAL;
    int64_t s = days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second -
                (int64_t)offset * 60;
    ret->v = s * 1000 + ms;
    return ERR_OK;
}
