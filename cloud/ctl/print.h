/* Documents as text for people. What came from outside is printed without control characters, so that it
 * cannot move the cursor or colour the terminal. */
#ifndef BOOMGATE_CLOUD_CTL_PRINT_H
#define BOOMGATE_CLOUD_CTL_PRINT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* The text member `key`, or "" (also for null and for a missing document). */
const char *print_text(const json_t *object, const char *key);
json_int_t print_int(const json_t *object, const char *key);
bool print_flag(const json_t *object, const char *key);

void print_safe(FILE *out, const char *text);

/* The whole document, indented, to stdout. */
void print_json(const json_t *document);

/* "3500 KRW", "12.50 EUR"; "-" if the member is absent or null. Into ret[size]. */
void print_money(const json_t *object, const char *key, const char *currency, char *ret,
                 size_t size);

/* A table with aligned columns: cells are added row by row, the first row is the head. A cell's width is
 * counted in columns of the terminal (a Hangul syllable takes two). */
struct print_table;
struct print_table *print_table_new(size_t columns);
void print_cell(struct print_table *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void print_table_end(struct print_table *t); /* prints to stdout and frees */

#endif
