/* Rights: add, remove, show, list, and import of many from a CSV file. */
#include "cloud/ctl/client.h"
#include "cloud/ctl/print.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_SIZE = 512, PART_SIZE = 200, LINE_SIZE = 1024, BATCH = 200, COLUMNS_MAX = 16 };

/* The members of a right; in a CSV file, its columns in any order. */
static const char *const members[] = {"id",    "kind",      "plate", "credential", "from",
                                      "until", "offline_s", "space", "removed"};
enum { MEMBERS = sizeof members / sizeof members[0] };

static bool rights_path(const char *place, const char *right, char ret[PATH_SIZE])
{
    char p[PART_SIZE], r[PART_SIZE] = "";
    if (client_escape(place, p, sizeof p) == ERR_OK &&
        (right == NULL || client_escape(right, r, sizeof r) == ERR_OK) &&
        (size_t)snprintf(ret, PATH_SIZE, "/v1/places/%s/rights%s%s", p, right ? "/" : "", r) <
            PATH_SIZE)
        return true;
    fprintf(stderr, "boomgatectl: the name is too long\n");
    return false;
}

/* Text of a member as JSON; NULL: it cannot be that. */
static json_t *value_of(const char *member, const char *text)
{
    char *end;
    bool yes = strcmp(text, "true") == 0 || strcmp(text, "yes") == 0;
    bool no = strcmp(text, "false") == 0 || strcmp(text, "no") == 0;
    if (strcmp(member, "removed") == 0)
        return yes || no ? json_boolean(yes) : NULL;
    if (strcmp(member, "offline_s") != 0)
        return json_string(text);
    errno = 0;
    long long n = strtoll(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' ? json_integer(n) : NULL;
}

static bool set_member(json_t *o, const char *member, const char *text)
{
    if (text == NULL || text[0] == '\0')
        return true;
    json_t *value = value_of(member, text);
    if (value == NULL) {
        fprintf(stderr, "boomgatectl: %s: \"", member);
        print_safe(stderr, text);
        fprintf(stderr, "\" is not a valid value\n");
        return false;
    }
    json_object_set_new(o, member, value);
    return true;
}

/* Sends and says in one line what came of it. `body` is taken over; it may be NULL. */
static enum ctl_status write_rights(struct client *c, const char *method, const char *path,
                                    json_t *body, json_int_t *ret_version, json_int_t *ret_changed)
{
    int status;
    json_t *answer;
    enum ctl_status s = client_call(c, method, path, body, &status, &answer);
    json_decref(body);
    if (s != CTL_OK)
        return s;
    if (status == 200) {
        *ret_version = print_int(answer, "version");
        *ret_changed = print_int(answer, "changed");
    } else {
        client_report(status, answer);
        s = CTL_REFUSED;
    }
    json_decref(answer);
    return s;
}

static enum ctl_status write_one(struct client *c, const char *method, const struct ctl_args *a,
                                 json_t *body, const char *done)
{
    char path[PATH_SIZE];
    json_int_t version, changed;
    if (!rights_path(a->operand, a->operand2, path)) {
        json_decref(body);
        return CTL_USAGE;
    }
    enum ctl_status s = write_rights(c, method, path, body, &version, &changed);
    if (s == CTL_OK)
        printf("%s: %s, list version %lld\n", a->operand2, changed > 0 ? done : "unchanged",
               (long long)version);
    return s;
}

enum ctl_status cmd_right_add(struct client *c, const struct ctl_args *a)
{
    json_t *body = json_object();
    const char *kind = a->kind != NULL ? a->kind : "permit";
    if (set_member(body, "kind", kind) && set_member(body, "plate", a->plate) &&
        set_member(body, "credential", a->credential) && set_member(body, "from", a->from) &&
        set_member(body, "until", a->until) && set_member(body, "offline_s", a->offline_s) &&
        set_member(body, "space", a->space))
        return write_one(c, "PUT", a, body, "set");
    json_decref(body);
    return CTL_USAGE;
}

enum ctl_status cmd_right_remove(struct client *c, const struct ctl_args *a)
{
    return write_one(c, "DELETE", a, NULL, "removed");
}

static enum ctl_status make_neutral(struct client *c, const char *path, const char *whom)
{
    json_int_t version, changed;
    enum ctl_status s = write_rights(c, "POST", path, NULL, &version, &changed);
    if (s == CTL_OK)
        printf("%s: neutral from list version %lld on\n", whom, (long long)version);
    return s;
}

enum ctl_status cmd_right_neutral(struct client *c, const struct ctl_args *a)
{
    char path[PATH_SIZE], whole[PATH_SIZE + 16];
    if (!rights_path(a->operand, a->operand2, path))
        return CTL_USAGE;
    snprintf(whole, sizeof whole, "%s/neutral", path);
    return make_neutral(c, whole, a->operand2);
}

enum ctl_status cmd_right_neutral_all(struct client *c, const struct ctl_args *a)
{
    char place[PART_SIZE], path[PATH_SIZE];
    if (client_escape(a->operand, place, sizeof place) != ERR_OK)
        return CTL_USAGE;
    snprintf(path, sizeof path, "/v1/places/%s/neutral", place);
    return make_neutral(c, path, a->operand);
}

enum ctl_status cmd_right_show(struct client *c, const struct ctl_args *a)
{
    char path[PATH_SIZE];
    json_t *document;
    if (!rights_path(a->operand, a->operand2, path))
        return CTL_USAGE;
    enum ctl_status s = client_get(c, path, &document);
    if (s != CTL_OK)
        return s;
    print_json(document);
    json_decref(document);
    return CTL_OK;
}

static void print_rights(const json_t *document)
{
    static const char *const heads[] = {"RIGHT", "KIND", "PLATE", "FROM", "UNTIL", "SPACE"};
    static const char *const keys[] = {"id", "kind", "plate", "from", "until", "space"};
    enum { COLUMNS = sizeof heads / sizeof heads[0] };
    struct print_table *t = print_table_new(COLUMNS);
    json_t *row;
    size_t i;
    for (size_t k = 0; k < COLUMNS; k++)
        print_cell(t, "%s", heads[k]);
    json_array_foreach(json_object_get(document, "rights"), i, row)
    {
        for (size_t k = 0; k < COLUMNS; k++)
            print_cell(t, "%s", print_text(row, keys[k]));
    }
    print_table_end(t);
    printf("\n%lld rights, list version %lld\n", (long long)print_int(document, "count"),
           (long long)print_int(document, "version"));
    json_array_foreach(json_object_get(document, "edges"), i, row)
        printf("edge %s has version %lld\n", print_text(row, "edge"),
               (long long)print_int(row, "version"));
}

enum ctl_status cmd_right_list(struct client *c, const struct ctl_args *a)
{
    char path[PATH_SIZE], whole[PATH_SIZE + 256], limit[32] = "", after[128] = "";
    json_t *document;
    if (!rights_path(a->operand, NULL, path))
        return CTL_USAGE;
    if ((a->limit != NULL && client_escape(a->limit, limit, sizeof limit) != ERR_OK) ||
        (a->after != NULL && client_escape(a->after, after, sizeof after) != ERR_OK))
        return CTL_USAGE;
    snprintf(whole, sizeof whole, "%s?limit=%s%s%s", path, limit[0] != '\0' ? limit : "50",
             after[0] != '\0' ? "&after=" : "", after);
    enum ctl_status s = client_get(c, whole, &document);
    if (s != CTL_OK)
        return s;
    if (client_json(c))
        print_json(document);
    else
        print_rights(document);
    json_decref(document);
    return CTL_OK;
}

/* ---- import ---- */

struct import {
    struct client *client;
    const char *file;
    char path[PATH_SIZE];
    FILE *in;
    long line;
    const char *columns[COLUMNS_MAX]; /* names of ours, in the order of the file */
    size_t column_count;
    json_t *batch;
    long long sent, changed;
    json_int_t version;
};

static enum ctl_status bad_line(const struct import *m, const char *what)
{
    fprintf(stderr, "%s:%ld: %s\n", m->file, m->line, what);
    return CTL_REFUSED;
}

/* Takes one field from *at, in quotes (with "" for a quote) or plain, and moves *at behind its comma, or
 * to NULL behind the last. False: a quote without end. */
static bool take_field(char **at, char **ret)
{
    char *from = *at, *to = from;
    bool quoted = *from == '"';
    *ret = to;
    if (quoted)
        from++;
    while (*from != '\0' && (quoted || *from != ',')) {
        if (quoted && *from == '"') {
            if (from[1] != '"')
                break;
            from++;
        }
        *to++ = *from++;
    }
    if (quoted && *from++ != '"')
        return false;
    if (*from != ',' && *from != '\0')
        return false;
    *at = *from == ',' ? from + 1 : NULL;
    *to = '\0';
    return true;
}

static bool split(char *line, char **ret, size_t max, size_t *ret_count)
{
    size_t count = 0;
    while (line != NULL && count < max)
        if (!take_field(&line, &ret[count++]))
            return false;
    *ret_count = count;
    return line == NULL;
}

static enum ctl_status read_head(struct import *m, char *line)
{
    char *fields[COLUMNS_MAX];
    if (!split(line, fields, COLUMNS_MAX, &m->column_count))
        return bad_line(m, "the fields cannot be told apart");
    for (size_t i = 0; i < m->column_count; i++) {
        for (size_t k = 0; k < MEMBERS; k++)
            if (strcmp(fields[i], members[k]) == 0)
                m->columns[i] = members[k];
        if (m->columns[i] == NULL)
            return bad_line(m,
                            "the first line names the columns: id, kind, plate, credential, from, "
                            "until, offline_s, space, removed");
    }
    return CTL_OK;
}

static enum ctl_status flush(struct import *m)
{
    json_int_t changed = 0;
    size_t count = json_array_size(m->batch);
    if (count == 0)
        return CTL_OK;
    json_t *body = json_object();
    json_object_set_new(body, "rights", m->batch);
    m->batch = json_array();
    enum ctl_status s = write_rights(m->client, "POST", m->path, body, &m->version, &changed);
    if (s != CTL_OK) {
        fprintf(stderr,
                "%s:%ld: the %zu rights up to this line were not taken; %lld before them "
                "were\n",
                m->file, m->line, count, m->sent);
        return s;
    }
    m->sent += (long long)count;
    m->changed += changed;
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%lld rights", m->sent);
    return CTL_OK;
}

static enum ctl_status read_row(struct import *m, char *line)
{
    char *fields[COLUMNS_MAX];
    size_t count;
    if (!split(line, fields, COLUMNS_MAX, &count))
        return bad_line(m, "the fields cannot be told apart");
    if (count > m->column_count)
        return bad_line(m, "more fields than columns");
    json_t *o = json_object();
    for (size_t i = 0; i < count; i++) {
        if (set_member(o, m->columns[i], fields[i]))
            continue;
        json_decref(o);
        return bad_line(m, "not read");
    }
    json_array_append_new(m->batch, o);
    return json_array_size(m->batch) == BATCH ? flush(m) : CTL_OK;
}

static enum ctl_status import_lines(struct import *m)
{
    char line[LINE_SIZE];
    enum ctl_status s = CTL_OK;
    while (s == CTL_OK && fgets(line, sizeof line, m->in) != NULL) {
        m->line++;
        size_t len = strcspn(line, "\r\n");
        if (line[len] == '\0' && !feof(m->in))
            return bad_line(m, "longer than 1023 bytes");
        line[len] = '\0';
        if (len == 0)
            continue;
        s = m->column_count == 0 ? read_head(m, line) : read_row(m, line);
    }
    return s == CTL_OK ? flush(m) : s;
}

enum ctl_status cmd_right_import(struct client *c, const struct ctl_args *a)
{
    struct import m = {.client = c, .file = a->operand2};
    if (!rights_path(a->operand, NULL, m.path))
        return CTL_USAGE;
    m.in = fopen(m.file, "re");
    if (m.in == NULL) {
        perror(m.file);
        return CTL_USAGE;
    }
    m.batch = json_array();
    enum ctl_status s = import_lines(&m);
    fclose(m.in);
    json_decref(m.batch);
    if (isatty(STDERR_FILENO) && m.sent > 0)
        fprintf(stderr, "\r");
    if (s == CTL_OK)
        printf("%s: %lld rights read, %lld changed, list version %lld\n", a->operand, m.sent,
               m.changed, (long long)m.version);
    return s;
}
