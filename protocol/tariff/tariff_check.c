/* What makes a rate table valid. */
#include "protocol/tariff/tariff.h"

enum { DAY_MIN = 1440, WEEK_MIN = 7 * DAY_MIN, HOUR_S = 3600 };

static bool in(int64_t v, int64_t min, int64_t max)
{
    return min <= v && v <= max;
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

/* Marks every minute of the week the window covers; a second mark is an overlap. */
static const char *fault_of_window(const struct tariff_window *w, bool *covered)
{
    if (!in(w->from_min, 0, DAY_MIN - 1) || !in(w->to_min, 1, DAY_MIN))
        return "a window's time of day is out of bounds";
    if (w->days == 0 || w->days > TARIFF_DAILY)
        return "a window needs days";
    int length = w->to_min - w->from_min + (w->to_min <= w->from_min ? DAY_MIN : 0);
    for (int day = 0; day < 7; day++) {
        if (!(w->days >> day & 1))
            continue;
        for (int i = 0; i < length; i++) {
            int minute = (day * DAY_MIN + w->from_min + i) % WEEK_MIN;
            if (covered[minute])
                return "two windows overlap";
            covered[minute] = true;
        }
    }
    return fault_of_lines(w->lines, w->line_count);
}

static const char *fault_of_windows(const struct tariff *t)
{
    bool covered[WEEK_MIN] = {false};
    if (t->line_count > 0)
        return "a rate table has lines or windows, not both";
    if (t->window_count > TARIFF_WINDOWS_MAX)
        return "too many windows";
    for (size_t i = 0; i < t->window_count; i++) {
        const char *fault = fault_of_window(&t->windows[i], covered);
        if (fault)
            return fault;
    }
    for (int i = 0; i < WEEK_MIN; i++)
        if (!covered[i])
            return "the windows leave a part of the week without a price";
    return NULL;
}

static const char *fault_of(const struct tariff *t)
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
    return t->window_count > 0 ? fault_of_windows(t) : fault_of_lines(t->lines, t->line_count);
}

enum err tariff_check(const struct tariff *t, const char **ret_reason)
{
    const char *fault = fault_of(t);
    if (!fault)
        return ERR_OK;
    *ret_reason = fault;
    return ERR_INVAL;
}
