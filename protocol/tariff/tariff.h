/* Pricing: a rate table, a stay, a zone -> an amount and how it came about. Pure; edge and cloud
 * share it. Rules: domain.md "Tariff"; worked amounts: shared vectors tariff.csv.
 *
 * P1 Instants floor to the second; intervals are half-open; every started unit counts (60:00 is one
 *    unit of an hour, 60:01 two).
 * P2 Duration is elapsed UTC seconds. Windows and calendar days are the place's wall clock: a cut
 * in a DST gap falls at its end, in a fold at its first occurrence. P3 For one entry the amount
 * never falls as the exit gets later. P4 No cap period costs more than the cap, no occurrence of a
 * window more than the window's. P5 The items add up to the amount. P6 The free rule looks at the
 * whole stay, once.
 *
 * This file: the rate table and what a plain stay costs. tariff_stay.h: rights, vehicle classes,
 * validations, lost tickets, what is due. tariff_versions.h: which version rules a stay. */
#ifndef BOOMGATE_TARIFF_TARIFF_H
#define BOOMGATE_TARIFF_TARIFF_H

#include "protocol/base/clock.h"
#include "protocol/base/id.h"
#include "protocol/base/money.h"
#include "protocol/tariff/zone_table.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    RATE_LINES_MAX = 8,
    TARIFF_WINDOWS_MAX = 16,
    TARIFF_HOLIDAYS_MAX = 128,
    TARIFF_CLASSES_MAX = 8,
    TARIFF_VALIDATIONS_MAX = 16,
    TARIFF_ITEMS_MAX = 48, /* pieces of time; what is taken off comes behind them */
    TARIFF_DISCOUNTS_MAX = 1 + TARIFF_VALIDATIONS_MAX,
    TARIFF_HOLIDAY = 0x80, /* among the days of a window */
    TARIFF_DAILY = 0xff,
};

/* Times in seconds are at most this (ten years); also the longest stay that is priced. */
#define TARIFF_DURATION_MAX_S INT64_C(315360000)
/* Prices, caps. Small enough that no sum of a stay overflows. */
#define TARIFF_AMOUNT_MAX INT64_C(1000000000)

/* One step of a price scale. Time is counted from the start of the piece that is priced. */
struct rate_line {
    int64_t until_s; /* the line ends here; 0: never (only and always the last) */
    int64_t unit_s;  /* price per started unit; 0: the price is due once */
    int64_t price_minor;
};

/* A part of the day with a price scale of its own, which starts anew whenever the window does. */
struct tariff_window {
    struct name name;
    unsigned days; /* on which the window begins: bit 0 Monday ... bit 6 Sunday, bit 7 holidays; a
                      holiday is no weekday */
    int from_min;  /* minutes after local midnight, 0..1439 */
    int to_min;    /* 1..1440; at or before from_min: on the next day */
    size_t line_count;
    struct rate_line lines[RATE_LINES_MAX];
    int64_t cap_minor; /* of each of its occurrences; 0: none */
};

/* What a class of vehicles pays less. */
struct tariff_class {
    struct name name;
    int64_t percent_off; /* 1..100 */
};

enum tariff_after_grace {
    TARIFF_RECALCULATE, /* the price of the whole stay minus what was paid */
    TARIFF_RESTART      /* a new stay from the payment on, without free minutes */
};

enum tariff_free {
    TARIFF_FREE_UP_TO,    /* free if the stay is free_s or less, else charged from entry */
    TARIFF_FREE_UNDER,    /* free if the stay is less than free_s, else charged from entry */
    TARIFF_FREE_ALLOWANCE /* the first free_s of any stay cost nothing */
};

enum tariff_cap {
    TARIFF_CAP_NONE,
    TARIFF_CAP_ROLLING, /* per cap_period_s, counted from entry */
    TARIFF_CAP_DAY      /* per local calendar day */
};

/* A version of a rate table. Price scales start anew with each cap period; a price due once per
 * window is due in the cap period in which the stay first meets the window. */
struct tariff {
    struct name id;
    int64_t version;
    bool always; /* no `valid_from` */
    int64_t
        valid_from_s; /* rules stays that begin from then on: local civil seconds of the place */
    struct currency currency;
    enum tariff_free free;
    int64_t free_s; /* 0: nothing is free */
    enum tariff_cap cap;
    int64_t cap_period_s; /* TARIFF_CAP_ROLLING: at least an hour */
    int64_t cap_minor;
    int64_t exit_grace_s; /* after a payment that settled the stay; "to the second" is still in */
    enum tariff_after_grace after_grace;
    int64_t lost_ticket_minor;
    size_t line_count; /* either lines for the whole stay ... */
    struct rate_line lines[RATE_LINES_MAX];
    size_t window_count; /* ... or windows, which cover the week without overlap */
    struct tariff_window windows[TARIFF_WINDOWS_MAX];
    size_t holiday_count;
    int64_t holidays[TARIFF_HOLIDAYS_MAX]; /* local days since 1970-01-01, ascending */
    size_t class_count;
    struct tariff_class classes[TARIFF_CLASSES_MAX];
};

/* What is wrong with a rate table. */
struct tariff_fault {
    const char *rule; /* a constant text */
    const char *key;  /* of the file: "windows", "holidays", ...; "": the table as a whole */
    size_t index;     /* into a list; SIZE_MAX: the list as a whole */
};

/* ERR_INVAL unless every rule above holds; *ret_fault says which does not and is written only then.
 * Check a rate table once, when it is read; the functions below take it as valid. */
enum err tariff_check(const struct tariff *t, struct tariff_fault *ret_fault);

enum tariff_item_kind {
    TARIFF_ITEM_FREE,  /* nothing is charged for this time */
    TARIFF_ITEM_UNITS, /* quantity started units of unit_s at each_minor */
    TARIFF_ITEM_ONCE,  /* each_minor, once; quantity 0: it was due in an earlier cap period */
    TARIFF_ITEM_CAP,  /* quantity cap periods (or occurrences of a window) that would have cost more
                          than each_minor, the cap */
    TARIFF_ITEM_REST, /* what did not fit into the list */
    TARIFF_ITEM_COVERED, /* a right covers this time */
    TARIFF_ITEM_SETTLED, /* paid before a new stay began (TARIFF_RESTART) */
    TARIFF_ITEM_LOST,    /* the price without a ticket */
    TARIFF_ITEM_CLASS,   /* taken off for the class of the vehicle: quantity percent */
    TARIFF_ITEM_PERCENT, /* taken off by a validation: quantity percent, minutes, or each_minor */
    TARIFF_ITEM_MINUTES,
    TARIFF_ITEM_AMOUNT,
    TARIFF_ITEM_KINDS
};

struct tariff_item {
    enum tariff_item_kind kind;
    int window; /* index into the tariff's windows; -1: none */
    struct wall_ms from, to;
    int64_t quantity;
    int64_t unit_s;
    int64_t each_minor;
    int64_t amount_minor; /* below 0: taken off */
};

struct tariff_quote {
    struct money amount;
    size_t item_count; /* in the order of time, then what is taken off */
    struct tariff_item items[TARIFF_ITEMS_MAX + TARIFF_DISCOUNTS_MAX];
};

/* What the stay [entry, exit) costs. ERR_INVAL: exit before entry, or longer than
 * TARIFF_DURATION_MAX_S (a clock was wrong: a person decides). */
enum err tariff_price(const struct tariff *t, const struct zone_table *z, struct wall_ms entry,
                      struct wall_ms exit, struct tariff_quote *ret);

#endif
