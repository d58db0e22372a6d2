/* boomgate-edge: the agent on a gate controller.
 *
 * Exit status: 0 stopped by a signal (or --check found no fault), 1 configuration, 2 usage, 3
 * storage: the journal is another's or a newer program's, or can be opened again after a start
 * without it, 4 a step of the commissioning did not pass. A journal that fails otherwise does not end the agent. */
#include "edge/agent.h"
#include "edge/commission/start.h"
#include "edge/config.h"
#include "edge/field/field.h"
#include "edge/field/profile_file.h"
#include "edge/journal/journal.h"
#include "edge/loop.h"
#include "edge/quote/quote.h"
#include "edge/reload.h"
#include "edge/rights/rights_store.h"
#include "edge/uplink/uplink.h"
#include "protocol/support/log.h"
#include "protocol/support/memory.h"
#include "protocol/support/options.h"
#include "protocol/support/random.h"
#include "protocol/support/signature.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    EXIT_CONFIGURATION = 1,
    EXIT_USAGE = 2,
    EXIT_STORAGE = 3,
    EXIT_NOT_PASSED = 4,
    DESCRIPTORS_MAX = 1024
};

/* Lanes in the journal, those the configuration no longer names included. */
enum { REMEMBERED_MAX = 64 };

/* The parts, in the order they start; they stop in the reverse one. */
struct edge {
    struct reload *reload;
    struct loop *loop;
    struct journal *journal;
    struct quote *quote;         /* NULL: no rate table */
    struct rights_store *rights; /* NULL: cannot be opened; every vehicle is a casual one then */
    struct field *field;
    struct camera *camera; /* NULL: none is configured */
    struct uplink *uplink;
    struct agent *agent;
    struct keeper keeper;
    struct host host;
};

/* libmodbus waits with select(2), which cannot hold a descriptor above 1023. */
static void limit_descriptors(void)
{
    struct rlimit r;
    if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur > DESCRIPTORS_MAX) {
        r.rlim_cur = DESCRIPTORS_MAX;
        setrlimit(RLIMIT_NOFILE, &r);
    }
}

static struct movement_id mint_movement(void *self)
{
    (void)self;
    return random_movement_id();
}

static struct request_id mint_request(void *self)
{
    (void)self;
    return random_request_id();
}

static struct ticket mint_ticket(void *self)
{
    (void)self;
    return random_ticket();
}

static enum err start_field(struct edge *e, const struct edge_config *c,
                            const struct clock_source *clock)
{
    struct field_link links[FIELD_LINKS_MAX];
    struct field_lane lanes[FIELD_LANES_MAX];
    config_field(c, links, lanes);
    return field_start(links, c->link_count, lanes, c->lane_count, clock, loop_inputs(e->loop),
                       &e->field);
}

static enum err start_uplink(struct edge *e, const struct edge_config *c,
                             const struct clock_source *clock)
{
    const struct config_broker *b = &c->broker;
    struct uplink_config u = {
        .place = c->place,
        .edge = c->edge,
        .host = b->host,
        .port = (uint16_t)b->port,
        .username = b->username[0] ? b->username : NULL,
        .password = b->password[0] ? b->password : NULL,
        .reconnect_min_ms = (uint32_t)b->reconnect_min_ms,
        .reconnect_max_ms = (uint32_t)b->reconnect_max_ms,
    };
    return uplink_create(&u, clock, e->journal, loop_wake, e->loop, &e->uplink);
}

/* What the journal remembers; nothing if there is none. */
static enum err load(struct edge *e, struct edge_memory *ret_memory, struct lane_memory *ret_lanes,
                     size_t *ret_count)
{
    *ret_memory = (struct edge_memory){.next = 1};
    *ret_count = 0;
    if (!e->journal)
        return ERR_OK;
    return journal_load(e->journal, ret_memory, ret_lanes, REMEMBERED_MAX, ret_count);
}

/* The list is a convenience of the lanes, not a condition of them. */
static void open_rights(struct edge *e, const struct edge_config *c)
{
    enum err result = rights_store_open(c->rights_file, &e->rights);
    if (result != ERR_OK)
        log_error("edge.no_rights", LT("file", c->rights_file), LT("reason", err_text(result)));
}

static enum err start_agent(struct edge *e, const struct edge_config *c,
                            const struct clock_source *clock)
{
    struct edge_memory memory;
    struct lane_memory lanes[REMEMBERED_MAX];
    size_t lane_count;
    TRY(load(e, &memory, lanes, &lane_count));
    struct agent_config config = config_agent(c, clock);
    struct agent_ports ports = {
        .field = field_port(e->field),
        .uplink = uplink_port(e->uplink),
        .entropy = {.movement = mint_movement, .request = mint_request, .ticket = mint_ticket},
    };
    if (e->journal)
        ports.journal = journal_port(e->journal);
    if (e->quote)
        ports.quote = quote_port(e->quote);
    if (e->rights)
        ports.rights = rights_store_port(e->rights);
    host_init(&e->host, clock, e->journal, e->reload->fault);
    config.clock = e->host.watch.state;
    e->agent = mem_alloc(sizeof *e->agent);
    log_notice("edge.started", LT("place", c->place.text), LT("edge", c->edge.text),
               LT("version", BOOMGATE_VERSION), LN("boot", memory.boot), LN("epoch", memory.epoch),
               LN("next", memory.next), LN("base", memory.base));
    enum err started =
        agent_start(e->agent, &config, &ports, &memory, lanes, lane_count, clock_now(clock));
    if (started != ERR_OK && started != ERR_IO)
        return started;
    keeper_init(&e->keeper, clock, e->agent, e->journal, c->journal, started == ERR_OK);
    return ERR_OK;
}

/* A lane that cannot commit keeps opening exits, so a journal that cannot be opened or written is no
 * reason not to start (keeper.h, K3). */
static enum err start_journal(struct edge *e, const struct edge_config *c,
                              const struct clock_source *clock)
{
    enum err opened = journal_open(c->journal, clock, &e->journal);
    if (opened == ERR_OK)
        journal_budget(e->journal, c->journal_max_mib * 1024 * 1024);
    return opened == ERR_IO ? ERR_OK : opened;
}

static enum err start_camera(struct edge *e, const struct edge_config *c)
{
    struct camera_config m = config_camera(c);
    return m.port == 0 ? ERR_OK : camera_start(&m, loop_inputs(e->loop), &e->camera);
}

static enum err open_quote(struct edge *e, const struct edge_config *c)
{
    struct table_error fault;
    const char *text;
    size_t len;
    if (c->tariff[0] == '\0')
        return ERR_OK;
    TRY(config_files_get(e->reload->files, c->tariff, &text, &len));
    return quote_open(text, len, c->zone, &e->quote, &fault);
}

static enum err edge_start(struct edge *e, const struct edge_config *c,
                           const struct clock_source *clock)
{
    TRY(loop_create(clock, &e->loop));
    TRY(start_journal(e, c, clock));
    open_rights(e, c);
    TRY(open_quote(e, c));
    TRY(start_field(e, c, clock));
    TRY(start_uplink(e, c, clock));
    TRY(start_camera(e, c));
    return start_agent(e, c, clock);
}

/* The threads first: after them nothing posts into the loop any more. */
static void edge_stop(struct edge *e)
{
    free(e->agent);
    camera_stop(e->camera);
    uplink_close(e->uplink);
    field_stop(e->field);
    rights_store_close(e->rights);
    quote_close(e->quote);
    journal_close(e->journal);
    loop_free(e->loop);
}

static int exit_status(enum err e)
{
    switch (e) {
    case ERR_OK: return EXIT_SUCCESS;
    case ERR_INVAL: return EXIT_CONFIGURATION;
    default: return EXIT_STORAGE;
    }
}

static enum err turn(struct edge *e, const struct edge_config *c)
{
    return loop_run(e->loop, &(struct loop_parts){.reload = e->reload,
                                                  .keeper = &e->keeper,
                                                  .host = &e->host,
                                                  .uplink = e->uplink,
                                                  .field = e->field,
                                                  .link_count = c->link_count,
                                                  .rights = e->rights});
}

/* From a start to a stop, with the configuration in force. */
static enum err run_once(struct reload *r, const struct clock_source *clock, bool *ret_started)
{
    struct edge e = {.reload = r};
    enum err result = edge_start(&e, r->config, clock);
    *ret_started = result == ERR_OK;
    if (result != ERR_OK) {
        log_error("edge.start_failed", LT("reason", err_text(result)));
    } else {
        reload_keep(r);
        result = turn(&e, r->config);
    }
    edge_stop(&e);
    log_notice("edge.stopped", LT("reason", err_text(result)));
    return result;
}

static void set_log_level(const struct edge_config *c, bool verbose)
{
    log_setup(verbose ? LOG_DEBUG : config_log_level(c), !isatty(STDERR_FILENO));
}

/* reload.h, R2 and R3. */
static int run(struct reload *r, const struct clock_source *clock, bool verbose)
{
    enum err result;
    bool started;
    do {
        set_log_level(r->config, verbose);
        result = run_once(r, clock, &started);
        if (started && result == ERR_OK && reload_due(r) && reload_take(r) == ERR_OK)
            continue;
        if (started || !reload_fall_back(r, result))
            break;
    } while (true);
    return exit_status(result);
}

static int commission_status(enum err e)
{
    switch (e) {
    case ERR_OK: return EXIT_SUCCESS;
    case ERR_DENIED: return EXIT_NOT_PASSED;
    case ERR_INVAL:
    case ERR_NOTFOUND: return EXIT_CONFIGURATION;
    default: return EXIT_STORAGE;
    }
}

/* Exit status as for a storage that fails: nothing else can go wrong. */
static int new_key(const char *file)
{
    struct signature_key key;
    if (signature_make_key(file, &key) != ERR_OK)
        return EXIT_STORAGE;
    printf("%s\n", key.text);
    return EXIT_SUCCESS;
}

/* SIGHUP is only for an agent that turns (loop.h). */
static void set_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a limit of file sizes is a disk that is full */
}

/* Where the last good configuration is kept: --last-good, or the folder the service manager gives. */
static const char *store_path(const char *option, char ret_memory[PATH_MAX])
{
    const char *folder = getenv("STATE_DIRECTORY");
    if (option)
        return option;
    if (!folder || folder[0] == '\0' || strlen(folder) > PATH_MAX / 2)
        return "";
    snprintf(ret_memory, PATH_MAX, "%.*s/last-good.conf", (int)strcspn(folder, ":"), folder);
    return ret_memory;
}

int main(int argc, char **argv)
{
    static struct edge_config config;
    const char *help_config = NULL, *help_profile = NULL, *make_key = NULL, *commission = NULL;
    const char *last_good = NULL;
    struct commission_options walk = {NULL, NULL};
    const struct option_row rows[] = {
        {"help-config", NULL, "print every key of the configuration file and exit", &help_config},
        {"help-profile", NULL, "print every key of a device profile and exit", &help_profile},
        {"last-good", "FILE",
         "keep the last configuration that ran well here, and start with it if FILE of -c is bad "
         "($STATE_DIRECTORY/last-good.conf)",
         &last_good},
        {"make-key", "FILE", "make a key that signs reports, in FILE and FILE.pub, and exit",
         &make_key},
        {"commission", NULL, "walk an installer through the lanes, and write a signed report",
         &commission},
        {"lane", "NAME", "with --commission: only this lane", &walk.lane},
        {"report", "FILE", "with --commission: the report (commissioning-PLACE-EDGE.json)",
         &walk.report}};
    struct options o = options_parse(argc, argv, "-c FILE [options]",
                                     "The edge agent: reads and commands gates, reports to the "
                                     "cloud.",
                                     rows, sizeof rows / sizeof rows[0]);
    if (help_config || help_profile) {
        help_config ? config_print_help() : profile_print_help();
        return EXIT_SUCCESS;
    }
    if (make_key)
        return new_key(make_key);
    if (!o.config || o.first_argument < argc) {
        fprintf(stderr, "boomgate-edge: expected -c FILE and no operands, see --help\n");
        return EXIT_USAGE;
    }
    static char memory[PATH_MAX];
    struct reload r;
    bool only_this = o.check || commission;
    reload_init(&r, o.config, only_this ? "" : store_path(last_good, memory), &config);
    log_setup(commission ? LOG_ERROR : LOG_INFO, !isatty(STDERR_FILENO));
    if (reload_take(&r) != ERR_OK) {
        fprintf(stderr, "%s\n", r.fault);
        return EXIT_CONFIGURATION;
    }
    if (o.check) {
        config_print_outcome(&config);
        puts("configuration OK");
        reload_end(&r);
        return EXIT_SUCCESS;
    }
    limit_descriptors();
    set_signals();
    int status = commission ? commission_status(commission_start(&config, &o.clock, &walk))
                            : run(&r, &o.clock, o.verbose);
    reload_end(&r);
    return status;
}
