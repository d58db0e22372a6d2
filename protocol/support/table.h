/* Human-written files (YAML 1.1, one document) and pushed documents (JSON) read into C structs
 * through tables of rows. The rows are the master copy of each setting: key, type, bounds, default,
 * help.
 *
 * T1 An unknown or duplicate key, a wrong type, a value out of bounds, an empty file, a second
 *    document, an anchor or an alias is an error with file, line, key and what was expected.
 * T2 Absent keys take the row's default; a row without default is required.
 * T3 The target is written only when the whole document is valid. */
#ifndef BOOMGATE_SUPPORT_TABLE_H
#define BOOMGATE_SUPPORT_TABLE_H

#include "protocol/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum row_type {
    ROW_BOOL, /* bool; "true" or "false" only */
    ROW_INT,  /* int64_t; decimal; min..max */
    ROW_TEXT, /* char[size]; min..max bytes (max 0: size - 1), valid UTF-8, no control characters */
    ROW_NAME, /* struct name */
    ROW_ENUM, /* int; index into `choices` */
    ROW_TABLE, /* struct, described by `table`; if absent, all its defaults apply */
    ROW_LIST,  /* T items[max] at `offset`, described by `table` with item size `size`;
                * size_t count at `count_offset`; min..max items */
};

struct table;

struct row {
    const char *key;
    enum row_type type;
    size_t offset;
    size_t size;
    size_t count_offset;
    int64_t min, max;
    const char *dflt; /* NULL: required. For ROW_LIST "" means empty. Ignored for ROW_TABLE */
    const char *const *choices; /* ROW_ENUM; NULL-terminated */
    const struct table *table;
    const char *help;
};

struct table {
    const char *name; /* for messages, e.g. "lane" */
    const struct row *rows;
    size_t row_count;
    size_t struct_size;
    /* If `keeps_line`, an int at `line_offset` takes the line where the table begins, for messages
     * about what only makes sense between tables. */
    bool keeps_line;
    size_t line_offset;
};

struct table_error {
    int line;       /* 1-based; 0 when the document has no lines (JSON) or could not be opened */
    char path[128]; /* e.g. "lanes[1].direction" */
    char text[192]; /* what was found and what was expected */
};

/* Reads a YAML file of at most 1 MiB. ERR_NOTFOUND: cannot be opened; ERR_INVAL: see *ret_error,
 * which is written only on failure. `ret` is a struct of t->struct_size bytes. */
enum err table_read_yaml(const char *file, const struct table *t, void *ret,
                         struct table_error *ret_error);
enum err table_read_yaml_text(const char *text, size_t len, const struct table *t, void *ret,
                              struct table_error *ret_error);
enum err table_read_json(const char *text, size_t len, const struct table *t, void *ret,
                         struct table_error *ret_error);

/* Prints every key with type, bounds, default and help, nested tables indented: for --help-config.
 */
void table_print_help(FILE *out, const struct table *t);

#endif
