/* Every message in tests/golden/wire through the decoder of its folder. The file `expected` has one
 * line for each:
 *
 *   folder/file.json <tab> same              decodes, and encodes to the same bytes
 *   folder/file.json <tab> other bytes       decodes, and encodes to other bytes
 *   folder/file.json <tab> unknown type      an event that is stored raw
 *   folder/file.json <tab> ignored: reason   a kind this version does not know (ERR_NOTFOUND)
 *   folder/file.json <tab> reason            refused (ERR_INVAL)
 *
 * A refused event also says, in a third column, the place in the stream that can still be read from
 * it, "epoch/seq", or "-".
 *
 * With --write it prints the lines that would be right today: read them before keeping them. */
#include "protocol/wire/event_codec.h"
#include "tests/support/decode_any.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROOT "tests/golden/wire"

enum { PATH_MAX_BYTES = 512, LINE_MAX_BYTES = 1024, FILE_MAX_BYTES = 70000 };

static const struct {
    const char *folder;
    struct topic topic;
} folders[] = {
    {"ack", {TOPIC_ACK, {"lot07"}, {"e03"}}},
    {"cloud-status", {TOPIC_CLOUD_STATUS, {""}, {"c1"}}},
    {"command", {TOPIC_COMMAND, {"lot07"}, {"e03"}}},
    {"event", {TOPIC_EVENT, {"lot07"}, {"e03"}}},
    {"grant", {TOPIC_GRANT, {"lot07"}, {"e03"}}},
    {"occupancy", {TOPIC_OCCUPANCY, {"lot07"}, {""}}},
    {"request", {TOPIC_REQUEST, {"lot07"}, {"e03"}}},
    {"response", {TOPIC_RESPONSE, {"lot07"}, {"e03"}}},
    {"rights", {TOPIC_RIGHTS, {"lot07"}, {"e03"}}},
    {"status", {TOPIC_STATUS, {"lot07"}, {"e03"}}},
    {"telemetry", {TOPIC_TELEMETRY, {"lot07"}, {"e03"}}},
};

enum { FOLDERS = sizeof folders / sizeof folders[0] };

/* A file on a heap block of exactly its size, so that a sanitizer sees any read behind it. */
static char *read_file(const char *path, size_t *ret_len)
{
    static char bytes[FILE_MAX_BYTES];
    FILE *f = fopen(path, "rb");
    if (f == NULL)
        fail_msg("cannot open %s", path);
    size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    char *exact = malloc(n > 0 ? n : 1);
    if (exact == NULL)
        fail_msg("no memory");
    memcpy(exact, bytes, n);
    *ret_len = n;
    return exact;
}

/* What `expected` should say about one file, after the first tab. */
static void judge(size_t folder, const char *bytes, size_t len, char ret[LINE_MAX_BYTES])
{
    const struct topic *topic = &folders[folder].topic;
    static char again[EVENT_BYTES_MAX + 1];
    char reason[DECODE_REASON_SIZE];
    struct event_header h;
    enum err e = decode_any(topic, bytes, len, reason, again);
    if (e == ERR_OK && again[0] == '\0')
        snprintf(ret, LINE_MAX_BYTES, "unknown type");
    else if (e == ERR_OK)
        snprintf(ret, LINE_MAX_BYTES, "%s",
                 strlen(again) == len && memcmp(again, bytes, len) == 0 ? "same" : "other bytes");
    else if (e == ERR_NOTFOUND)
        snprintf(ret, LINE_MAX_BYTES, "ignored: %s", reason);
    else if (topic->kind != TOPIC_EVENT)
        snprintf(ret, LINE_MAX_BYTES, "%s", reason);
    else if (event_peek(bytes, len, &h) == ERR_OK)
        snprintf(ret, LINE_MAX_BYTES, "%s\t%lld/%lld", reason, (long long)h.epoch,
                 (long long)h.seq);
    else
        snprintf(ret, LINE_MAX_BYTES, "%s\t-", reason);
}

static size_t folder_of(const char *path)
{
    for (size_t i = 0; i < FOLDERS; i++) {
        size_t n = strlen(folders[i].folder);
        if (strncmp(path, folders[i].folder, n) == 0 && path[n] == '/')
            return i;
    }
    fail_msg("no such folder: %s", path);
    return 0;
}

static void judge_path(const char *path, char ret[LINE_MAX_BYTES])
{
    char full[PATH_MAX_BYTES];
    size_t len;
    snprintf(full, sizeof full, ROOT "/%s", path);
    char *bytes = read_file(full, &len);
    judge(folder_of(path), bytes, len, ret);
    free(bytes);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* Calls `use` with "folder/file" for every golden file, in order; returns how many there are. */
static size_t each_file(void (*use)(const char *path, void *arg), void *arg)
{
    size_t total = 0;
    for (size_t i = 0; i < FOLDERS; i++) {
        struct dirent **entries;
        char folder[PATH_MAX_BYTES];
        snprintf(folder, sizeof folder, ROOT "/%s", folders[i].folder);
        int n = scandir(folder, &entries, is_visible, alphasort);
        for (int k = 0; k < n; k++) {
            char path[PATH_MAX_BYTES];
            snprintf(path, sizeof path, "%s/%s", folders[i].folder, entries[k]->d_name);
            use(path, arg);
            free(entries[k]);
            total++;
        }
        if (n >= 0)
            free(entries);
    }
    return total;
}

static void print_line(const char *path, void *arg)
{
    char verdict[LINE_MAX_BYTES];
    (void)arg;
    judge_path(path, verdict);
    printf("%s\t%s\n", path, verdict);
}

static void ignore_path(const char *path, void *arg)
{
    (void)path;
    (void)arg;
}

static void every_message_is_judged_as_expected(void **state)
{
    (void)state;
    char line[LINE_MAX_BYTES], verdict[LINE_MAX_BYTES];
    size_t lines = 0, wrong = 0;
    FILE *f = fopen(ROOT "/expected", "r");
    assert_non_null(f);
    for (; fgets(line, sizeof line, f) != NULL; lines++) {
        char *tab = strchr(line, '\t');
        line[strcspn(line, "\n")] = '\0';
        assert_non_null(tab);
        *tab = '\0';
        judge_path(line, verdict);
        if (strcmp(verdict, tab + 1) != 0) {
            print_error("%s\n  expected %s\n  found    %s\n", line, tab + 1, verdict);
            wrong++;
        }
    }
    fclose(f);
    assert_int_equal(wrong, 0);
    assert_int_equal(lines, each_file(ignore_path, NULL)); /* none without a line */
    assert_true(lines > 150);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--write") == 0) {
        each_file(print_line, NULL);
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_is_judged_as_expected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
