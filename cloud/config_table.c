/* Every key of cloud.yaml: type, bounds, default, help. */
#include "cloud/config.h"

#include <stddef.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define TEXT(k, owner, member, lo, d, h)                                                           \
    {                                                                                              \
        .key = k, .type = ROW_TEXT, .offset = offsetof(owner, member),                             \
        .size = sizeof(((owner *)0)->member), .min = lo, .dflt = d, .help = h                      \
    }
#define INT(k, owner, member, lo, hi, d, h)                                                        \
    {                                                                                              \
        .key = k, .type = ROW_INT, .offset = offsetof(owner, member), .min = lo, .max = hi,        \
        .dflt = d, .help = h                                                                       \
    }
#define ENUM(k, owner, member, c, d, h)                                                            \
    {                                                                                              \
        .key = k, .type = ROW_ENUM, .offset = offsetof(owner, member), .choices = c, .dflt = d,    \
        .help = h                                                                                  \
    }
#define NAME(k, owner, member, d, h)                                                               \
    {                                                                                              \
        .key = k, .type = ROW_NAME, .offset = offsetof(owner, member), .dflt = d, .help = h        \
    }
#define TABLE(k, owner, member, t, h)                                                              \
    {                                                                                              \
        .key = k, .type = ROW_TABLE, .offset = offsetof(owner, member), .table = t, .help = h      \
    }

static const char *const policies[] = {"defer", "hold", NULL};
static const char *const unmatched[] = {"open", "deny", NULL};
static const char *const levels[] = {"error", "warn", "notice", "info", "debug", NULL};

static const struct row broker_rows[] = {
    TEXT("host", struct broker_config, host, 1, "127.0.0.1",
         "an address, or a name that a local resolver answers at once"),
    INT("port", struct broker_config, port, 1, 65535, "1883", "TCP port"),
    TEXT("username", struct broker_config, username, 0, "", "empty: none"),
    TEXT("password_file", struct broker_config, password_file, 0, "",
         "file whose first line is the password"),
    INT("reconnect_min_ms", struct broker_config, reconnect_min_ms, 10, 60000, "1000",
        "shortest pause before a new attempt"),
    INT("reconnect_max_ms", struct broker_config, reconnect_max_ms, 10, 600000, "120000",
        "the pauses double up to this, at random between both"),
};
static const struct table broker_table = {.name = "broker",
                                          .rows = broker_rows,
                                          .row_count = COUNT(broker_rows),
                                          .struct_size = sizeof(struct broker_config)};

static const struct row token_rows[] = {
    NAME("name", struct token_config, name, NULL, "who, for the log"),
    ENUM("role", struct token_config, role, auth_role_choices, NULL, "what the token may do"),
    TEXT("token_file", struct token_config, token_file, 1, NULL,
         "file whose first line is the token"),
    TEXT("plates", struct token_config, plates, 0, "",
         "role driver: the plates it sees, separated by commas"),
    TEXT("places", struct token_config, places, 0, "",
         "the places it is bound to, separated by commas; empty: every place"),
};
static const struct table token_table = {.name = "token",
                                         .rows = token_rows,
                                         .row_count = COUNT(token_rows),
                                         .struct_size = sizeof(struct token_config),
                                         .keeps_line = true,
                                         .line_offset = offsetof(struct token_config, line)};

static const struct row breaker_rows[] = {
    INT("window_ms", struct breaker_config, window_ms, BREAKER_BUCKETS, 3600000, "60000",
        "calls are counted over this time"),
    INT("min_calls", struct breaker_config, min_calls, 1, 10000, "5",
        "opens at the earliest after so many calls in the window"),
    INT("bad_percent", struct breaker_config, bad_percent, 1, 100, "50",
        "opens when so many of them failed or were slow"),
    INT("slow_ms", struct breaker_config, slow_ms, 1, 60000, "1500",
        "a call that takes longer is slow"),
    INT("timeouts_in_row", struct breaker_config, timeouts_in_row, 1, 10000, "3",
        "opens after so many timeouts in a row"),
    INT("open_ms", struct breaker_config, open_ms, 1, 3600000, "30000",
        "the first opening; up to a quarter more at random"),
    INT("open_max_ms", struct breaker_config, open_max_ms, 1, 3600000, "300000",
        "openings double up to this"),
};
static const struct table breaker_table = {.name = "breaker",
                                           .rows = breaker_rows,
                                           .row_count = COUNT(breaker_rows),
                                           .struct_size = sizeof(struct breaker_config)};

static const char *const provider_types[] = {"stripe", "toss", NULL};

static const struct row endpoint_rows[] = {
    TEXT("url", struct endpoint_config, url, 1, NULL, "base URL, http or https"),
};
static const struct table endpoint_table = {.name = "endpoint",
                                            .rows = endpoint_rows,
                                            .row_count = COUNT(endpoint_rows),
                                            .struct_size = sizeof(struct endpoint_config)};

static const struct row provider_rows[] = {
    NAME("name", struct provider_config, name, NULL,
         "as in payments, metrics and the heading of the accounts file"),
    ENUM("type", struct provider_config, type, provider_types, NULL, "whose API it speaks"),
    TEXT("key_file", struct provider_config, key_file, 1, NULL,
         "file whose first line is the secret key"),
    {.key = "endpoints",
     .type = ROW_LIST,
     .offset = offsetof(struct provider_config, endpoints),
     .size = sizeof(struct endpoint_config),
     .count_offset = offsetof(struct provider_config, endpoint_count),
     .min = 1,
     .max = ENDPOINTS_MAX,
     .table = &endpoint_table,
     .help = "used in turn; one that fails is left out for a while"},
};
static const struct table provider_table = {.name = "provider",
                                            .rows = provider_rows,
                                            .row_count = COUNT(provider_rows),
                                            .struct_size = sizeof(struct provider_config),
                                            .keeps_line = true,
                                            .line_offset = offsetof(struct provider_config, line)};

static const struct row ejection_rows[] = {
    INT("failures_in_row", struct payment_config, ejection.failures_in_row, 1, 1000, "5",
        "an endpoint is left out after so many"),
    INT("eject_ms", struct payment_config, ejection.eject_ms, 1, 3600000, "30000",
        "for so long, then it gets one trial"),
};
static const struct table ejection_table = {.name = "ejection",
                                            .rows = ejection_rows,
                                            .row_count = COUNT(ejection_rows),
                                            .struct_size = sizeof(struct payment_config)};

static const struct row payment_rows[] = {
    TEXT("url", struct payment_config, url, 0, "",
         "base URL of a Stripe API: short for one provider named stripe"),
    TEXT("key_file", struct payment_config, key_file, 0, "",
         "with url: file whose first line is the secret key"),
    {.key = "providers",
     .type = ROW_LIST,
     .offset = offsetof(struct payment_config, providers),
     .size = sizeof(struct provider_config),
     .count_offset = offsetof(struct payment_config, provider_count),
     .max = PROVIDERS_MAX,
     .dflt = "",
     .table = &provider_table,
     .help = "in the order in which they are tried; none, and no url: nobody is charged, amounts "
             "become debts"},
    TEXT("ca_file", struct payment_config, ca_file, 0, "",
         "authorities that may sign for https endpoints; empty: the system's"),
    INT("connect_timeout_ms", struct payment_config, connect_ms, 10, 60000, "500",
        "for one connection, real time"),
    INT("total_timeout_ms", struct payment_config, total_ms, 50, 60000, "2000",
        "for one charge with its retries, real time"),
    INT("refund_timeout_ms", struct payment_config, refund_ms, 50, 600000, "10000",
        "for one refund with its retries, real time"),
    INT("settlement_timeout_ms", struct payment_config, settlement_ms, 50, 600000, "30000",
        "for one page of what a provider booked, real time"),
    INT("retries", struct payment_config, retries, 0, 3, "3", "with the same key, in that time"),
    INT("retry_ms", struct payment_config, retry_ms, 1, 10000, "100",
        "bound of the pause before the first retry, at random from 0; it doubles"),
    INT("connections", struct payment_config, connections, 1, 512, "128",
        "calls at one time, for each provider"),
    INT("queue", struct payment_config, queue, 1, 4096, "256",
        "calls of each provider waiting for a connection"),
    {.key = "ejection", .type = ROW_TABLE, .table = &ejection_table, .help = "of endpoints"},
    TABLE("breaker", struct payment_config, breaker, &breaker_table,
          "when calls are not even tried"),
};
static const struct table payment_table = {.name = "payment",
                                           .rows = payment_rows,
                                           .row_count = COUNT(payment_rows),
                                           .struct_size = sizeof(struct payment_config)};

static const struct row place_rows[] = {
    NAME("name", struct place_config, name, NULL, "as in the topics"),
    TEXT("title", struct place_config, title, 0, "", "for people; empty: the name"),
    INT("capacity", struct place_config, capacity, 1, 1000000, NULL, "vehicles"),
    NAME("tariff", struct place_config, tariff, NULL, "rate table: a file name without .yaml"),
    TEXT("zone", struct place_config, zone, 0, "", "IANA time zone; empty: the zone above"),
    TEXT("currency", struct place_config, currency, 0, "", "ISO 4217; empty: the rate table's"),
    ENUM("payment_policy", struct place_config, payment_policy, policies, "defer",
         "an exit while the provider cannot answer: open with a debt, or hold the vehicle"),
    INT("hold_max_ms", struct place_config, hold_max_ms, 0, 3600000, "120000",
        "hold turns into defer after this, domain time"),
    INT("exit_grace_ms", struct place_config, exit_grace_ms, 0, 86400000, "900000",
        "time to leave after paying, domain time"),
    ENUM("unmatched_exit", struct place_config, unmatched_exit, unmatched, "open",
         "a vehicle without a session at an exit"),
    INT("grant_size", struct place_config, grant_size, 0, 10000, "0",
        "spaces an entry edge should hold; 0: a tenth of the capacity, 1 to 20"),
    {.key = "closed",
     .type = ROW_BOOL,
     .offset = offsetof(struct place_config, closed),
     .dflt = "false",
     .help = "not in operation: entries are refused"},
    TEXT("hours", struct place_config, hours, 0, "",
         "when it is open, such as mo-fr 07:00-22:00; sa 09:00-18:00; 2026-12-25 closed; empty: "
         "always"),
    TEXT("parent", struct place_config, parent, 0, "",
         "the place listed before that this one is a zone of; empty: none"),
    INT("stale_after_ms", struct place_config, stale_after_ms, 0, 31622400000, "604800000",
        "an open stay is flagged as stale after this, domain time; 0: never"),
};
static const struct table place_table = {.name = "place",
                                         .rows = place_rows,
                                         .row_count = COUNT(place_rows),
                                         .struct_size = sizeof(struct place_config),
                                         .keeps_line = true,
                                         .line_offset = offsetof(struct place_config, line)};

static const struct row pay_rows[] = {
    TEXT("url", struct pay_config, url, 0, "",
         "what stands before the token of a payment link, as drivers reach it: "
         "https://HOST/pay/; empty: there are no links"),
    TEXT("form", struct pay_config, form, 0, "",
         "the provider's hosted form; gets amount, currency and return, and comes back to that "
         "address with payer=ACCOUNT"),
    NAME("provider", struct pay_config, provider, "stripe", "whose accounts the form names"),
};
static const struct table pay_table = {.name = "pay",
                                       .rows = pay_rows,
                                       .row_count = COUNT(pay_rows),
                                       .struct_size = sizeof(struct pay_config)};

static const struct row issuer_rows[] = {
    NAME("name", struct issuer_config, name, NULL,
         "the shop, for receipts; a token of role service with this name gives for it"),
    NAME("place", struct issuer_config, place, "", "where; empty: every place"),
    INT("per_stay", struct issuer_config, per_stay, 1, TARIFF_VALIDATIONS_MAX, "1",
        "validations to one stay"),
    INT("per_day", struct issuer_config, per_day, 0, 1000000, "0",
        "validations in 24 hours; 0: any number"),
    INT("percent_max", struct issuer_config, percent_max, 0, 100, "0",
        "the most of one; 0: none of this kind"),
    INT("minutes_max", struct issuer_config, minutes_max, 0, 5256000, "0",
        "the most of one; 0: none of this kind"),
    INT("amount_max_minor", struct issuer_config, amount_max_minor, 0, TARIFF_AMOUNT_MAX, "0",
        "the most of one; 0: none of this kind"),
};
static const struct table issuer_table = {.name = "issuer",
                                          .rows = issuer_rows,
                                          .row_count = COUNT(issuer_rows),
                                          .struct_size = sizeof(struct issuer_config)};

static const struct row log_rows[] = {
    ENUM("level", struct log_config, level, levels, "info", "what is logged"),
};
static const struct table log_table = {.name = "log",
                                       .rows = log_rows,
                                       .row_count = COUNT(log_rows),
                                       .struct_size = sizeof(struct log_config)};

static const struct row rows[] = {
    NAME("instance", struct config, instance, "cloud-1", "name of this daemon in its topics"),
    TEXT("database", struct config, database, 1, NULL, "the ledger's file; created if absent"),
    TEXT("signing_key", struct config, signing_key, 0, "",
         "Ed25519 key that signs what people correct; made if absent; empty: database + .key"),
    TEXT("pseudonym_key", struct config, pseudonym_key, 0, "",
         "key of the names that take the place of plates (64 hex digits); made if absent; empty: "
         "plates are never forgotten"),
    INT("plate_retention_h", struct config, plate_retention_h, 1, 87600, "24",
        "hours after a stay is settled until its plate is forgotten"),
    TEXT("otlp_url", struct config, otlp_url, 0, "",
         "collector that takes traces by OTLP/HTTP in JSON, as http://127.0.0.1:4318; empty: none"),
    TABLE("broker", struct config, broker, &broker_table, "the MQTT broker"),
    TABLE("http", struct config, http, &http_table, "API, live stream and page"),
    {.key = "tokens",
     .type = ROW_LIST,
     .offset = offsetof(struct config, tokens),
     .size = sizeof(struct token_config),
     .count_offset = offsetof(struct config, token_count),
     .max = AUTH_TOKENS_MAX,
     .dflt = "",
     .table = &token_table,
     .help = "who may do what over HTTP"},
    TEXT("tariffs", struct config, tariffs, 1, NULL, "directory of rate tables, NAME.yaml"),
    TEXT("accounts", struct config, accounts_file, 0, "",
         "file of payer accounts: plate,token, or a heading with a column for each provider; "
         "empty: none"),
    TEXT("zone", struct config, zone, 1, "UTC", "IANA time zone of places that name none"),
    TEXT("reconcile_at", struct config, reconcile_at, 0, "04:30",
         "when the day before is held against the providers' bookings, the place's time; empty: "
         "never"),
    TABLE("oauth", struct config, oauth, &identity_table, "tokens that end"),
    TABLE("payment", struct config, payment, &payment_table, "the payment provider"),
    TABLE("pay", struct config, pay, &pay_table, "payment links for drivers without an account"),
    {.key = "issuers",
     .type = ROW_LIST,
     .offset = offsetof(struct config, issuer_rows),
     .size = sizeof(struct issuer_config),
     .count_offset = offsetof(struct config, issuer_count),
     .max = CONFIG_ISSUERS_MAX,
     .dflt = "",
     .table = &issuer_table,
     .help = "shops that may give discounts to stays"},
    {.key = "places",
     .type = ROW_LIST,
     .offset = offsetof(struct config, places),
     .size = sizeof(struct place_config),
     .count_offset = offsetof(struct config, place_count),
     .max = CONFIG_PLACES_MAX,
     .dflt = "",
     .table = &place_table,
     .help = "created or changed to this at every start; other places are kept"},
    TABLE("log", struct config, log, &log_table, "logging"),
};
const struct table config_table = {
    .name = "cloud", .rows = rows, .row_count = COUNT(rows), .struct_size = sizeof(struct config)};
