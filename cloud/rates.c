#include "cloud/rates.h"

#include "protocol/base/buf.h"
#include "protocol/support/memory.h"
#include "protocol/support/rate_table.h"
#include "protocol/support/zone.h"
#include "protocol/tariff/tariff_versions.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The versions of a rate table: NAME.yaml, and every NAME.*.yaml. */
struct rate {
    struct name name; /* of its files */
    struct tariff *versions;
    size_t count;
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

static struct rate *rate_of(const struct rates *r, const struct name *name)
{
    for (size_t i = 0; i < r->rate_count; i++)
        if (name_equal(&r->rates[i].name, name))
            return &r->rates[i];
    return NULL;
}

static void add_version(struct rates *r, const struct name *name, const struct tariff *t)
{
    struct rate *rate = rate_of(r, name);
    if (!rate) {
        r->rates = mem_resize(r->rates, (r->rate_count + 1) * sizeof *r->rates);
        rate = &r->rates[r->rate_count++];
        *rate = (struct rate){.name = *name};
    }
    rate->versions = mem_resize(rate->versions, (rate->count + 1) * sizeof *rate->versions);
    rate->versions[rate->count++] = *t;
}

static enum err load_file(struct rates *r, const char *directory, const char *entry,
                          char *ret_reason)
{
    char path[1024];
    struct name name;
    struct tariff tariff;
    struct table_error error = {0};
    struct buf b = buf_of(path, sizeof path);
    buf_addf(&b, "%s/%s", directory, entry);
    if (b.overflow || name_parse(entry, strcspn(entry, "."), &name) != ERR_OK) {
        b = buf_of(ret_reason, RATES_REASON_SIZE);
        buf_addf(&b,
                 "%.200s: a rate table's file is NAME.yaml or NAME.VERSION.yaml; "
                 "a name is 1 to 31 of a-z, 0-9 and '-'",
                 entry);
        return ERR_INVAL;
    }
    enum err e = rate_table_read(path, &tariff, &error);
    if (e != ERR_OK) {
        explain(ret_reason, path, &error);
        return e;
    }
    add_version(r, &name, &tariff);
    return ERR_OK;
}

static bool is_table_file(const char *entry)
{
    static const char end[] = ".yaml";
    size_t len = strlen(entry), tail = sizeof end - 1;
    return entry[0] != '.' && len > tail && strcmp(entry + len - tail, end) == 0;
}

static enum err sort_versions(struct rates *r, char *ret_reason)
{
    for (size_t i = 0; i < r->rate_count; i++) {
        const char *rule;
        enum err e = tariff_versions_sort(r->rates[i].versions, r->rates[i].count, &rule);
        if (e != ERR_OK) {
            struct buf b = buf_of(ret_reason, RATES_REASON_SIZE);
            buf_addf(&b, "%s.*.yaml: %s", r->rates[i].name.text, rule);
            return ERR_INVAL;
        }
    }
    return ERR_OK;
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
    for (struct dirent *d = readdir(dir); d && e == ERR_OK; d = readdir(dir))
        if (is_table_file(d->d_name))
            e = load_file(r, directory, d->d_name, ret_reason);
    closedir(dir);
    if (e == ERR_OK)
        e = sort_versions(r, ret_reason);
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
    for (size_t i = 0; i < r->rate_count; i++)
        free(r->rates[i].versions);
    free(r->zones);
    free(r->rates);
    free(r);
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
    const struct rate *rate = rate_of(r, tariff);
    if (!rate)
        return ERR_NOTFOUND;
    *ret = rate->versions[0].currency;
    return ERR_OK;
}

static enum err check(void *self, const struct name *tariff, const char *zone,
                      const struct currency *currency, char *ret_reason)
{
    struct rates *r = self;
    const struct rate *rate = rate_of(r, tariff);
    if (!rate) {
        snprintf(ret_reason, 160, "tariff: no rate table \"%s\"", tariff->text);
        return ERR_NOTFOUND;
    }
    if (!zone_of(r, zone)) {
        snprintf(ret_reason, 160, "zone: no time zone \"%.47s\"", zone);
        return ERR_NOTFOUND;
    }
    if (strcmp(rate->versions[0].currency.code, currency->code) != 0) {
        snprintf(ret_reason, 160, "currency: rate table \"%s\" is in %s", tariff->text,
                 rate->versions[0].currency.code);
        return ERR_CONFLICT;
    }
    return ERR_OK;
}

static enum err find(void *self, const struct rate_ref *ref, struct wall_ms entry,
                     const struct tariff **ret_tariff, const struct zone_table **ret_zone)
{
    const struct rate *rate = rate_of(self, &ref->tariff);
    const struct zone_table *z = zone_of(self, ref->zone);
    const struct tariff *t = NULL;
    if (!rate || !z)
        return ERR_NOTFOUND;
    if (ref->version != 0)
        t = tariff_version(rate->versions, rate->count, ref->version);
    *ret_tariff = t ? t : tariff_in_force(rate->versions, rate->count, z, entry);
    *ret_zone = z;
    return ERR_OK;
}

static enum err price(void *self, const struct rate_ref *ref, const struct tariff_stay *stay,
                      struct wall_ms end, int64_t *ret_minor)
{
    const struct tariff *t;
    const struct zone_table *z;
    struct tariff_quote quote;
    TRY(find(self, ref, stay->entry, &t, &z));
    TRY(tariff_stay_price(t, z, stay, end, &quote));
    *ret_minor = quote.amount.minor;
    return ERR_OK;
}

struct rates_port rates_port(struct rates *r)
{
    return (struct rates_port){.self = r, .check = check, .find = find, .price = price};
}
