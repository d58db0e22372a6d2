/* Rate tables as files (YAML) and pushed documents (JSON), read into a struct tariff and checked.
 *
 *   id: t1                    # a name
 *   version: 1
 *   currency: EUR             # ISO 4217; amounts are in its minor units
 *   free: {kind: up_to, minutes: 10}          # or under, or allowance; see enum tariff_free
 *   lines:                                    # the price scale, from entry or from each cap period
 *     - {until_min: 60, price_minor: 200}                   # without unit_min: due once
 *     - {until_min: 180, unit_min: 30, price_minor: 150}    # per started unit
 *     - {unit_min: 60, price_minor: 250}                    # the last line has no end
 *   cap: {per: rolling, hours: 24, amount_minor: 2000}      # or per: day
 *   exit_grace_min: 15
 *   after_grace: recalculate                  # or restart; see enum tariff_after_grace
 *   lost_ticket_minor: 2500
 *   valid_from: 2027-01-01                    # local time; absent: always
 *   classes:
 *     - {name: compact, percent_off: 50}
 *
 * In the place of `lines`, windows that cover the week, and every holiday with the days beside it:
 *   windows:
 *     - {name: day, days: weekdays, from: "07:00", to: "22:00", cap_minor: 900, lines: [...]}
 *     - {name: free-day, days: weekend_and_holidays, from: "07:00", to: "22:00", lines: [...]}
 *     - {name: night, days: daily, from: "22:00", to: "07:00", lines: [...]}
 *   holidays:
 *     - {date: 2026-12-25, name: Christmas}
 *
 * Every refusal names the line and the key; what concerns the table as a whole, where it begins. */
#ifndef BOOMGATE_SUPPORT_RATE_TABLE_H
#define BOOMGATE_SUPPORT_RATE_TABLE_H

#include "protocol/support/table.h"
#include "protocol/tariff/tariff.h"

/* ERR_NOTFOUND: cannot be opened; ERR_INVAL: see *ret_error, which is written only on failure. */
enum err rate_table_read(const char *file, struct tariff *ret, struct table_error *ret_error);
enum err rate_table_read_text(const char *text, size_t len, struct tariff *ret,
                              struct table_error *ret_error);
enum err rate_table_read_json(const char *text, size_t len, struct tariff *ret,
                              struct table_error *ret_error);

/* Prints what a rate table may hold: for --help-config. */
void rate_table_print_help(FILE *out);

#endif
