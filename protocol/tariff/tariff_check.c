/* What makes a rate table valid. */
#include "protocol/tariff/tariff.h"

enum { DAY_MIN = 1440, HOUR_S = 3600, WEEK = 7, PERCENT_MAX = 100 };

/* Days are within what a timestamp can be: years 1 to 9999 or so. */
#define DAY_MAX INT64_C(3000000)

static bool in(int64_t v, int64_t min, int64_t max)
{
    return min <= v && v <= max;
}

static bool at_fault(struct tariff_fault *ret, const char *key, size_t index, const char *rule)
{
    *ret = (struct tariff_fault){rule, key, index};
    return true;
}

static const char *fault_of_lines(const struct rate_line *lines, size_t count)
{
    int64_t from_s = 0;
    if (count < 1 || count > RATE_LINES_MAX)
        return "a price scale needs 1 to 8 lines";
    for (size_t i = 0; i < count; i++) {
        const struct rate_line *l = &lines[i];
        if (!in(l->unit_s, 0, TARIFF_DURATION_MAX_S))
            return "a unit is out of bounds";
        if (!in(l->price_minor, 0, TARIFF_AMOUNT_MAX))
            return "a price is out of bounds";
        if (i == count - 1 && l->until_s != 0)
            return "the last line of a price scale must not end";
        if (i < count - 1 && !in(l->until_s, from_s + 1, TARIFF_DURATION_MAX_S))
            return "each line of a price scale but the last must end later than the one before";
        from_s = l->until_s;
    }
    return NULL;
}

static const char *fault_of_window(const struct tariff_window *w)
{
    if (!in(w->from_min, 0, DAY_MIN - 1) || !in(w->to_min, 1, DAY_MIN))
        return "a window's time of day is out of bounds";
    if (w->days == 0 || w->days > TARIFF_DAILY)
        return "a window needs days";
    if (!in(w->cap_minor, 0, TARIFF_AMOUNT_MAX))
        return "an amount is out of bounds";
    return fault_of_lines(w->lines, w->line_count);
}

/* Marks [from, to) of a day; a second mark is an overlap. */
static bool mark(bool *covered, int from, int to)
{
    for (int i = from; i < to; i++) {
        if (covered[i])
            return false;
        covered[i] = true;
    }
    return true;
}

/* A day has one price at any time: by the windows that begin on it and by those that began on the day
 * before and last into it. `*ret_index`: the window that overlaps; SIZE_MAX: none. */
static const char *fault_of_day(const struct tariff *t, unsigned before, unsigned day,
                                size_t *ret_index)
{
    bool covered[DAY_MIN] = {false};
    *ret_index = SIZE_MAX;
    for (size_t i = 0; i < t->window_count; i++) {
        const struct tariff_window *w = &t->windows[i];
        bool overnight = w->to_min <= w->from_min;
        if ((w->days & before && overnight && !mark(covered, 0, w->to_min)) ||
            (w->days & day && !mark(covered, w->from_min, overnight ? DAY_MIN : w->to_min))) {
            *ret_index = i;
            return "two windows overlap";
        }
    }
    for (int i = 0; i < DAY_MIN; i++)
        if (!covered[i])
            return "the windows leave a part of the week without a price";
    return NULL;
}

static unsigned bit_of(const struct tariff *t, int64_t day)
{
    for (size_t i = 0; i < t->holiday_count; i++)
        if (t->holidays[i] == day)
            return TARIFF_HOLIDAY;
    return 1U << ((day + 3) % WEEK + WEEK) % WEEK; /* day 0 was a Thursday */
}

static bool fault_of_holidays(const struct tariff *t, struct tariff_fault *ret)
{
    size_t window;
    if (t->holiday_count > TARIFF_HOLIDAYS_MAX)
        return at_fault(ret, "holidays", 0, "too many holidays");
    if (t->holiday_count > 0 && t->window_count == 0)
        return at_fault(ret, "holidays", 0, "holidays need windows: the price scale knows no days");
    for (size_t i = 0; i < t->holiday_count; i++) {
        int64_t day = t->holidays[i];
        if (!in(day, -DAY_MAX, DAY_MAX) || (i > 0 && day <= t->holidays[i - 1]))
            return at_fault(ret, "holidays", i, "holidays are later each than the one before");
        if (fault_of_day(t, bit_of(t, day - 1), TARIFF_HOLIDAY, &window) ||
            fault_of_day(t, TARIFF_HOLIDAY, bit_of(t, day + 1), &window))
            return at_fault(
                ret, "holidays", i,
                "the windows of this holiday and of the days beside it overlap or leave "
                "a part without a price");
    }
    return false;
}

static bool fault_of_windows(const struct tariff *t, struct tariff_fault *ret)
{
    if (t->line_count > 0)
        return at_fault(ret, "", 0, "a rate table has lines or windows, not both");
    if (t->window_count > TARIFF_WINDOWS_MAX)
        return at_fault(ret, "", 0, "too many windows");
    for (size_t i = 0; i < t->window_count; i++) {
        const char *rule = fault_of_window(&t->windows[i]);
        if (rule)
            return at_fault(ret, "windows", i, rule);
    }
    for (unsigned day = 0; day < WEEK; day++) {
        size_t index;
        const char *rule = fault_of_day(t, 1U << (day + WEEK - 1) % WEEK, 1U << day, &index);
        if (rule)
            return at_fault(ret, "windows", index, rule);
    }
    return false;
}

static bool fault_of_classes(const struct tariff *t, struct tariff_fault *ret)
{
    if (t->class_count > TARIFF_CLASSES_MAX)
        return at_fault(ret, "classes", 0, "too many classes of vehicles");
    for (size_t i = 0; i < t->class_count; i++) {
        if (!in(t->classes[i].percent_off, 1, PERCENT_MAX))
            return at_fault(ret, "classes", i, "a percentage is out of bounds");
        for (size_t k = 0; k < i; k++)
            if (name_equal(&t->classes[i].name, &t->classes[k].name))
                return at_fault(ret, "classes", i, "a class of vehicles is named twice");
    }
    return false;
}

static const char *fault_of_values(const struct tariff *t)
{
    struct currency currency;
    if (t->id.text[0] == '\0')
        return "the id is missing";
    if (currency_parse(t->currency.code, 3, &currency) != ERR_OK)
        return "the currency is not a code of three letters";
    if (!in(t->free_s, 0, TARIFF_DURATION_MAX_S) || !in(t->exit_grace_s, 0, TARIFF_DURATION_MAX_S))
        return "a duration is out of bounds";
    if (!in(t->lost_ticket_minor, 0, TARIFF_AMOUNT_MAX) || !in(t->cap_minor, 0, TARIFF_AMOUNT_MAX))
        return "an amount is out of bounds";
    if (t->cap == TARIFF_CAP_ROLLING && !in(t->cap_period_s, HOUR_S, TARIFF_DURATION_MAX_S))
        return "a cap period is at least an hour";
    return NULL;
}

static bool fault_of(const struct tariff *t, struct tariff_fault *ret)
{
    const char *rule = fault_of_values(t);
    if (rule)
        return at_fault(ret, "", 0, rule);
    if (t->window_count > 0 ? fault_of_windows(t, ret) : false)
        return true;
    rule = t->window_count > 0 ? NULL : fault_of_lines(t->lines, t->line_count);
    if (rule)
        return at_fault(ret, "", 0, rule);
    return fault_of_holidays(t, ret) || fault_of_classes(t, ret);
}

enum err tariff_check(const struct tariff *t, struct tariff_fault *ret_fault)
{
    struct tariff_fault fault;
    if (!fault_of(t, &fault))
        return ERR_OK;
    *ret_fault = fault;
    return ERR_INVAL;
}
