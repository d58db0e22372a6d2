/* The rate tables of the worked cases as values, and two zones made by hand, so that pricing is
 * tested without a library. tests/golden/tariff holds the same tables as files. */
#ifndef BOOMGATE_TESTS_TARIFF_TABLES_H
#define BOOMGATE_TESTS_TARIFF_TABLES_H

#include "protocol/tariff/tariff.h"

enum { MIN_S = 60, HOUR_S = 3600, DAY_S = 86400 };

static const struct tariff T1 = {
    .id = {"t1"},
    .version = 1,
    .currency = {"EUR"},
    .free = TARIFF_FREE_UP_TO,
    .free_s = 10 * MIN_S,
    .cap = TARIFF_CAP_ROLLING,
    .cap_period_s = DAY_S,
    .cap_minor = 2000,
    .exit_grace_s = 15 * MIN_S,
    .lost_ticket_minor = 2500,
    .line_count = 3,
    .lines = {{HOUR_S, 0, 200}, {3 * HOUR_S, HOUR_S / 2, 150}, {0, HOUR_S, 250}},
};

static const struct tariff T2 = {
    .id = {"t2"},
    .version = 1,
    .currency = {"EUR"},
    .window_count = 2,
    .windows = {{{"day"}, TARIFF_DAILY, 7 * 60, 22 * 60, 1, {{0, HOUR_S, 200}}, 0},
                {{"night"}, TARIFF_DAILY, 22 * 60, 7 * 60, 1, {{0, 0, 400}}, 0}},
};

static const struct tariff T3 = {
    .id = {"t3"},
    .version = 1,
    .currency = {"KRW"},
    .free = TARIFF_FREE_UNDER,
    .free_s = 10 * MIN_S,
    .cap = TARIFF_CAP_ROLLING,
    .cap_period_s = DAY_S,
    .cap_minor = 10000,
    .line_count = 1,
    .lines = {{0, HOUR_S / 2, 500}},
};

static const struct tariff T5cal = {
    .id = {"t5cal"},
    .version = 1,
    .currency = {"EUR"},
    .cap = TARIFF_CAP_DAY,
    .cap_minor = 1000,
    .line_count = 1,
    .lines = {{0, HOUR_S, 200}},
};

static const struct tariff T5roll = {
    .id = {"t5roll"},
    .version = 1,
    .currency = {"EUR"},
    .cap = TARIFF_CAP_ROLLING,
    .cap_period_s = DAY_S,
    .cap_minor = 1000,
    .line_count = 1,
    .lines = {{0, HOUR_S, 200}},
};

static const struct zone_table seoul = {.name = "Asia/Seoul", .first_offset_s = 9 * HOUR_S};

/* 2026-03-29T01:00Z and 2026-10-25T01:00Z. */
static const struct zone_table berlin = {
    .name = "Europe/Berlin",
    .first_offset_s = HOUR_S,
    .count = 2,
    .transitions = {{1774746000, 2 * HOUR_S}, {1792890000, HOUR_S}},
};

#endif
