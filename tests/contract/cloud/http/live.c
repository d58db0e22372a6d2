#include "tests/contract/cloud/http/live.h"

#include "protocol/support/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static enum err take(void *self, struct work *w)
{
    struct live *l = self;
    pthread_mutex_lock(&l->lock);
    enum err e = service_post(l->w.service, w);
    if (e == ERR_OK)
        world_run(&l->w);
    pthread_mutex_unlock(&l->lock);
    return e;
}

static enum err complete(void *self, struct place_settings *s)
{
    (void)self;
    if (s->currency.code[0] == '\0')
        set_text(s->currency.code, sizeof s->currency.code, "KRW");
    return strcmp(s->tariff.text, "t3") == 0 ? ERR_OK : ERR_NOTFOUND;
}

/* As the reconciliation takes and tells it, without one. */
static enum err reconcile(void *self, const struct name *place, const char *day)
{
    struct live *l = self;
    if (strlen(day) != DAY_SIZE - 1)
        return ERR_INVAL;
    l->ordered = (struct http_reconciling){.place = *place, .lines = 7, .stage = "ledger"};
    set_text(l->ordered.day, sizeof l->ordered.day, day);
    return ERR_OK;
}

static bool reconciling(void *self, struct http_reconciling *ret)
{
    struct live *l = self;
    *ret = l->ordered;
    return l->ordered.day[0] != '\0';
}

int live_setup(void **state)
{
    return live_setup_ahead(state, 0);
}

int live_setup_ahead(void **state, int64_t ahead_ms)
{
    static const struct auth_token tokens[] = {
        {{"op"}, OPERATOR, 0, "", ""},
        {{"desk"}, ATTENDANT, 1, "", ""},
        {{"audit"}, AUDITOR, 2, "", ""},
        {{"b-only"}, OPERATOR_OF_B, 0, "", "b"},
    };
    struct live *l = mem_alloc(sizeof *l);
    struct auth auth;
    struct table_error error;
    size_t at;
    pthread_mutex_init(&l->lock, NULL);
    l->w.deaf = true;
    l->w.pay_url = "https://p.kr/pay/";
    world_open(&l->w);
    world_place(&l->w, "a", 10, POLICY_DEFER);
    assert_int_equal(auth_load(tokens, sizeof tokens / sizeof tokens[0], &auth, &at), ERR_OK);
    assert_int_equal(table_read_json("{\"port\":0}", 10, &http_table, &l->f.settings, &error),
                     ERR_OK);
    struct http_ports ports = {
        .database = l->w.file,
        .clock = clock_real(),
        .metrics = &l->w.metrics,
        .post = take,
        .post_self = l,
        .complete = complete,
        .rates = world_rates(&l->w),
        .pay_url = "https://p.kr/pay/",
        .pay_form = "https://provider.example/checkout",
        .pay_provider = {"stripe"},
        .reconcile = reconcile,
        .reconciling = reconciling,
        .reconcile_self = l,
    };
    if (ahead_ms > 0) {
        ports.clock.epoch_real = clock_now(&ports.clock).wall;
        ports.clock.epoch = wall_after(l->w.now.wall, ahead_ms);
    }
    l->f.hub = hub_new();
    assert_int_equal(http_start(&l->f.settings, &auth, &ports, l->f.hub, &l->f.http), ERR_OK);
    *state = l;
    return 0;
}

int live_teardown(void **state)
{
    struct live *l = *state;
    http_stop(l->f.http);
    hub_free(l->f.hub);
    world_close(&l->w);
    pthread_mutex_destroy(&l->lock);
    free(l);
    return 0;
}
