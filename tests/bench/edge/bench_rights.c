/* A rights list of 200 000 entries at the edge: what keeping a part, putting the list in force, clearing
 * the old one away and a look-up cost, on a real file.
 *
 *   bench_rights [entries] [file] */
#include "edge/rights/rights_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PARTS_MAX = 4096, LOOKUPS = 20000 };

static int64_t us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int by_size(const void *x, const void *y)
{
    int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
    return (a > b) - (a < b);
}

static void or_end(enum err e, const char *what)
{
    if (e == ERR_OK)
        return;
    fprintf(stderr, "%s: %s\n", what, err_text(e));
    exit(1);
}

static void fill(struct rights_part *p, long from, long count)
{
    p->count = (size_t)count;
    for (long i = 0; i < count; i++) {
        struct right *r = &p->entries[i];
        *r = (struct right){.kind = RIGHT_PERMIT, .until = {INT64_C(1900000000000)}};
        snprintf(r->id.text, sizeof r->id.text, "permit-2026-%ld", from + i);
        snprintf(r->plate.text, sizeof r->plate.text, "%02ld가%04ld", (from + i) / 10000 % 100,
                 (from + i) % 10000);
    }
}

static void show(const char *what, int64_t *took, size_t count)
{
    qsort(took, count, sizeof *took, by_size);
    printf("%-28s p50 %8.3f ms   p99 %8.3f ms   max %8.3f ms   (%zu)\n", what,
           (double)took[count / 2] / 1000, (double)took[count * 99 / 100] / 1000,
           (double)took[count - 1] / 1000, count);
}

static void fetch_list(struct rights_port *port, int64_t version, long entries)
{
    static struct rights_part p;
    static int64_t took[PARTS_MAX];
    size_t staged = 0;
    long of = (entries + RIGHTS_ENTRIES_MAX - 1) / RIGHTS_ENTRIES_MAX;
    for (long k = 0; k < of; k++) {
        long from = k * RIGHTS_ENTRIES_MAX, rest = entries - from;
        struct rights_fetch f = {.have = version - 1, .version = version, .of = of, .next = k + 1};
        p = (struct rights_part){.version = version, .part = k, .of = of};
        fill(&p, from, rest < RIGHTS_ENTRIES_MAX ? rest : RIGHTS_ENTRIES_MAX);
        int64_t start = us();
        if (k + 1 < of) {
            or_end(port->stage(port->self, &f, &p), "stage");
            took[staged++] = us() - start;
            continue;
        }
        f = (struct rights_fetch){.have = version};
        or_end(port->activate(port->self, &f, &p), "activate");
        printf("%-28s %.3f ms\n", "put in force, last part incl.", (double)(us() - start) / 1000);
    }
    show("keep a part of 256", took, staged);
}

static void look_up(struct rights_port *port, long entries)
{
    static int64_t took[LOOKUPS];
    for (long i = 0; i < LOOKUPS; i++) {
        struct right found[16];
        struct plate plate;
        size_t count;
        long n = i * 7919 % entries;
        snprintf(plate.text, sizeof plate.text, "%02ld가%04ld", n / 10000 % 100, n % 10000);
        int64_t start = us();
        or_end(port->find(port->self, &plate, "", found, 16, &count), "find");
        took[i] = us() - start;
        if (count == 0)
            or_end(ERR_NOTFOUND, plate.text);
    }
    show("look-up", took, LOOKUPS);
}

static void clear_old(struct rights_store *store)
{
    static int64_t took[PARTS_MAX];
    size_t count = 0;
    bool more = true;
    while (more && count < PARTS_MAX) {
        int64_t start = us();
        more = rights_store_tidy(store);
        took[count++] = us() - start;
    }
    show("clear away 2000", took, count);
}

int main(int argc, char **argv)
{
    long entries = argc > 1 ? strtol(argv[1], NULL, 10) : 200000;
    const char *file = argc > 2 ? argv[2] : "/tmp/boomgate-bench-rights.db";
    struct rights_store *store;
    struct rusage usage;
    struct stat size;
    unlink(file);
    or_end(rights_store_open(file, &store), file);
    struct rights_port port = rights_store_port(store);
    printf("%ld entries, first list\n", entries);
    fetch_list(&port, 1, entries);
    look_up(&port, entries);
    printf("%ld entries, replaced\n", entries);
    fetch_list(&port, 2, entries);
    clear_old(store);
    look_up(&port, entries);
    getrusage(RUSAGE_SELF, &usage);
    stat(file, &size);
    printf("file %.1f MiB, resident %.1f MiB at most\n", (double)size.st_size / 1048576,
           (double)usage.ru_maxrss / 1024);
    rights_store_close(store);
    unlink(file);
    return 0;
}
