/* boomgatectl as a program against a real server: what it prints, and with which status it ends. */
#include "tests/contract/cloud/http/fixture.h"

#include "cloud/ctl/ctl.h"
#include "protocol/support/signed_json.h"

#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { WORDS_MAX = 16, OUTPUT_SIZE = 16384 };

struct run {
    int status;
    char out[OUTPUT_SIZE], err[OUTPUT_SIZE];
};

static void slurp(int fd, char *ret)
{
    size_t len = 0;
    ssize_t n;
    while (len + 1 < OUTPUT_SIZE && (n = read(fd, ret + len, OUTPUT_SIZE - 1 - len)) > 0)
        len += (size_t)n;
    ret[len] = '\0';
    close(fd);
}

/* Runs with the words of `line`; "_" inside a word stands for a space. */
static struct run ctl(struct fixture *f, const char *token, const char *line)
{
    struct run r = {0};
    char words[1024];
    char *argv[WORDS_MAX + 1] = {(char *)(uintptr_t)BOOMGATECTL};
    char url[64];
    char token_env[128];
    char *env[] = {url, token != NULL ? token_env : NULL, NULL};
    int argc = 1;
    int out[2];
    int err[2];
    pid_t pid;
    posix_spawn_file_actions_t files;
    snprintf(url, sizeof url, "BOOMGATE_URL=http://127.0.0.1:%d/", http_port(f->http));
    snprintf(token_env, sizeof token_env, "BOOMGATE_TOKEN=%s", token != NULL ? token : "");
    snprintf(words, sizeof words, "%s", line);
    for (char *at = words; *at != '\0' && argc < WORDS_MAX;) {
        size_t len = strcspn(at, " ");
        argv[argc++] = at;
        bool last = at[len] == '\0';
        at[len] = '\0';
        for (char *c = at; *c != '\0'; c++)
            *c = *c == '_' ? ' ' : *c;
        at += len + !last;
    }
    assert_int_equal(pipe(out), 0);
    assert_int_equal(pipe(err), 0);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, out[1], 1);
    posix_spawn_file_actions_adddup2(&files, err[1], 2);
    for (int i = 0; i < 2; i++) {
        posix_spawn_file_actions_addclose(&files, out[i]);
        posix_spawn_file_actions_addclose(&files, err[i]);
    }
    assert_int_equal(posix_spawn(&pid, BOOMGATECTL, &files, NULL, argv, env), 0);
    posix_spawn_file_actions_destroy(&files);
    close(out[1]);
    close(err[1]);
    slurp(out[0], r.out);
    slurp(err[0], r.err);
    assert_int_equal(waitpid(pid, &r.status, 0), pid);
    assert_true(WIFEXITED(r.status));
    r.status = WEXITSTATUS(r.status);
    return r;
}

static void ends(struct fixture *f, const char *token, const char *line, int status,
                 const char *expected)
{
    struct run r = ctl(f, token, line);
    if (r.status != status || strstr(status == CTL_OK ? r.out : r.err, expected) == NULL)
        fail_msg("%s: status %d, expected %d with \"%s\"\nout: %serr: %s", line, r.status, status,
                 expected, r.out, r.err);
}

static void a_place_is_added_shown_and_changed(void **state)
{
    ends(*state, OPERATOR, "place add new --capacity 10", CTL_OK, "new: created, 10 spaces\n");
    ends(*state, OPERATOR, "place add new --capacity 10", CTL_OK, "new: unchanged\n");
    ends(*state, OPERATOR, "place add new --capacity 11", CTL_REFUSED, "boomgatectl place set new");
    ends(*state, OPERATOR,
         "--title \xEA\xB0\x95\xEB\xB3\x80_1 place set new --tariff T1 --hold-max 60", CTL_OK,
         "new: changed\n");
    ends(*state, OPERATOR, "place set new --capacity=10", CTL_OK, "new: unchanged\n");
    ends(*state, NULL, "place show new", CTL_OK, "\xEA\xB0\x95\xEB\xB3\x80 1");
    ends(*state, NULL, "place show new --json", CTL_OK, "\"hold_max_ms\": 60000");
    ends(*state, NULL, "place show a", CTL_OK, "6 of 10");
    ends(*state, NULL, "place show a", CTL_OK, "in-1");
    ends(*state, OPERATOR, "place resume a", CTL_OK, "offers spaces again");
}

static void a_count_is_reported(void **state)
{
    ends(*state, OPERATOR, "audit add a --reason drill", CTL_USAGE, "--counted N");
    ends(*state, OPERATOR, "audit add a --counted 3x --reason drill", CTL_USAGE, "--counted N");
    ends(*state, OPERATOR, "audit add a --counted 3", CTL_USAGE, "--reason TEXT");
    ends(*state, OPERATOR, "audit add a --counted 3 --reason drill --gone e1,e2", CTL_OK,
         "audit 7\n");
    ends(*state, OPERATOR, "audit add a --counted 3 --reason drill", CTL_REFUSED, "not now");
    ends(*state, OPERATOR, "audit list a", CTL_OK, "e1: its hello");
    ends(*state, OPERATOR, "audit list a --json", CTL_OK, "\"gone\": \"e1 e2\"");
    ends(*state, OPERATOR, "audit cancel a 7", CTL_OK, "audit 7 is cancelled");
    ends(*state, OPERATOR, "audit list a", CTL_OK, "cancelled");
    ends(*state, OPERATOR, "edge bind a e1", CTL_USAGE, "--right ID");
    ends(*state, OPERATOR, "edge bind a e1 --right permit:1", CTL_OK, "is kept for permit:1");
    ends(*state, OPERATOR, "edge unbind a e1 --right permit:1", CTL_OK, "is asked back");
    ends(*state, OPERATOR, "edge release a e1", CTL_OK, "new epoch");
    ends(*state, OPERATOR, "edge release a e2", CTL_REFUSED, "not now");
}

static void columns_stand_under_each_other(void **state)
{
    struct run r;
    ends(*state, OPERATOR, "place add c --capacity 5 --title \xEA\xB0\x95", CTL_OK, "created");
    r = ctl(*state, NULL, "place list");
    assert_string_equal(r.out,
                        "PLACE  STATUS    FREE  PARKED  COMING  SPACES  TARIFF  TITLE\n"
                        "a      degraded  6     3       1       10      t1      -\n"
                        "b      full      0     2       0       2       t1      -\n"
                        "c      open      5     0       0       5       t1      \xEA\xB0\x95\n");
}

/* The command in the fixture's store moves to its end while somebody waits: the first look finds it. */
static void end_command(struct fixture *f, const char *key_of, enum stage stage, enum reason why)
{
    char more[96];
    snprintf(more, sizeof more, "Idempotency-Key: %s\r\n", key_of);
    struct answer a = ask(f, "POST", "/v1/places/a/lanes/in-1/commands", OPERATOR,
                          "{\"action\":\"open\",\"reason\":\"help\"}", more);
    struct request_id id;
    struct command_row row;
    const char *text = json_string_value(json_object_get(a.json, "id"));
    assert_int_equal(request_id_parse(text, 32, &id), ERR_OK);
    answer_free(&a);
    pthread_mutex_lock(&f->lock);
    assert_int_equal(f->port.find_command(f->port.self, &id, &row), ERR_OK);
    row.accepted.v = NOW_MS + 5;
    row.ended.v = NOW_MS + 7;
    row.stage = stage;
    row.why = why;
    fixture_command(f, &row);
    pthread_mutex_unlock(&f->lock);
}

static void lanes_are_told(void **state)
{
    ends(*state, OPERATOR, "lane open a in-1 --reason help", CTL_OK, "  sent\n");
    ends(*state, OPERATOR, "lane open a in-1", CTL_USAGE, "--reason");
    ends(*state, OPERATOR, "lane open a", CTL_USAGE, "PLACE LANE");
    ends(*state, OPERATOR, "lane open a in-9 --reason help", CTL_REFUSED, "no such lane");
    ends(*state, AUDITOR, "lane open a in-1 --reason help", CTL_REFUSED, "role");
    ends(*state, OPERATOR, "lane open a in-1 --reason help --expect rain", CTL_REFUSED, "expect:");
    end_command(*state, "k1", STAGE_DONE, REASON_NONE);
    ends(*state, OPERATOR, "lane open a in-1 --reason help --wait --key k1", CTL_OK, "  done\n");
    ends(*state, OPERATOR, "lane close a in-1 --reason help --key k1", CTL_REFUSED,
         "another request");
    end_command(*state, "k2", STAGE_FAILED, REASON_FIRE);
    struct run r = ctl(*state, OPERATOR, "lane open a in-1 --reason help --wait --key k2");
    assert_int_equal(r.status, CTL_REFUSED);
    assert_non_null(strstr(r.out, "accepted\n"));
    assert_non_null(strstr(r.out, "failed: fire\n"));
    ends(*state, OPERATOR, "lane hold a in-1 --reason fair_day --json", CTL_OK, "\"hold_open\"");
    ends(*state, OPERATOR, "lane log a in-1", CTL_OK, "fair day");
    ends(*state, OPERATOR, "lane log a in-1 --limit 0", CTL_REFUSED, "limit");
}

static void write_file(const char *file, const char *text)
{
    FILE *f = fopen(file, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void a_report_is_verified(void **state)
{
    struct fixture *f = *state;
    char key[96], public_key[100], report[96], line[400];
    struct signature_key made;
    char *text;
    snprintf(key, sizeof key, "%s/key", f->dir);
    snprintf(public_key, sizeof public_key, "%s.pub", key);
    snprintf(report, sizeof report, "%s/report.json", f->dir);
    snprintf(line, sizeof line, "report verify %s --key %s", report, public_key);
    assert_int_equal(signature_make_key(key, &made), ERR_OK);
    json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:[{s:s, s:s}]}", "place", "a", "edge", "e1",
                               "ended", "2026-11-20T06:31:12.345Z", "installer", "kim", "lanes",
                               "lane", "in-1", "result", "passed");
    assert_int_equal(signed_json_make(object, key, &text), ERR_OK);
    json_decref(object);
    write_file(report, text);
    ends(f, NULL, line, CTL_OK, "authentic: a/e1");
    ends(f, NULL, line, CTL_OK, "in-1: passed\n");
    *strstr(text, "passed") = 'P';
    write_file(report, text);
    ends(f, NULL, line, CTL_REFUSED, "changed since");
    free(text);
    unlink(report);
    ends(f, NULL, line, CTL_USAGE, "No such file");
    snprintf(line, sizeof line, "report verify %s", report);
    ends(f, NULL, line, CTL_USAGE, "--key");
    unlink(key);
    unlink(public_key);
}

static void reports_are_printed(void **state)
{
    ends(*state, OPERATOR,
         "sessions 22\xEC\x95\x84"
         "2222",
         CTL_OK, "3500 KRW");
    ends(*state, OPERATOR,
         "sessions 22\xEC\x95\x84"
         "2222 --limit 1",
         CTL_OK, "There are more");
    ends(*state, OPERATOR, "sessions 00A00", CTL_OK, "No stay with this plate.");
    ends(*state, OPERATOR, "sessions t-0000-0000-0000-0000-0", CTL_OK, "a  ");
    ends(*state, OPERATOR, "movements a", CTL_OK,
         "22\xEC\x95\x84"
         "2222");
    ends(*state, NULL, "movements a --limit 3", CTL_OK, "22***22");
    ends(*state, OPERATOR, "summary a", CTL_OK, "5500 KRW");
    ends(*state, OPERATOR, "summary a", CTL_OK, "2 debts open (6000 KRW)");
    ends(*state, NULL, "health", CTL_OK, "alive: yes\nready: yes\n");
}

static void rights_are_given_listed_and_taken(void **state)
{
    struct fixture *f = *state;
    ends(f, OPERATOR, "right add a p1 --plate b-ab_1234 --until 2027-01-01T00:00:00Z", CTL_OK,
         "p1: set, list version 1");
    ends(f, AUDITOR, "right list a", CTL_OK, "BAB1234");
    ends(f, AUDITOR, "right list a", CTL_OK, "1 rights, list version 1");
    ends(f, OPERATOR, "right show a p1", CTL_OK, "\"until\": \"2027-01-01T00:00:00.000Z\"");
    ends(f, OPERATOR, "right remove a p1", CTL_OK, "p1: removed, list version 2");
    ends(f, OPERATOR, "right neutral a p1", CTL_OK, "p1: neutral from list version 3 on");
    ends(f, OPERATOR, "right neutral-all a", CTL_OK, "a: neutral from list version 4 on");
    ends(f, OPERATOR, "right show a p1", CTL_REFUSED, "no such right");
    ends(f, OPERATOR, "right add a p2", CTL_REFUSED, "plate: ");
    ends(f, OPERATOR, "right add a p2 --plate 1 --kind king", CTL_REFUSED, "kind: expected permit");
    ends(f, OPERATOR, "right add a p2 --plate 1 --offline x", CTL_USAGE, "offline_s");
    ends(f, OPERATOR, "right add nosuch p2 --plate 1", CTL_REFUSED, "no such place");
}

static void rights_are_imported(void **state)
{
    struct fixture *f = *state;
    char file[] = "/tmp/boomgate-rights-XXXXXX", line[96];
    int fd = mkstemp(file);
    assert_true(fd >= 0);
    close(fd);
    write_file(file, "id,plate,kind,credential,until\n"
                     "r1,12\xEA\xB0\x80"
                     "3456,permit,\"QR \"\"1\"\", x\",2027-01-01T00:00:00Z\r\n"
                     "\n"
                     "r2,,deny,77\n");
    snprintf(line, sizeof line, "right import a %s", file);
    ends(f, OPERATOR, line, CTL_OK, "a: 2 rights read, 2 changed, list version 1");
    ends(f, OPERATOR, "right show a r1", CTL_OK, "QR \\\"1\\\", x");
    write_file(file, "id,colour\nr1,red\n");
    ends(f, OPERATOR, line, CTL_REFUSED, ":1: the first line names the columns");
    write_file(file, "id,kind,plate\nr1,permit,1\nr2,permit,2,3\n");
    ends(f, OPERATOR, line, CTL_REFUSED, ":3: more fields than columns");
    write_file(file, "id,kind,plate\nr1,permit,\"1\n");
    ends(f, OPERATOR, line, CTL_REFUSED, ":2: the fields cannot be told apart");
    write_file(file, "id,kind,plate\nr1,king,1\n");
    ends(f, OPERATOR, line, CTL_REFUSED, "rights/0/kind: expected permit");
    write_file(file, "id,kind,plate,removed\nr1,permit,1,TRUE\n"); /* no silent permit */
    ends(f, OPERATOR, line, CTL_REFUSED, "removed: \"TRUE\" is not a valid value");
    unlink(file);
    ends(f, OPERATOR, line, CTL_USAGE, "No such file");
}

static void refusals_say_what_is_wrong(void **state)
{
    struct fixture *f = *state;
    ends(f, NULL, "place add x --capacity 1", CTL_REFUSED, "$BOOMGATE_TOKEN");
    ends(f, "wrong-token-0123456789", "place list", CTL_REFUSED, "no valid bearer token");
    ends(f, DRIVER, "sessions 00A00", CTL_REFUSED, "not bound to that plate");
    ends(f, OPERATOR, "place show nosuch", CTL_REFUSED, "no such place");
    ends(f, OPERATOR, "place show a/b", CTL_REFUSED, "no such place");
    ends(f, OPERATOR, "place set nosuch --capacity 3", CTL_REFUSED, "no such place");
    ends(f, OPERATOR, "place add X --capacity 0 --currency won", CTL_REFUSED,
         "  capacity: expected a whole number");
    ends(f, OPERATOR, "place add X --capacity 1", CTL_REFUSED, "  place: expected a name");
    ends(f, OPERATOR, "place add x --capacity 1 --tariff nosuch", CTL_REFUSED,
         "  tariff: there is no such rate table");
    metrics_set(&f->metrics, METRIC_BROKER_UP, 0);
    struct run r = ctl(f, NULL, "health");
    assert_int_equal(r.status, CTL_REFUSED);
    assert_string_equal(r.out, "alive: yes\nready: no, The broker is not connected.\n");
}

static void wrong_usage_is_2(void **state)
{
    static const char *const lines[] = {
        "",
        "nosuch",
        "place",
        "place nosuch",
        "place add",
        "place add x",
        "place add x y --capacity 1",
        "place add x --capacity ten",
        "place add x --capacity 1x",
        "place add x --capacity -1",
        "place list --capacity 1",
        "place list x",
        "place add x --capacity",
        "--nosuch place list",
        "place set a --closed perhaps",
        "place list --token-file /nonexistent/file",
        "sessions",
        "health now",
        "place set a --title \xff",
        "place add x --capacity 99999999999999999999",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct run r = ctl(*state, OPERATOR, lines[i]);
        if (r.status != CTL_USAGE || r.err[0] == '\0')
            fail_msg("%s: status %d, %s", lines[i], r.status, r.err);
    }
}

static void help_and_version_are_printed(void **state)
{
    struct run r = ctl(*state, NULL, "--help");
    assert_int_equal(r.status, CTL_OK);
    assert_non_null(strstr(r.out, "place add NAME"));
    assert_int_equal(r.err[0], '\0');
    ends(*state, NULL, "--version", CTL_OK, "boomgatectl ");
}

static void a_daemon_that_is_away_is_3(void **state)
{
    ends(*state, OPERATOR, "place list --url http://127.0.0.1:1", CTL_UNREACHABLE,
         "Is boomgate-cloud running?");
    ends(*state, OPERATOR, "place list --url file:///etc/passwd", CTL_UNREACHABLE, "file:///etc");
}

static void a_token_file_wins_over_the_variable(void **state)
{
    struct fixture *f = *state;
    char path[128];
    char line[192];
    snprintf(path, sizeof path, "%s/token", f->dir);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fputs(OPERATOR "\nsecond line\n", file);
    fclose(file);
    snprintf(line, sizeof line, "--token-file %s summary a", path);
    ends(f, DRIVER, line, CTL_OK, "ENTERED");
    unlink(path);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_place_is_added_shown_and_changed),
        TEST(a_count_is_reported),
        TEST(columns_stand_under_each_other),
        TEST(lanes_are_told),
        TEST(a_report_is_verified),
        TEST(rights_are_given_listed_and_taken),
        TEST(rights_are_imported),
        TEST(reports_are_printed),
        TEST(refusals_say_what_is_wrong),
        TEST(wrong_usage_is_2),
        TEST(help_and_version_are_printed),
        TEST(a_daemon_that_is_away_is_3),
        TEST(a_token_file_wins_over_the_variable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
