/* Values into parameters and out of columns, one after the other, in the order the statement names
 * them. "Absent" ("" or 0) is NULL in the optional variants. */
#ifndef BOOMGATE_CLOUD_STORE_COLUMNS_H
#define BOOMGATE_CLOUD_STORE_COLUMNS_H

#include "cloud/core/records.h"

#include <sqlite3.h>

/* The next parameter. Texts and blobs are not copied: they must stay until the statement was run (a run
 * clears them). */
struct put {
    sqlite3_stmt *st;
    int at;
};

void put_int(struct put *p, int64_t v);
void put_text(struct put *p, const char *text);
void put_text_of(struct put *p, const char *text, size_t len);
void put_optional(struct put *p, const char *text); /* "" is NULL */
void put_time(struct put *p, struct wall_ms t);     /* 0 is NULL */
void put_blob(struct put *p, const void *bytes, size_t len);
void put_null(struct put *p);

/* The next column. `err` collects the first value that does not fit: our own corruption. */
struct take {
    sqlite3_stmt *st;
    int at;
    enum err err;
};

int64_t take_int(struct take *t);
void take_text(struct take *t, char *ret, size_t size); /* NULL is "" */
struct wall_ms take_time(struct take *t);               /* NULL is 0 */

/* TAKE(&t, row.place) fills a char array or the `text` of an identifier. */
#define TAKE_TEXT(t, array) take_text((t), (array), sizeof(array))

/* A word of a vocabulary: TAKE_WORD(&t, session_state_parse, &row.state); NULL leaves 0. */
#define TAKE_WORD(t, parse, ret)                                                                   \
    do {                                                                                           \
        char word_[32];                                                                            \
        take_text((t), word_, sizeof word_);                                                       \
        if (word_[0] != '\0' && (t)->err == ERR_OK && parse(word_, (ret)) != ERR_OK)               \
            (t)->err = ERR_IO;                                                                     \
    } while (0)

/* Runs a query for one row. ERR_NOTFOUND: none. After ERR_OK the caller takes the columns and ends
 * with take_done, which resets the statement and returns what went wrong in between. */
enum err take_one(sqlite3_stmt *st, struct take *ret);
enum err take_done(struct take *t);

#endif
