#include "cloud/core/hours.h"

#include <string.h>

enum { DAY_MIN = 24 * 60, DAY_S = DAY_MIN * 60, WEEK_DAYS = 7, AHEAD_MIN = 8 * DAY_MIN };

/* ---- text ---- */

struct reading {
    const char *text, *at;
};

static void skip(struct reading *r)
{
    while (*r->at == ' ')
        r->at++;
}

static bool take(struct reading *r, char c)
{
    if (*r->at != c)
        return false;
    r->at++;
    return true;
}

/* Exactly `digits` of them. */
static bool number(struct reading *r, int digits, int *ret)
{
    int n = 0;
    for (int i = 0; i < digits; i++) {
        if (r->at[i] < '0' || r->at[i] > '9')
            return false;
        n = n * 10 + (r->at[i] - '0');
    }
    r->at += digits;
    *ret = n;
    return true;
}

static bool day(struct reading *r, int *ret)
{
    static const char days[WEEK_DAYS][3] = {"mo", "tu", "we", "th", "fr", "sa", "su"};
    for (int i = 0; i < WEEK_DAYS; i++)
        if (strncmp(r->at, days[i], 2) == 0) {
            r->at += 2;
            *ret = i;
            return true;
        }
    return false;
}

/* "mo-fr", "sa,su", "fr-mo" */
static bool days_of(struct reading *r, unsigned *ret)
{
    unsigned mask = 0;
    do {
        int first, last;
        if (!day(r, &first))
            return false;
        last = first;
        if (take(r, '-') && !day(r, &last))
            return false;
        for (int i = first;; i = (i + 1) % WEEK_DAYS) {
            mask |= 1u << i;
            if (i == last)
                break;
        }
    } while (take(r, ','));
    *ret = mask;
    return true;
}

/* Days since 1970-01-01 of a date of the Gregorian calendar (H. Hinnant's civil algorithm). */
static int64_t days_from_civil(int year, int month, int mday)
{
    int64_t y = year - (month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + mday - 1;
    int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}

static bool date_of(struct reading *r, int64_t *ret)
{
    static const int lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year, month, mday;
    if (!number(r, 4, &year) || !take(r, '-') || !number(r, 2, &month) || !take(r, '-') ||
        !number(r, 2, &mday) || year < 1970 || month < 1 || month > 12 || mday < 1)
        return false;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (mday > lengths[month - 1] || (month == 2 && mday == 29 && !leap))
        return false;
    *ret = days_from_civil(year, month, mday);
    return true;
}

static bool minute_of(struct reading *r, int *ret)
{
    int hour, minute;
    if (!number(r, 2, &hour) || !take(r, ':') || !number(r, 2, &minute) || minute > 59 ||
        hour * 60 + minute > DAY_MIN)
        return false;
    *ret = hour * 60 + minute;
    return true;
}

static bool rule_of(struct reading *r, struct hours_rule *ret)
{
    struct hours_rule rule = {0};
    if (*r->at >= '0' && *r->at <= '9' ? !date_of(r, &rule.date) : !days_of(r, &rule.days))
        return false;
    if (!take(r, ' '))
        return false;
    skip(r);
    if (strncmp(r->at, "closed", 6) == 0) {
        r->at += 6;
        rule.closed = true;
    } else if (!minute_of(r, &rule.from_min) || rule.from_min == DAY_MIN || !take(r, '-') ||
               !minute_of(r, &rule.to_min)) {
        return false;
    } else if (rule.to_min <= rule.from_min) { /* H2 */
        rule.to_min += DAY_MIN;
    }
    *ret = rule;
    return true;
}

enum err hours_parse(const char *text, struct hours *ret, size_t *ret_at)
{
    struct hours h = {0};
    struct reading r = {text, text};
    skip(&r);
    while (*r.at != '\0') {
        if (h.count == HOURS_RULES_MAX) {
            *ret_at = (size_t)(r.at - text);
            return ERR_FULL;
        }
        bool good = rule_of(&r, &h.rules[h.count++]);
        skip(&r);
        if (!good || (*r.at != '\0' && !take(&r, ';'))) {
            *ret_at = (size_t)(r.at - text);
            return ERR_INVAL;
        }
        skip(&r);
    }
    *ret = h;
    return ERR_OK;
}

/* ---- the clock ---- */

static bool has_exception(const struct hours *h, int64_t date, bool closed)
{
    for (size_t i = 0; i < h->count; i++)
        if (h->rules[i].days == 0 && h->rules[i].date == date && (!closed || h->rules[i].closed))
            return true;
    return false;
}

static bool has_week(const struct hours *h)
{
    for (size_t i = 0; i < h->count; i++)
        if (h->rules[i].days != 0)
            return true;
    return false;
}

/* Is `minute` of this day within hours that begin on it? 1440 and above: of the next day. */
static bool begun_on(const struct hours *h, int64_t date, int minute)
{
    bool exception = has_exception(h, date, false);
    unsigned bit = 1u << ((date + 3) % WEEK_DAYS); /* 1970-01-01 was a Thursday */
    if (!exception && !has_week(h))
        return minute < DAY_MIN; /* H1 */
    for (size_t i = 0; i < h->count; i++) {
        const struct hours_rule *r = &h->rules[i];
        bool here = exception ? r->days == 0 && r->date == date : (r->days & bit) != 0; /* H3 */
        if (here && !r->closed && minute >= r->from_min && minute < r->to_min)
            return true;
    }
    return false;
}

bool hours_open(const struct hours *h, const struct zone_table *z, struct wall_ms at)
{
    if (h->count == 0)
        return true;
    int64_t local_s = at.v / 1000 + zone_offset_s(z, at);
    int64_t date = local_s / DAY_S;
    int minute = (int)(local_s % DAY_S / 60);
    if (begun_on(h, date, minute))
        return true;
    return !has_exception(h, date, true) && begun_on(h, date - 1, minute + DAY_MIN);
}

int64_t hours_hold_ms(const struct hours *h, const struct zone_table *z, struct wall_ms at)
{
    bool now = hours_open(h, z, at);
    int64_t ms = 60000 - at.v % 60000; /* to the next minute */
    if (h->count == 0)
        return AHEAD_MIN * INT64_C(60000);
    while (ms < AHEAD_MIN * INT64_C(60000) && hours_open(h, z, wall_after(at, ms)) == now)
        ms += 60000;
    return ms;
}
