/* The section `oauth` of cloud.yaml. */
#include "cloud/identity/identity.h"

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

static const struct row key_rows[] = {
    TEXT("file", struct identity_key_file, file, 1, NULL,
         "private RSA key, PEM, mode 0600; the first one is made if it does not exist"),
};
static const struct table key_table = {.name = "key",
                                       .rows = key_rows,
                                       .row_count = COUNT(key_rows),
                                       .struct_size = sizeof(struct identity_key_file)};

static const struct row external_rows[] = {
    TEXT("jwks_url", struct identity_external, jwks_url, 0, "",
         "the issuer's key set; empty: no external issuer"),
    TEXT("issuer", struct identity_external, issuer, 0, "", "claim iss of its tokens"),
    TEXT("audience", struct identity_external, audience, 0, "", "claim aud of tokens for us"),
    TEXT("roles_claim", struct identity_external, roles_claim, 1, "roles",
         "where the roles are, such as realm_access.roles"),
    INT("refetch_s", struct identity_external, refetch_s, 60, 604800, "3600",
        "the key set is fetched again"),
    INT("refetch_min_s", struct identity_external, refetch_min_s, 1, 3600, "60",
        "for an unknown key, at most once in so many seconds"),
};
static const struct table external_table = {.name = "external",
                                            .rows = external_rows,
                                            .row_count = COUNT(external_rows),
                                            .struct_size = sizeof(struct identity_external)};

static const struct row rows[] = {
    TEXT("issuer", struct identity_settings, issuer, 1, "boomgate",
         "claim iss of our own tokens, such as https://parking.example.org"),
    TEXT("audience", struct identity_settings, audience, 1, "boomgate",
         "claim aud of our own tokens"),
    {.key = "keys",
     .type = ROW_LIST,
     .offset = offsetof(struct identity_settings, keys),
     .size = sizeof(struct identity_key_file),
     .count_offset = offsetof(struct identity_settings, key_count),
     .max = IDENTITY_KEYS_MAX,
     .dflt = "",
     .table = &key_table,
     .help = "the first one signs, all are published and verify; none: no tokens of our own"},
    TEXT("clients", struct identity_settings, clients_file, 0, "",
         "file of clients, see boomgatectl client add; empty: none"),
    INT("access_s", struct identity_settings, access_s, 60, 86400, "900",
        "seconds that an access token is valid"),
    INT("refresh_s", struct identity_settings, refresh_s, 60, 31536000, "2592000",
        "seconds that a refresh token is valid"),
    {.key = "external",
     .type = ROW_TABLE,
     .offset = offsetof(struct identity_settings, external),
     .table = &external_table,
     .help = "another issuer whose tokens are taken too"},
};
const struct table identity_table = {.name = "oauth",
                                     .rows = rows,
                                     .row_count = COUNT(rows),
                                     .struct_size = sizeof(struct identity_settings)};
