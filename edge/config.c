#include "edge/config.h"

#include "edge/config_internal.h"

#include "protocol/base/buf.h"
#include "protocol/wire/topic.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ROW_COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
#define AT(type, member)                                                                           \
    .offset = offsetof(struct type, member), .size = sizeof(((struct type *)0)->member)

static const char *const levels[] = {"error", "warn", "notice", "info", "debug", NULL};
static const char *const directions[] = {"entry", "exit", "reversible", NULL};
static const char *const mains[] = {"in_place", "open", "closed", NULL};
static const char *const offline_exits[] = {"open", "hold", NULL};
static const char *const passbacks[] = {"off", "soft", "hard", NULL};
static const char *const parities[] = {"none", "even", "odd", NULL};
static const char *const fallbacks[] = {"autonomy", "freeze", "hold_open", NULL};

/* clang-format off */
static const struct row broker_rows[] = {
    {.key = "host", .type = ROW_TEXT, AT(config_broker, host), .min = 1,
     .help = "name or address of the MQTT broker"},
    {.key = "port", .type = ROW_INT, AT(config_broker, port), .min = 1, .max = 65535, .dflt = "1883",
     .help = "its TCP port"},
    {.key = "username", .type = ROW_TEXT, AT(config_broker, username), .dflt = "",
     .help = "default: PLACE/EDGE when there is a password, else none"},
    {.key = "password", .type = ROW_TEXT, AT(config_broker, password), .dflt = "",
     .help = "better: password_file"},
    {.key = "password_file", .type = ROW_TEXT, AT(config_broker, password_file), .dflt = "",
     .help = "a file whose first line is the password"},
    {.key = "reconnect_min_ms", .type = ROW_INT, AT(config_broker, reconnect_min_ms), .min = 10,
     .max = 60000, .dflt = "1000", .help = "shortest wait between two attempts, real time"},
    {.key = "reconnect_max_ms", .type = ROW_INT, AT(config_broker, reconnect_max_ms), .min = 10,
     .max = 3600000, .dflt = "120000", .help = "longest wait between two attempts, real time"},
};
static const struct table broker_table = {
    "broker", broker_rows, ROW_COUNT(broker_rows), sizeof(struct config_broker),
    .keeps_line = true, .line_offset = offsetof(struct config_broker, line)};

static const struct row serial_rows[] = {
    {.key = "device", .type = ROW_TEXT, AT(field_link, device), .dflt = "",
     .help = "e.g. /dev/serial/by-path/...: names that survive a restart"},
    {.key = "baud", .type = ROW_INT, AT(field_link, baud), .min = 1200, .max = 921600,
     .dflt = "19200", .help = "of every device on the line"},
    {.key = "parity", .type = ROW_ENUM, AT(field_link, parity), .choices = parities,
     .dflt = "even", .help = "none, even or odd"},
    {.key = "stop", .type = ROW_INT, AT(field_link, stop), .min = 1, .max = 2, .dflt = "1",
     .help = "stop bits"},
};
static const struct table serial_table = {
    "serial", serial_rows, ROW_COUNT(serial_rows), sizeof(struct field_link), false, 0};

static const struct row link_rows[] = {
    {.key = "name", .type = ROW_NAME, AT(config_link, link.name),
     .help = "what lanes call this link"},
    {.key = "host", .type = ROW_TEXT, AT(config_link, link.host), .dflt = "",
     .help = "name or address of the Modbus TCP endpoint; or else: serial"},
    {.key = "port", .type = ROW_INT, AT(config_link, link.port), .min = 1, .max = 65535,
     .dflt = "502", .help = "its TCP port"},
    {.key = "serial", .type = ROW_TABLE, AT(config_link, link), .table = &serial_table,
     .help = "a serial line with Modbus RTU instead of a host"},
    {.key = "scan_ms", .type = ROW_INT, AT(config_link, link.scan_ms), .min = 1, .max = 1000,
     .dflt = "20", .help = "period of the inputs' scan, real time; longer where the line is slower"},
    {.key = "response_timeout_ms", .type = ROW_INT, AT(config_link, link.response_timeout_ms),
     .min = 10, .max = 2000, .dflt = "200",
     .help = "an answer later than this ends the connection, real time"},
    {.key = "max_command_ms", .type = ROW_INT, AT(config_link, max_command_ms), .min = 5, .max = 10000,
     .dflt = "1000", .help = "refused if a command could take longer on this link; see --check"},
    {.key = "stale_ms", .type = ROW_INT, AT(config_link, link.stale_ms), .min = 1500, .max = 60000,
     .dflt = "2000", .help = "inputs or a heartbeat older than this make the lane unavailable, real time"},
};
static const struct table link_table = {
    "link", link_rows, ROW_COUNT(link_rows), sizeof(struct config_link),
    .keeps_line = true, .line_offset = offsetof(struct config_link, line)};

static const struct row io_rows[] = {
    {.key = "unit", .type = ROW_INT, AT(config_io, unit), .max = 247, .dflt = "0",
     .help = "its Modbus unit; 0: there is none"},
    {.key = "profile", .type = ROW_TEXT, AT(config_io, profile), .min = 1, .dflt = "remote-io",
     .help = "its profile; it gives what the lane's own lacks, motion excepted"},
};
static const struct table io_table = {"io", io_rows, ROW_COUNT(io_rows), sizeof(struct config_io),
                                      false, 0};

static const struct row lane_rows[] = {
    {.key = "name", .type = ROW_NAME, AT(config_lane, name), .help = "unique within the edge"},
    {.key = "direction", .type = ROW_ENUM, AT(config_lane, direction), .choices = directions,
     .help = "entry, exit or reversible: loop A first is an entry, loop C first an exit; three loops"},
    {.key = "link", .type = ROW_NAME, AT(config_lane, link), .help = "the name of a link"},
    {.key = "unit", .type = ROW_INT, AT(config_lane, unit), .min = 1, .max = 247, .dflt = "1",
     .help = "Modbus unit behind the link"},
    {.key = "profile", .type = ROW_TEXT, AT(config_lane, profile), .min = 1, .dflt = "reference",
     .help = "the device's registers: a built-in profile or the path of one, see --help-profile"},
    {.key = "io", .type = ROW_TABLE, AT(config_lane, io), .table = &io_table,
     .help = "an input module beside the barrier, on the same link"},
    {.key = "watchdog_ms", .type = ROW_INT, AT(config_lane, watchdog_ms), .min = 2500, .max = 65535,
     .dflt = "5000", .help = "the device takes a silent edge for gone after this, real time"},
    {.key = "fallback", .type = ROW_ENUM, AT(config_lane, fallback), .choices = fallbacks,
     .dflt = "autonomy", .help = "what the device does then: autonomy, freeze or hold_open"},
    {.key = "plate_confidence_min", .type = ROW_INT, AT(config_lane, confidence_min), .min = 0,
     .max = 10000, .dflt = "0", .help = "a plate read with less confidence counts as not read"},
    {.key = "passback", .type = ROW_ENUM, AT(config_lane, passback), .choices = passbacks, .dflt = "off",
     .help = "a right that is inside comes in again: off, soft (an alarm) or hard (refused)"},
    {.key = "offline_exit", .type = ROW_ENUM, AT(config_lane, offline_exit), .choices = offline_exits,
     .dflt = "open", .help = "an exit without the cloud: open with a debt, or hold for unanswered_ms first"},
    {.key = "loops", .type = ROW_INT, AT(config_lane, loops), .min = 2, .max = 3, .dflt = "3",
     .help = "3: loop C proves the passage; 2: there is none"},
    {.key = "open_ms", .type = ROW_INT, AT(config_lane, open_ms), .min = 500, .max = 60000,
     .dflt = "6000", .help = "arm up within this, else one retry, then a fault"},
    {.key = "hold_open_ms", .type = ROW_INT, AT(config_lane, hold_open_ms), .min = 1000,
     .max = 600000, .dflt = "20000", .help = "an open arm nobody passes is closed after this"},
    {.key = "close_delay_ms", .type = ROW_INT, AT(config_lane, close_delay_ms), .min = 0,
     .max = 60000, .dflt = "1000", .help = "between the end of a passage and the close"},
    {.key = "close_ms", .type = ROW_INT, AT(config_lane, close_ms), .min = 500, .max = 60000,
     .dflt = "8000", .help = "arm down within this, else not secured"},
    {.key = "a_stuck_ms", .type = ROW_INT, AT(config_lane, a_stuck_ms), .min = 10000,
     .max = 86400000, .dflt = "300000",
     .help = "loop A on for this long and nobody identified: ignored until it clears"},
    {.key = "b_stuck_ms", .type = ROW_INT, AT(config_lane, b_stuck_ms), .min = 10000,
     .max = 86400000, .dflt = "120000",
     .help = "loop B on for this long under a raised arm: an alarm"},
    {.key = "mains_lost", .type = ROW_ENUM, AT(config_lane, mains_lost), .choices = mains,
     .dflt = "in_place", .help = "on battery: go on (in_place), stand open, or closed: admit nobody"},
};
static const struct table lane_table = {
    "lane", lane_rows, ROW_COUNT(lane_rows), sizeof(struct config_lane),
    .keeps_line = true, .line_offset = offsetof(struct config_lane, line)};

static const struct row camera_rows[] = {
    {.key = "bind", .type = ROW_TEXT, AT(config_camera, bind), .min = 1, .dflt = "127.0.0.1",
     .help = "numeric address for cameras that push plates"},
    {.key = "port", .type = ROW_INT, AT(config_camera, port), .min = 0, .max = 65535, .dflt = "0",
     .help = "its TCP port; 0: no camera pushes"},
    {.key = "token", .type = ROW_TEXT, AT(config_camera, token), .dflt = "",
     .help = "cameras send it as bearer token or as ?token=; needed unless bind is the loopback"},
};
static const struct table camera_table = {
    "camera", camera_rows, ROW_COUNT(camera_rows), sizeof(struct config_camera),
    .keeps_line = true, .line_offset = offsetof(struct config_camera, line)};

static const struct row deadline_rows[] = {
    {.key = "entry_ms", .type = ROW_INT, AT(config_deadlines, entry_ms), .min = 50, .max = 60000,
     .dflt = "800", .help = "wait for the cloud at an entry, real time; then the local rule"},
    {.key = "exit_ms", .type = ROW_INT, AT(config_deadlines, exit_ms), .min = 50, .max = 60000,
     .dflt = "2000", .help = "the same at an exit"},
    {.key = "no_credential_ms", .type = ROW_INT, AT(config_deadlines, no_credential_ms), .min = 500,
     .max = 600000, .dflt = "5000", .help = "nothing readable for this long"},
    {.key = "unanswered_ms", .type = ROW_INT, AT(config_deadlines, unanswered_ms), .min = 1000,
     .max = 3600000, .dflt = "60000", .help = "an exit without credential opens after this"},
    {.key = "pending_ms", .type = ROW_INT, AT(config_deadlines, pending_ms), .min = 1000,
     .max = 3600000, .dflt = "180000", .help = "a pending exit without a final answer opens after this"},
};
static const struct table deadline_table = {
    "deadlines", deadline_rows, ROW_COUNT(deadline_rows), sizeof(struct config_deadlines), false, 0};

static const struct row log_rows[] = {
    {.key = "level", .type = ROW_ENUM, .offset = 0, .size = sizeof(int), .choices = levels,
     .dflt = "info", .help = "error, warn, notice, info or debug"},
};
static const struct table log_table = {"log", log_rows, ROW_COUNT(log_rows), sizeof(int), false, 0};

static const struct row edge_rows[] = {
    {.key = "place", .type = ROW_NAME, AT(edge_config, place), .help = "the car park"},
    {.key = "edge", .type = ROW_NAME, AT(edge_config, edge), .help = "this controller, unique in its place"},
    {.key = "journal", .type = ROW_TEXT, AT(edge_config, journal), .min = 1,
     .dflt = "/var/lib/boomgate-edge/journal.db", .help = "SQLite file, on storage that keeps its word"},
    {.key = "journal_max_mib", .type = ROW_INT, AT(edge_config, journal_max_mib), .min = 1, .max = 65536,
     .dflt = "256", .help = "disk for the journal: 5 KiB for each vehicle that comes or leaves without the cloud"},
    {.key = "rights_file", .type = ROW_TEXT, AT(edge_config, rights_file), .dflt = "",
     .help = "SQLite file of the rights list, a cache; default: the journal's name and .rights"},
    {.key = "signing_key", .type = ROW_TEXT, AT(edge_config, signing_key), .dflt = "",
     .help = "private key that signs commissioning reports; made by --make-key"},
    {.key = "tariff", .type = ROW_TEXT, AT(edge_config, tariff), .dflt = "",
     .help = "rate table (YAML) for quotes at exits without the cloud; default: none is quoted"},
    {.key = "zone", .type = ROW_TEXT, AT(edge_config, zone), .dflt = "Asia/Seoul",
     .help = "IANA time zone of the rate table"},
    {.key = "broker", .type = ROW_TABLE, AT(edge_config, broker), .table = &broker_table,
     .help = "the way to the cloud"},
    {.key = "links", .type = ROW_LIST, .offset = offsetof(struct edge_config, links),
     .size = sizeof(struct config_link), .count_offset = offsetof(struct edge_config, link_count),
     .min = 1, .max = FIELD_LINKS_MAX, .table = &link_table, .help = "Modbus TCP endpoints, one connection each, and serial lines"},
    {.key = "lanes", .type = ROW_LIST, .offset = offsetof(struct edge_config, lanes),
     .size = sizeof(struct config_lane), .count_offset = offsetof(struct edge_config, lane_count),
     .min = 1, .max = FIELD_LANES_MAX, .table = &lane_table, .help = "one direction past one barrier each"},
    {.key = "camera", .type = ROW_TABLE, AT(edge_config, camera), .table = &camera_table,
     .help = "plates pushed over HTTP: POST /v1/plates"},
    {.key = "deadlines", .type = ROW_TABLE, AT(edge_config, deadlines), .table = &deadline_table,
     .help = "how long to wait"},
    {.key = "keep_spaces", .type = ROW_INT, AT(edge_config, keep_spaces), .min = 1, .max = 10000,
     .dflt = "10000", .help = "free spaces above this go back to the cloud"},
    {.key = "remote_open_unsynced", .type = ROW_BOOL, AT(edge_config, remote_open_unsynced), .dflt = "false",
     .help = "take commands that raise an arm while the clock is not synced, and those that close or lock while it is unset"},
    {.key = "log", .type = ROW_TABLE, AT(edge_config, log_level), .table = &log_table,
     .help = "what is written to stderr"},
};
/* clang-format on */
static const struct table edge_table = {
    "edge", edge_rows, ROW_COUNT(edge_rows), sizeof(struct edge_config), false, 0};

static void tell_fault(const char *file, const struct table_error *e,
                       char ret_fault[CONFIG_FAULT_SIZE])
{
    snprintf(ret_fault, CONFIG_FAULT_SIZE, "%.255s:%d: %s%s%s", file, e->line, e->path,
             e->path[0] ? ": " : "", e->text);
}

enum err config_read(const char *file, struct config_files *files, struct edge_config *ret,
                     char ret_fault[CONFIG_FAULT_SIZE])
{
    struct table_error e;
    const char *text;
    size_t len;
    enum err result = config_document(files, file, &text, &len, &e);
    if (result == ERR_OK)
        result = table_read_yaml_text(text, len, &edge_table, ret, &e);
    if (result == ERR_OK)
        result = config_check(ret, files, &e);
    if (result != ERR_OK)
        tell_fault(file, &e, ret_fault);
    return result;
}

enum err config_check_change(const char *file, const struct edge_config *now,
                             const struct edge_config *next, char ret_fault[CONFIG_FAULT_SIZE])
{
    static const char other[] = "another one than the agent runs with, expected a stop before";
    struct table_error e;
    bool changed = true;
    if (!name_equal(&now->place, &next->place))
        config_refuse(&e, 1, NULL, 0, "place", other, next->place.text);
    else if (!name_equal(&now->edge, &next->edge))
        config_refuse(&e, 1, NULL, 0, "edge", other, next->edge.text);
    else if (strcmp(now->journal, next->journal) != 0)
        config_refuse(&e, 1, NULL, 0, "journal", other, next->journal);
    else
        changed = false;
    if (changed)
        tell_fault(file, &e, ret_fault);
    return changed ? ERR_INVAL : ERR_OK;
}

void config_print_help(void)
{
    table_print_help(stdout, &edge_table);
}

enum log_level config_log_level(const struct edge_config *c)
{
    static const enum log_level of[] = {LOG_ERROR, LOG_WARN, LOG_NOTICE, LOG_INFO, LOG_DEBUG};
    return of[c->log_level];
}

static struct agent_lane_config lane_config(const struct config_lane *l,
                                            const struct profile *profile)
{
    static const enum direction of[] = {DIRECTION_ENTRY, DIRECTION_EXIT, DIRECTION_REVERSIBLE};
    struct agent_lane_config a = {.name = l->name};
    a.lane = lane_config_default(of[l->direction], (int)l->loops);
    a.lane.open_ms = l->open_ms;
    a.lane.hold_open_ms = l->hold_open_ms;
    a.lane.close_delay_ms = l->close_delay_ms;
    a.lane.close_ms = l->close_ms;
    a.confidence_min = l->confidence_min;
    a.lane.a_stuck_ms = l->a_stuck_ms;
    a.lane.b_stuck_ms = l->b_stuck_ms;
    a.lane.mains = (enum lane_mains)l->mains_lost;
    a.passback = (enum passback_policy)l->passback;
    a.hold_offline = l->offline_exit == 1;
    a.lane.device_closes = !profile_closes(profile);
    a.tickets = profile_tickets(profile);
    a.taken_input = profile_has(profile, IN_TICKET_TAKEN);
    a.reader = profile->credential.sequence.space != SPACE_NONE;
    return a;
}

struct agent_config config_agent(const struct edge_config *c, const struct clock_source *clock)
{
    enum { CLOSE_EXPIRY_MIN_MS = 40 }; /* a fast scan does not make the commit faster */
    struct agent_config a = agent_config_default();
    int64_t scan_ms = 0;
    a.place = c->place;
    a.edge = c->edge;
    snprintf(a.version, sizeof a.version, "%s", BOOMGATE_VERSION);
    a.rate = clock->rate;
    a.keep_max = c->keep_spaces;
    a.remote_open_unsynced = c->remote_open_unsynced;
    a.entry_deadline_ms = c->deadlines.entry_ms;
    a.exit_deadline_ms = c->deadlines.exit_ms;
    a.no_credential_ms = c->deadlines.no_credential_ms;
    a.unanswered_ms = c->deadlines.unanswered_ms;
    a.pending_ms = c->deadlines.pending_ms;
    for (size_t i = 0; i < c->link_count; i++)
        if (config_scan_ms(&c->links[i]) > scan_ms)
            scan_ms = config_scan_ms(&c->links[i]);
    a.close_expiry_ms = 2 * scan_ms > CLOSE_EXPIRY_MIN_MS ? 2 * scan_ms : CLOSE_EXPIRY_MIN_MS;
    a.lane_count = c->lane_count;
    for (size_t i = 0; i < c->lane_count; i++)
        a.lanes[i] = lane_config(&c->lanes[i], &c->profiles[i]);
    return a;
}

struct camera_config config_camera(const struct edge_config *c)
{
    struct camera_config m = {.bind = c->camera.bind,
                              .port = (uint16_t)c->camera.port,
                              .token = c->camera.token,
                              .lane_count = c->lane_count};
    for (size_t i = 0; i < c->lane_count; i++)
        m.lanes[i] = c->lanes[i].name;
    return m;
}
