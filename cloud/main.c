/* boomgate-cloud: the ledger of car parks, their payments, their page.
 *
 * Exit status: 0 stopped by a signal (or --check found no fault), 1 configuration, 2 usage, 3 the ledger
 * cannot be opened or the address cannot be bound. A failed COMMIT ends the process by abort: the start is
 * the recovery. A broker or a payment provider that is away delays nothing. */
#include "cloud/config.h"
#include "cloud/downlink/downlink.h"
#include "cloud/ingest/ingest.h"
#include "cloud/payment/payments.h"
#include "cloud/rates.h"
#include "cloud/reconcile/reconciler.h"
#include "cloud/signer.h"
#include "cloud/store/sqlite.h"
#include "cloud/view/views.h"
#include "protocol/support/memory.h"
#include "protocol/support/notify.h"
#include "protocol/support/options.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { EXIT_CONFIGURATION = 1, EXIT_USAGE = 2, EXIT_STORAGE = 3 };

enum { RECEIVE_MAX = 1000, WINDOW = 64, DOWNLINK_QUEUE = 8192 };

/* The parts, in the order they start; they stop in the reverse one. */
struct cloud {
    const struct config *config;
    struct clock_source clock;
    struct metrics metrics;
    struct rates *rates;      /* the service's */
    struct rates *page_rates; /* of the HTTP side, which prices open stays on its own threads */
    struct store *store;
    struct pseudonym_key pseudonym_key;
    struct signer signer;
    struct otlp *otlp;          /* NULL: no collector is configured */
    struct views_thread *views; /* NULL: reports are not kept up, gates are */
    struct hub *hub;
    struct payments *payments;
    struct link *link;
    struct ingest ingest;
    atomic_bool deaf; /* nothing more is taken from the broker */
    struct downlink downlink;
    struct reconciler *reconciler;
    struct service *service;
    struct identity *identity;
    struct http *http;
};

/* What a place leaves open is the configuration's zone and the rate table's currency. ERR_NOTFOUND: no
 * such rate table. Any thread. */
static enum err complete(void *self, struct place_settings *s)
{
    const struct cloud *c = self;
    struct currency currency;
    TRY(rates_currency(c->page_rates, &s->tariff, &currency));
    if (!s->currency.code[0])
        s->currency = currency;
    if (!s->zone[0])
        memcpy(s->zone, c->config->zone, sizeof s->zone);
    return ERR_OK;
}

/* ---- who posts to the service ---- */

static enum err post(void *self, struct work *w)
{
    struct cloud *c = self;
    return service_post(c->service, w);
}

static enum err post_message(void *self, struct work *w)
{
    struct cloud *c = self;
    return atomic_load(&c->deaf) ? ERR_UNAVAIL : service_post(c->service, w);
}

static enum err post_result(void *self, const struct payment_result *r)
{
    struct cloud *c = self;
    struct work *w = work_new(WORK_PAYMENT, NULL, 0);
    w->payment = *r;
    enum err e = service_post(c->service, w);
    if (e != ERR_OK)
        work_free(w);
    return e;
}

static enum err post_page(void *self, const struct settlement_page *page)
{
    struct cloud *c = self;
    reconciler_page(c->reconciler, page);
    return ERR_OK;
}

/* ---- payments ---- */

static size_t providers(void *self, struct provider_status *ret, size_t max)
{
    struct cloud *c = self;
    return payments_status(c->payments, ret, max);
}

static enum err start_payments(struct cloud *c)
{
    struct payment_options list[PROVIDERS_MAX];
    size_t count = config_payments(c->config, list);
    for (size_t i = 0; i < count; i++)
        list[i].metrics = &c->metrics;
    enum err e = payments_create(list, count, post_result, post_page, c, &c->payments);
    explicit_bzero(list, sizeof list);
    return e;
}

/* ---- the parts ---- */

static enum err load_rates(struct cloud *c)
{
    char reason[RATES_REASON_SIZE];
    enum err e = rates_load(c->config->tariffs, &c->rates, reason);
    if (e == ERR_OK)
        e = rates_load(c->config->tariffs, &c->page_rates, reason);
    if (e != ERR_OK)
        log_error("cloud.tariffs", LT("directory", c->config->tariffs), LT("reason", reason));
    return e == ERR_OK ? ERR_OK : ERR_INVAL;
}

static enum err create_link(struct cloud *c)
{
    const struct broker_config *b = &c->config->broker;
    struct link_options o = {.host = b->host,
                             .port = (uint16_t)b->port,
                             .username = b->username[0] ? b->username : NULL,
                             .password = b->password[0] ? b->password : NULL,
                             .instance = c->config->instance,
                             .reconnect_min_ms = b->reconnect_min_ms,
                             .reconnect_max_ms = b->reconnect_max_ms,
                             .receive_max = RECEIVE_MAX,
                             .window = WINDOW,
                             .queue = DOWNLINK_QUEUE,
                             .clock = c->clock,
                             .metrics = &c->metrics};
    struct link_handlers h = {
        .self = &c->ingest, .message = ingest_message, .changed = ingest_changed};
    c->ingest = (struct ingest){.post = post_message, .arg = c, .metrics = &c->metrics};
    TRY(link_create(&o, &h, &c->link));
    c->downlink =
        (struct downlink){.link = c->link, .instance = c->config->instance, .clock = c->clock};
    return ERR_OK;
}

static enum err start_service(struct cloud *c)
{
    bool forgets = c->config->pseudonym_key[0] != '\0';
    int64_t retention_ms = c->config->plate_retention_h * 3600 * INT64_C(1000);
    struct service_options o = {.clock = c->clock,
                                .plate_retention_ms = forgets ? retention_ms : 0,
                                .accounts = c->config->accounts,
                                .account_count = c->config->account_count,
                                .payment_wait_ms = c->config->payment.total_ms,
                                .metrics = &c->metrics,
                                .pay_url = c->config->pay.url,
                                .issuers = c->config->issuers,
                                .issuer_count = c->config->issuer_count};
    struct service_ports p = {.store = store_port(c->store),
                              .downlink = downlink_port_of(&c->downlink),
                              .payments = payments_port_of(c->payments),
                              .notifier = hub_notifier(c->hub),
                              .rates = rates_port(c->rates),
                              .signer = signer_port(&c->signer)};
    TRY(service_create(&o, &p, &c->service));
    return service_start(c->service);
}

static enum err start_identity(struct cloud *c)
{
    char reason[IDENTITY_REASON_SIZE];
    enum err e = identity_open(&c->config->oauth, &c->identity, reason);
    if (e != ERR_OK)
        log_error("cloud.oauth", LT("reason", reason));
    return e;
}

/* What can change without a restart: keys and clients. What cannot be read leaves the old ones. */
static void reload(struct cloud *c)
{
    char reason[IDENTITY_REASON_SIZE] = "";
    bool tls = http_reload(c->http) == ERR_OK; /* it says itself what is wrong */
    enum err e = identity_reload(c->identity, reason);
    if (e == ERR_OK && tls)
        log_notice("cloud.reloaded", LN("keys", (long long)c->config->oauth.key_count));
    else
        log_error("cloud.reload_failed", LT("reason", e != ERR_OK ? reason : "certificate or key"));
}

/* ---- the daily reconciliation ---- */

static enum err start_reconciler(struct cloud *c)
{
    struct reconciler_options o = {.database = c->config->database,
                                   .clock = c->clock,
                                   .payments = payments_port_of(c->payments),
                                   .post = post,
                                   .post_self = c,
                                   .at_minute = c->config->reconcile_minute};
    return reconciler_start(&o, &c->reconciler);
}

static enum err reconcile(void *self, const struct name *place, const char *day)
{
    struct cloud *c = self;
    return reconciler_order(c->reconciler, place, day);
}

static bool reconciling(void *self, struct http_reconciling *ret)
{
    struct cloud *c = self;
    struct reconciler_progress p = reconciler_look(c->reconciler);
    bool failed = p.failed_place.text[0] != '\0';
    if (!p.busy && !failed)
        return false;
    *ret = (struct http_reconciling){.place = p.busy ? p.place : p.failed_place,
                                     .lines = p.busy ? p.lines : 0,
                                     .waiting = p.waiting};
    memcpy(ret->day, p.busy ? p.day : p.failed_day, sizeof ret->day);
    if (p.busy)
        memcpy(ret->stage, p.stage, sizeof ret->stage);
    else
        memcpy(ret->failure, p.failure, sizeof ret->failure);
    return true;
}

static enum err start_http(struct cloud *c)
{
    struct http_ports p = {.database = c->config->database,
                           .pseudonym_key = &c->pseudonym_key,
                           .clock = c->clock,
                           .metrics = &c->metrics,
                           .post = post,
                           .post_self = c,
                           .providers = providers,
                           .providers_self = c,
                           .complete = complete,
                           .complete_self = c,
                           .reconcile = reconcile,
                           .reconciling = reconciling,
                           .reconcile_self = c,
                           .rates = rates_port(c->page_rates),
                           .identity = c->identity,
                           .pay_url = c->config->pay.url,
                           .pay_form = c->config->pay.form,
                           .pay_provider = c->config->pay.provider};
    TRY(http_start(&c->config->http, &c->config->auth, &p, c->hub, &c->http));
    log_notice("http.listening", LT("bind", c->config->http.bind), LN("port", http_port(c->http)));
    return ERR_OK;
}

static enum err open_signer(struct cloud *c)
{
    char file[SIGNER_FILE_SIZE];
    if (c->config->signing_key[0] != '\0')
        return signer_open(c->config->signing_key, &c->signer);
    snprintf(file, sizeof file, "%s.key", c->config->database);
    return signer_open(file, &c->signer);
}

/* ---- places of the configuration ---- */

struct wait {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool done;
    struct admin_result result;
};

static void place_done(void *arg, const struct admin_result *r)
{
    struct wait *wait = arg;
    pthread_mutex_lock(&wait->lock);
    wait->result = *r;
    wait->done = true;
    pthread_cond_signal(&wait->changed);
    pthread_mutex_unlock(&wait->lock);
}

/* Posts one place and waits until it is committed or refused: ret->reason. */
static enum err put_place(struct cloud *c, const struct place_config *p, struct admin_result *ret)
{
    struct wait wait = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    struct work *w = work_new(WORK_ADMIN, NULL, 0);
    w->admin.kind = ADMIN_PLACE_PUT;
    w->admin.done = place_done;
    w->admin.arg = &wait;
    w->admin.place = config_place(p);
    enum err e = complete(c, &w->admin.place);
    if (e == ERR_OK)
        e = service_post(c->service, w);
    if (e != ERR_OK) {
        work_free(w);
        snprintf(ret->reason, sizeof ret->reason, "%s",
                 e == ERR_NOTFOUND ? "no such rate table" : err_text(e));
        return ERR_INVAL;
    }
    pthread_mutex_lock(&wait.lock);
    while (!wait.done)
        pthread_cond_wait(&wait.changed, &wait.lock);
    pthread_mutex_unlock(&wait.lock);
    *ret = wait.result;
    return ret->err;
}

/* What is refused may only be too early: a place shrinks after its zones. */
static enum err put_places(struct cloud *c)
{
    bool done[CONFIG_PLACES_MAX] = {false};
    struct admin_result refused = {.err = ERR_OK};
    size_t left = c->config->place_count, before, at = 0;
    do {
        before = left;
        for (size_t i = 0; i < c->config->place_count; i++) {
            struct admin_result r = {.err = ERR_OK};
            if (done[i])
                continue;
            done[i] = put_place(c, &c->config->places[i], &r) == ERR_OK;
            left -= done[i];
            if (!done[i]) {
                refused = r;
                at = i;
            }
        }
    } while (left > 0 && left < before);
    if (left == 0)
        return ERR_OK;
    log_error("cloud.place", LT("place", c->config->places[at].name.text),
              LT("tariff", c->config->places[at].tariff.text), LT("reason", refused.reason));
    return ERR_INVAL;
}

static enum err load_pseudonym_key(struct cloud *c)
{
    struct pseudonym_key *key = &c->pseudonym_key;
    const char *file = c->config->pseudonym_key;
    if (file[0] == '\0') {
        log_notice("cloud.plates_kept", LT("reason", "no pseudonym_key is configured"));
        return ERR_OK;
    }
    enum err e = pseudonym_key_load(file, key);
    if (e != ERR_OK) {
        log_error("cloud.pseudonym_key", LT("file", file), LT("reason", err_text(e)));
        return e;
    }
    store_set_pseudonym_key(c->store, key);
    return ERR_OK;
}

/* ---- the read model ---- */

/* No gate waits for a report: what cannot be kept up is said, and the daemon goes on. */
static void start_views(struct cloud *c)
{
    enum err e = views_thread_start(c->config->database, &c->views);
    if (e != ERR_OK)
        log_error("views.not_started", LT("reason", err_text(e)));
}

/* Nor for a collector. */
static void start_otlp(struct cloud *c)
{
    enum { PAUSE_MS = 1000, TIMEOUT_MS = 10000 };
    struct otlp_options o = {.database = c->config->database,
                             .instance = c->config->instance,
                             .pause_ms = PAUSE_MS,
                             .timeout_ms = TIMEOUT_MS,
                             .metrics = &c->metrics};
    if (c->config->otlp_url[0] == '\0')
        return;
    memcpy(o.url, c->config->otlp_url, sizeof o.url);
    enum err e = otlp_start(&o, &c->otlp);
    if (e != ERR_OK)
        log_error("otlp.not_started", LT("reason", err_text(e)));
}

static void show_progress(void *arg, int64_t done, int64_t of)
{
    int64_t *shown = arg;
    if (done * 100 / of == *shown)
        return;
    *shown = done * 100 / of;
    fprintf(stderr, "%lld %% (%lld of %lld entries)\n", (long long)*shown, (long long)done,
            (long long)of);
}

/* --rebuild-views, also beside a running daemon. */
static int rebuild_views(const struct config *config)
{
    struct views *v = NULL;
    struct views_check c;
    int64_t shown = 0;
    bool more = true;
    enum err e = views_open(config->database, &v);
    while (e == ERR_OK && more)
        e = views_step(v, &more);
    if (e == ERR_OK)
        e = views_rebuild(v, show_progress, &shown, &c);
    views_close(v);
    if (e != ERR_OK) {
        fprintf(stderr, "boomgate-cloud: the views cannot be rebuilt: %s\n", err_text(e));
        return EXIT_STORAGE;
    }
    printf("%lld entries applied anew: %s%s\n", (long long)c.entries,
           c.equal ? "equal to the views in use" : "replaced, the views in use differed in ",
           c.equal ? "" : c.table);
    return EXIT_SUCCESS;
}

/* ---- start and stop ---- */

static enum err cloud_start(struct cloud *c)
{
    TRY(load_rates(c));
    TRY(store_open(c->config->database, &c->store));
    TRY(load_pseudonym_key(c));
    TRY(open_signer(c));
    c->hub = hub_new();
    TRY(start_payments(c));
    TRY(create_link(c));
    TRY(start_service(c));
    TRY(put_places(c));
    TRY(start_reconciler(c));
    start_views(c);
    start_otlp(c);
    TRY(start_identity(c));
    TRY(start_http(c));
    link_start(c->link);
    return ERR_OK;
}

/* First nothing new is taken, then what was taken is finished, then the parts go in reverse. */
static void cloud_stop(struct cloud *c)
{
    atomic_store(&c->deaf, true);
    http_stop(c->http);
    reconciler_stop(c->reconciler);
    identity_close(c->identity);
    if (c->payments)
        payments_stop(c->payments, c->config->payment.total_ms);
    if (c->service)
        service_stop(c->service);
    if (c->link)
        link_stop(c->link);
    service_free(c->service);
    link_free(c->link);
    payments_free(c->payments);
    hub_free(c->hub);
    otlp_stop(c->otlp);
    views_thread_stop(c->views);
    store_close(c->store);
    rates_free(c->page_rates);
    rates_free(c->rates);
}

/* Until a signal to stop. Once a second the service manager hears that the service makes progress; one
 * that does not is not defended: the manager ends it, and the start is the recovery. */
static void serve(struct cloud *c, const struct notify *n, const sigset_t *signals)
{
    const struct timespec second = {.tv_sec = 1};
    int number = 0;
    notify_say(n, "READY=1");
    while ((number = sigtimedwait(signals, NULL, &second)) < 0 || number == SIGHUP) {
        if (number == SIGHUP)
            reload(c);
        if (http_progress(c->http))
            notify_say(n, "WATCHDOG=1");
    }
    log_notice("cloud.stopping", LN("signal", number));
    notify_say(n, "STOPPING=1");
    http_drain(c->http);
}

static int run(const struct config *config, const struct clock_source *clock)
{
    static struct cloud c;
    struct notify n = notify_open();
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, NULL); /* before the first thread: all inherit it */
    signal(SIGPIPE, SIG_IGN);

    c.config = config;
    c.clock = *clock;
    enum err e = cloud_start(&c);
    if (e == ERR_OK) {
        log_notice("cloud.started", LT("instance", config->instance.text),
                   LT("version", BOOMGATE_VERSION), LN("accounts", config->account_count));
        serve(&c, &n, &signals);
    } else {
        log_error("cloud.start_failed", LT("reason", err_text(e)));
    }
    cloud_stop(&c);
    notify_close(&n);
    log_notice("cloud.stopped", LT("reason", err_text(e)));
    return e == ERR_OK ? EXIT_SUCCESS : e == ERR_INVAL ? EXIT_CONFIGURATION : EXIT_STORAGE;
}

/* What --check does beyond reading the file: the rate tables, and the places' use of them. */
static enum err check(const struct config *config)
{
    struct cloud c = {.config = config};
    char reason[RATES_REASON_SIZE], oauth[IDENTITY_REASON_SIZE];
    enum err e = rates_load(config->tariffs, &c.page_rates, reason);
    if (e != ERR_OK)
        fprintf(stderr, "%s: %s\n", config->tariffs, reason);
    for (size_t i = 0; e == ERR_OK && i < config->place_count; i++) {
        struct place_settings s = config_place(&config->places[i]);
        struct rates_port port = rates_port(c.page_rates);
        complete(&c, &s);
        e = port.check(port.self, &s.tariff, s.zone, &s.currency, reason);
        if (e != ERR_OK)
            fprintf(stderr, "place %s: %s\n", s.place.text, reason);
    }
    if (e == ERR_OK && (e = identity_check_settings(&config->oauth, oauth)) != ERR_OK)
        fprintf(stderr, "%s\n", oauth);
    rates_free(c.page_rates);
    return e;
}

int main(int argc, char **argv)
{
    const char *help_config = NULL, *rebuild = NULL;
    const struct option_row rows[] = {
        {"help-config", NULL, "print every key of the configuration file and exit", &help_config},
        {"rebuild-views", NULL, "make the views of the reports again, compare, and exit", &rebuild},
    };
    struct options o =
        options_parse(argc, argv, "-c FILE [options]",
                      "The cloud daemon: ledger, prices, payments, API and page.", rows, 2);
    if (help_config) {
        table_print_help(stdout, &config_table);
        return EXIT_SUCCESS;
    }
    if (!o.config || o.first_argument < argc) {
        fprintf(stderr, "boomgate-cloud: expected -c FILE and no operands, see --help\n");
        return EXIT_USAGE;
    }
    char reason[CONFIG_REASON_SIZE];
    struct config *config = NULL;
    if (config_load(o.config, &config, reason) != ERR_OK) {
        fprintf(stderr, "boomgate-cloud: %s\n", reason);
        return EXIT_CONFIGURATION;
    }
    int status = EXIT_SUCCESS;
    if (rebuild) {
        log_setup(LOG_WARN, false);
        status = rebuild_views(config);
    } else if (o.check) {
        status = check(config) == ERR_OK ? EXIT_SUCCESS : EXIT_CONFIGURATION;
        if (status == EXIT_SUCCESS)
            puts("configuration OK");
    } else {
        log_setup(o.verbose ? LOG_DEBUG : config_log_level(config), !isatty(STDERR_FILENO));
        status = run(config, &o.clock);
    }
    config_free(config);
    return status;
}
