#include "tests/contract/edge/journal_fixture.h"

#include "protocol/support/digest.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

int journal_set_up(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    snprintf(p->folder, sizeof p->folder, "/tmp/boomgate-XXXXXX");
    if (!mkdtemp(p->folder))
        return -1;
    snprintf(p->file, sizeof p->file, "%s/journal.db", p->folder);
    p->clock = clock_real();
    *state = p;
    return 0;
}

int journal_tear_down(void **state)
{
    static const char *const endings[] = {"", "-wal", "-shm", ".lock"};
    struct place *p = *state;
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        char path[96];
        snprintf(path, sizeof path, "%s%s", p->file, endings[i]);
        unlink(path);
    }
    rmdir(p->folder);
    free(p);
    return 0;
}

struct journal *open_journal(const struct place *p)
{
    struct journal *j = NULL;
    assert_int_equal(journal_open(p->file, &p->clock, &j), ERR_OK);
    return j;
}

struct digest digest_for(int64_t seq)
{
    struct digest d;
    char bytes[32];
    int len = snprintf(bytes, sizeof bytes, "event %lld", (long long)seq);
    digest_of(bytes, (size_t)len, &d);
    return d;
}

/* One turn as the agent does it: a row, the new memory. */
enum err write_row(const struct journal_port *p, struct edge_memory *m)
{
    char bytes[32];
    int64_t seq = m->next;
    int len = snprintf(bytes, sizeof bytes, "event %lld", (long long)seq);
    struct digest d = digest_for(seq);
    TRY(p->append(p->self, seq, &d, bytes, (size_t)len));
    m->next = seq + 1;
    m->head = d;
    return p->save_edge(p->self, m);
}

void write_rows(struct journal *j, int count)
{
    struct journal_port p = journal_port(j);
    struct edge_memory m = *journal_memory(j);
    assert_int_equal(p.begin(p.self), ERR_OK);
    for (int i = 0; i < count; i++)
        assert_int_equal(write_row(&p, &m), ERR_OK);
    assert_int_equal(p.commit(p.self), ERR_OK);
}

static bool read_one(void *arg, int64_t seq, const void *bytes, size_t len)
{
    struct reading *r = arg;
    char expected[32];
    int n = snprintf(expected, sizeof expected, "event %lld", (long long)seq);
    assert_int_equal(len, n);
    assert_memory_equal(bytes, expected, len);
    if (r->count == 0)
        r->first = seq;
    else if (seq != r->last + 1)
        r->contiguous = false;
    r->last = seq;
    r->count++;
    return r->count != r->stop_at;
}

struct reading read_rows(struct journal *j, int64_t from, size_t max, size_t stop_at)
{
    struct reading r = {.contiguous = true, .stop_at = stop_at};
    assert_int_equal(journal_read(j, from, max, read_one, &r), ERR_OK);
    assert_true(r.contiguous);
    return r;
}

struct edge_memory load(struct journal *j)
{
    struct edge_memory m;
    struct lane_memory lanes[2];
    size_t count;
    assert_int_equal(journal_load(j, &m, lanes, 2, &count), ERR_OK);
    return m;
}

void run_sql(const char *file, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}
