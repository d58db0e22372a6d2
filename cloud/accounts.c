#include "cloud/accounts.h"

#include "protocol/base/buf.h"
#include "protocol/support/memory.h"
#include "protocol/support/plate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An account and where it stands, for the message about a second one. */
struct entry {
    struct account account;
    size_t line;
};

struct span {
    const char *text;
    size_t len;
};

static struct span trimmed(const char *text, size_t len)
{
    static const char blanks[] = " \t\r";
    while (len > 0 && memchr(blanks, text[0], sizeof blanks - 1)) {
        text++;
        len--;
    }
    while (len > 0 && memchr(blanks, text[len - 1], sizeof blanks - 1))
        len--;
    return (struct span){text, len};
}

static bool is_text(struct span s, const char *text)
{
    return s.len == strlen(text) && memcmp(s.text, text, s.len) == 0;
}

static bool begins(struct span s, const char *text)
{
    return s.len > strlen(text) && memcmp(s.text, text, strlen(text)) == 0;
}

/* NULL, or what is wrong with it. */
static const char *read_token(struct span s, char ret[TOKEN_SIZE])
{
    if (s.len == 0)
        return "the token is missing";
    if (s.len >= TOKEN_SIZE)
        return "the token is longer than 127 characters";
    for (size_t i = 0; i < s.len; i++)
        if (s.text[i] <= ' ' || s.text[i] > '~' || memchr("'\"\\,", s.text[i], 4))
            return "a token is printable ASCII without spaces, quotes, backslashes and commas";
    memcpy(ret, s.text, s.len);
    ret[s.len] = '\0';
    return NULL;
}

/* Cuts the text before the next comma off *rest; false: nothing is left. */
static bool next_field(struct span *rest, struct span *ret)
{
    if (!rest->text)
        return false;
    const char *comma = memchr(rest->text, ',', rest->len);
    size_t len = comma ? (size_t)(comma - rest->text) : rest->len;
    *ret = trimmed(rest->text, len);
    *rest = comma ? (struct span){comma + 1, rest->len - len - 1} : (struct span){NULL, 0};
    return true;
}

static const char *read_columns(struct span line, const struct account_providers *known,
                                struct account_providers *ret)
{
    struct account_providers columns = {0};
    struct span field;
    next_field(&line, &field); /* "plate" */
    while (next_field(&line, &field)) {
        struct name name;
        bool found = known->count == 0;
        if (columns.count == PROVIDERS_MAX || name_parse(field.text, field.len, &name) != ERR_OK)
            return "the heading is plate,token or plate and the names of providers";
        for (size_t i = 0; i < known->count; i++)
            found |= name_equal(&name, &known->names[i]);
        for (size_t i = 0; i < columns.count; i++)
            if (name_equal(&name, &columns.names[i]))
                return "the heading names a provider twice";
        if (!found)
            return "the heading names a provider that is not configured";
        columns.names[columns.count++] = name;
    }
    *ret = columns;
    return NULL;
}

static const char *read_line(struct span line, const struct account_providers *columns,
                             struct account *ret)
{
    struct span plate, token;
    size_t column = 0;
    bool alone = columns->count == 1;
    next_field(&line, &plate);
    if (!line.text)
        return "expected plate,token";
    if (plate_normalise(plate.text, plate.len, &ret->plate) != ERR_OK)
        return "this is no plate";
    for (; column < columns->count && next_field(&line, &token); column++) {
        struct payer_token *t = &ret->payer.tokens[ret->payer.count];
        if (token.len == 0 && !alone)
            continue;
        const char *wrong = read_token(token, t->token);
        if (wrong)
            return wrong;
        t->provider = columns->names[column];
        ret->payer.count++;
    }
    if (column != columns->count || line.text)
        return alone ? "a token is printable ASCII without spaces, quotes, backslashes and commas"
                     : "expected as many fields as the heading has";
    return ret->payer.count > 0 ? NULL : "no token at all";
}

static int by_plate(const void *a, const void *b)
{
    const struct entry *x = a;
    const struct entry *y = b;
    int order = strcmp(x->account.plate.text, y->account.plate.text);
    return order ? order : x->line < y->line ? -1 : 1;
}

/* Reads all lines into a growing array; returns NULL or what is wrong in *ret_line. */
static const char *read_lines(const char *text, size_t len, const struct account_providers *known,
                              struct entry **ret, size_t *ret_count, size_t *ret_line)
{
    struct account_providers columns = {.count = 1};
    if (known->count > 0)
        columns.names[0] = known->names[0];
    size_t size = 0;
    size_t line = 0;
    for (size_t at = 0; at < len;) {
        const char *end = memchr(text + at, '\n', len - at);
        size_t n = end ? (size_t)(end - text) - at : len - at;
        struct span s = trimmed(text + at, n);
        at += n + 1;
        *ret_line = ++line;
        if (s.len == 0 || s.text[0] == '#' || (line == 1 && is_text(s, "plate,token")))
            continue;
        if (line == 1 && begins(s, "plate,")) {
            const char *wrong = read_columns(s, known, &columns);
            if (wrong)
                return wrong;
            continue;
        }
        if (*ret_count == size) {
            size = size ? size * 2 : 64;
            *ret = mem_resize(*ret, size * sizeof **ret);
        }
        struct entry *e = &(*ret)[*ret_count];
        *e = (struct entry){.line = line};
        const char *wrong = read_line(s, &columns, &e->account);
        if (wrong)
            return wrong;
        ++*ret_count;
    }
    return NULL;
}

static const char *find_second(struct entry *entries, size_t count, size_t *ret_line)
{
    if (count > 0)
        qsort(entries, count, sizeof *entries, by_plate);
    for (size_t i = 1; i < count; i++)
        if (strcmp(entries[i].account.plate.text, entries[i - 1].account.plate.text) == 0) {
            *ret_line = entries[i].line;
            return "this plate has an account already";
        }
    return NULL;
}

enum err accounts_parse(const char *text, size_t len, const struct account_providers *providers,
                        struct account **ret, size_t *ret_count, char *ret_reason)
{
    struct entry *entries = NULL;
    size_t count = 0;
    size_t line = 0;
    const char *wrong = read_lines(text, len, providers, &entries, &count, &line);
    if (!wrong)
        wrong = find_second(entries, count, &line);
    if (wrong) {
        free(entries);
        struct buf reason = buf_of(ret_reason, ACCOUNTS_REASON_SIZE);
        buf_addf(&reason, "line %zu: %s", line, wrong);
        return ERR_INVAL;
    }
    struct account *accounts = count ? mem_alloc(count * sizeof *accounts) : NULL;
    for (size_t i = 0; i < count; i++)
        accounts[i] = entries[i].account;
    free(entries);
    *ret = accounts;
    *ret_count = count;
    return ERR_OK;
}

enum err accounts_load(const char *file, const struct account_providers *providers,
                       struct account **ret, size_t *ret_count, char *ret_reason)
{
    struct buf reason = buf_of(ret_reason, ACCOUNTS_REASON_SIZE);
    FILE *f = fopen(file, "rb");
    if (!f) {
        buf_adds(&reason, strerror(errno));
        return ERR_NOTFOUND;
    }
    char *text = NULL;
    size_t len = 0;
    size_t size = 0;
    size_t n = 0;
    do {
        len += n;
        if (len == size) {
            size = size ? size * 2 : 4096;
            text = mem_resize(text, size);
        }
        n = fread(text + len, 1, size - len, f);
    } while (n > 0 && len <= ACCOUNTS_BYTES_MAX);
    bool failed = ferror(f) != 0;
    fclose(f);
    enum err e = failed ? ERR_NOTFOUND : len > ACCOUNTS_BYTES_MAX ? ERR_INVAL : ERR_OK;
    if (e != ERR_OK)
        buf_adds(&reason, failed ? "cannot be read" : "is too large");
    else
        e = accounts_parse(text, len, providers, ret, ret_count, ret_reason);
    free(text);
    return e;
}
