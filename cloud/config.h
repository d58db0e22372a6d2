/* The cloud's configuration: one YAML file, and the secrets and lists it names. config_table.c holds the table
 * of keys with bounds, defaults and help; `boomgate-cloud --help-config` prints it. */
#ifndef BOOMGATE_CLOUD_CONFIG_H
#define BOOMGATE_CLOUD_CONFIG_H

#include "cloud/core/records.h"
#include "cloud/http/http.h"
#include "cloud/identity/identity.h"
#include "cloud/otlp/otlp.h"
#include "cloud/payment/payments.h"
#include "cloud/service.h"
#include "protocol/support/log.h"
#include "protocol/support/table.h"

#include <stdbool.h>
#include <stdio.h>

enum {
    CONFIG_PATH_SIZE = 256,
    CONFIG_SECRET_SIZE = 129,
    CONFIG_PLACES_MAX = 64,
    CONFIG_ISSUERS_MAX = 128,
    CONFIG_REASON_SIZE = 512,
};

struct broker_config {
    char host[128];
    int64_t port;
    char username[65]; /* "": none */
    char password_file[CONFIG_PATH_SIZE];
    char password[CONFIG_SECRET_SIZE]; /* read from the file */
    int64_t reconnect_min_ms, reconnect_max_ms;
};

struct token_config {
    struct name name;
    int role; /* index into auth_role_choices */
    char token_file[CONFIG_PATH_SIZE];
    char plates[AUTH_PLATES_TEXT_SIZE];
    char places[AUTH_PLACES_TEXT_SIZE];
    int line;
};

struct breaker_config {
    int64_t window_ms, min_calls, bad_percent, slow_ms, timeouts_in_row, open_ms, open_max_ms;
};

struct endpoint_config {
    char url[ENDPOINT_URL_SIZE];
};

struct provider_config {
    struct name name;
    int type; /* index: stripe, toss */
    char key_file[CONFIG_PATH_SIZE];
    char key[CONFIG_SECRET_SIZE]; /* read from the file */
    struct endpoint_config endpoints[ENDPOINTS_MAX];
    size_t endpoint_count;
    int line;
};

/* Without a provider nobody is charged and every amount becomes a debt. */
struct payment_config {
    char url
        [ENDPOINT_URL_SIZE]; /* short for one provider "stripe" with one endpoint; "": not used */
    char key_file[CONFIG_PATH_SIZE];
    struct provider_config providers[PROVIDERS_MAX]; /* in the order in which they are tried */
    size_t provider_count;
    char ca_file[CONFIG_PATH_SIZE];
    int64_t connect_ms, total_ms, refund_ms, settlement_ms, retries, retry_ms, connections, queue;
    struct {
        int64_t failures_in_row, eject_ms;
    } ejection;
    struct breaker_config breaker;
};

/* As written; config_place makes settings of it. */
struct place_config {
    struct name name;
    char title[TITLE_SIZE];
    int64_t capacity;
    char zone[ZONE_NAME_SIZE]; /* "": the configuration's */
    char currency[4];          /* "": the rate table's */
    struct name tariff;
    int payment_policy, unmatched_exit;
    int64_t hold_max_ms, exit_grace_ms, grant_size, stale_after_ms;
    bool closed;
    char parent[NAME_SIZE];      /* "": none */
    char hours[HOURS_TEXT_SIZE]; /* checked when it was read */
    int line;
};

struct pay_config {
    char url[PAY_URL_SIZE], form[PAY_URL_SIZE];
    struct name provider;
};

struct issuer_config {
    struct name name, place;
    int64_t per_stay, per_day, percent_max, minutes_max, amount_max_minor;
};

struct log_config {
    int level; /* index: error, warn, notice, info, debug */
};

struct config {
    struct name instance;
    char database[CONFIG_PATH_SIZE];
    char signing_key[CONFIG_PATH_SIZE];   /* "": the database's name with .key */
    char pseudonym_key[CONFIG_PATH_SIZE]; /* "": plates are kept */
    int64_t plate_retention_h;
    char otlp_url[OTLP_URL_SIZE]; /* "": no collector */
    char tariffs[CONFIG_PATH_SIZE];
    char zone[ZONE_NAME_SIZE];            /* of places that name none */
    char reconcile_at[8];                 /* "04:30"; "": never */
    int reconcile_minute;                 /* of the day; -1: never */
    char accounts_file[CONFIG_PATH_SIZE]; /* "": none */
    struct broker_config broker;
    struct http_settings http;
    struct token_config tokens[AUTH_TOKENS_MAX];
    size_t token_count;
    struct auth auth; /* of the tokens */
    struct identity_settings oauth;
    struct payment_config payment;
    struct place_config places[CONFIG_PLACES_MAX];
    size_t place_count;
    struct pay_config pay;
    struct issuer_config issuer_rows[CONFIG_ISSUERS_MAX];
    size_t issuer_count;
    struct issuer issuers[CONFIG_ISSUERS_MAX]; /* of these rows */
    struct log_config log;
    struct account *accounts; /* heap */
    size_t account_count;
};

/* Reads the file and everything it names. ERR_INVAL or ERR_NOTFOUND: ret_reason[CONFIG_REASON_SIZE] is
 * one line for people: which file, where in it, what was found and what was expected. */
enum err config_load(const char *file, struct config **ret, char *ret_reason);
void config_free(struct config *c); /* NULL is fine; wipes the secrets */

/* The providers into ret[PROVIDERS_MAX], in order; returns how many. */
size_t config_payments(const struct config *c, struct payment_options *ret);

/* As written: zone and currency may be "". */
struct place_settings config_place(const struct place_config *p);

enum log_level config_log_level(const struct config *c);

extern const struct table config_table;

#endif
