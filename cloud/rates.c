#include "cloud/rates.h"

#include "protocol/base/buf.h"
#include "protocol/support/memory.h"
#include "protocol/support/rate_table.h"
#include "protocol/support/zone.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct rate {
    struct name name; /* of its file */
    struct tariff tariff;
};

struct rates {
    struct rate *rates;
    size_t rate_count;
    struct zone_table **zones;
    size_t zone_count;
};

static void explain(char *ret_reason, const char *file, const struct table_error *e)
{
    struct buf b = buf_of(ret_reason, RATES_REASON_SIZE);
    buf_addf(&b, "%s:%d: ", file, e->line);
    if (e->path[0] != '\0')
        buf_addf(&b, "%s: ", e->path);
    buf_adds(&b, e->text);
}

static enum err load_file(struct rates *r, const char *directory, const char *entry, size_t stem,
                          char *ret_reason)
{
    char path[1024];
    struct rate rate;
    struct table_error error = {0};
    struct buf b = buf_of(path, sizeof path);
    buf_addf(&b, "%s/%s", directory, entry);
    if (b.overflow || name_parse(entry, stem, &rate.name) != ERR_OK) {
        b = buf_of(ret_reason, RATES_REASON_SIZE);
        buf_addf(&b, "%.200s: a rate table's file name is 1 to 31 of a-z, 0-9 and '-'", entry);
        return ERR_INVAL;
    }
    enum err e = rate_table_read(path, &rate.tariff, &error);
    if (e != ERR_OK) {
        explain(ret_reason, path, &error);
        return e;
    }
    r->rates = mem_resize(r->rates, (r->rate_count + 1) * sizeof *r->rates);
    r->rates[r->rate_count++] = rate;
    return ERR_OK;
}

/* The length of the name before ".yaml"; 0 if this is not such a file. */
static size_t stem_of(const char *entry)
{
    static const char end[] = ".yaml";
    size_t len = strlen(entry), tail = sizeof end - 1;
    return entry[0] != '.' && len > tail && strcmp(entry + len - tail, end) == 0 ? len - tail : 0;
}

enum err rates_load(const char *directory, struct rates **ret, char *ret_reason)
{
    DIR *dir = opendir(directory);
    if (!dir) {
        struct buf b = buf_of(ret_reason, RATES_REASON_SIZE);
        buf_addf(&b, "%.200s: cannot be opened: %s", directory, strerror(errno));
        return ERR_NOTFOUND;
    }
    struct rates *r = mem_alloc(sizeof *r);
    enum err e = ERR_OK;
    for (struct dirent *d = readdir(dir); d && e == ERR_OK; d = readdir(dir)) {
        size_t stem = stem_of(d->d_name);
        if (stem > 0)
            e = load_file(r, directory, d->d_name, stem, ret_reason);
    }
    closedir(dir);
    if (e != ERR_OK) {
        rates_free(r);
        return e;
    }
    *ret = r;
    return ERR_OK;
}

void rates_free(struct rates *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->zone_count; i++)
        free(r->zones[i]);
    free(r->zones);
    free(r->rates);
    free(r);
}

static const struct tariff *tariff_of(const struct rates *r, const struct name *name)
{
    for (size_t i = 0; i < r->rate_count; i++)
        if (name_equal(&r->rates[i].name, name))
            return &r->rates[i].tariff;
    return NULL;
}

static const struct zone_table *zone_of(struct rates *r, const char *name)
{
    for (size_t i = 0; i < r->zone_count; i++)
        if (strcmp(r->zones[i]->name, name) == 0)
            return r->zones[i];
    struct zone_table *z = mem_alloc(sizeof *z);
    if (zone_load(name, z) != ERR_OK) {
        free(z);
        return NULL;
    }
    r->zones = mem_resize(r->zones, (r->zone_count + 1) * sizeof(z));
    r->zones[r->zone_count++] = z;
    return z;
}

enum err rates_currency(const struct rates *r, const struct name *tariff, struct currency *ret)
{
    const struct tariff *t = tariff_of(r, tariff);
    if (!t)
        return ERR_NOTFOUND;
    *ret = t->currency;
    return ERR_OK;
}

static enum err check(void *self, const struct name *tariff, const char *zone,
                      const struct currency *currency, char *ret_reason)
{
    struct rates *r = self;
    const struct tariff *t = tariff_of(r, tariff);
    if (!t) {
        snprintf(ret_reason, 160, "tariff: no rate table \"%s\"", tariff->text);
        return ERR_NOTFOUND;
    }
    if (!zone_of(r, zone)) {
        snprintf(ret_reason, 160, "zone: no time zone \"%.47s\"", zone);
        return ERR_NOTFOUND;
    }
    if (strcmp(t->currency.code, currency->code) != 0) {
        snprintf(ret_reason, 160, "currency: rate table \"%s\" is in %s", tariff->text,
                 t->currency.code);
        return ERR_CONFLICT;
    }
    return ERR_OK;
}

static enum err price_with(struct rates *r, const struct name *tariff, const char *zone, bool free,
                           struct wall_ms start, struct wall_ms end, int64_t *ret_minor)
{
    struct tariff_quote quote;
    const struct tariff *t = tariff_of(r, tariff);
    const struct zone_table *z = zone_of(r, zone);
    if (!t || !z)
        return ERR_NOTFOUND;
    struct tariff used = *t;
    if (!free)
        used.free_s = 0;
    TRY(tariff_price(&used, z, start, end, &quote));
    *ret_minor = quote.amount.minor;
    return ERR_OK;
}

static enum err price(void *self, const struct name *tariff, const char *zone, struct wall_ms start,
                      struct wall_ms end, int64_t *ret_minor)
{
    return price_with(self, tariff, zone, true, start, end, ret_minor);
}

static enum err price_rest(void *self, const struct name *tariff, const char *zone,
                           struct wall_ms start, struct wall_ms end, int64_t *ret_minor)
{
    return price_with(self, tariff, zone, false, start, end, ret_minor);
}

struct rates_port rates_port(struct rates *r)
{
    return (struct rates_port){.self = r, .check = check, .price = price, .price_rest = price_rest};
}
