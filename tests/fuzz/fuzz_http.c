/* libFuzzer targets of what the HTTP side reads from strangers, chosen by FUZZ: paths and queries, tokens, claims, key
 * sets, files of clients. */
#include "cloud/http/router.h"
#include "cloud/http/url.h"
#include "cloud/identity/inside.h"
#include "protocol/support/yaml_json.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_TARGET 1
#define FUZZ_TOKEN  2
#define FUZZ_CLAIMS 3
#define FUZZ_YAML   4

static void must(int condition)
{
    if (!condition)
        abort();
}

#if FUZZ == FUZZ_TARGET
static const struct route routes[] = {
    {"GET", "/v1/places/{}", 0, NULL},
    {"PUT", "/v1/places/{}/rights/{}", 0, NULL},
    {"GET", "/", 0, NULL},
};

/* "path?query": what is decoded is text we can trust. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const known[] = {"a", "limit", "after"};
    struct route_match m;
    char value[64], unknown[16];
    char *text = malloc(size + 1);
    memcpy(text, data, size);
    text[size] = '\0';
    char *query = strchr(text, '?');
    if (query != NULL)
        *query++ = '\0';
    if (router_match(routes, 3, "GET", text, &m) == ROUTE_FOUND)
        for (size_t i = 0; i < m.param_count; i++)
            must(url_text_valid(m.params[i], strlen(m.params[i])));
    if (url_query_get(query, "a", value, sizeof value) == ERR_OK)
        must(url_text_valid(value, strlen(value)));
    if (url_query_check(query, known, 3, unknown, sizeof unknown) != ERR_OK)
        must(memchr(unknown, '\0', sizeof unknown) != NULL);
    free(text);
    return 0;
}

#elif FUZZ == FUZZ_TOKEN
/* Nothing that was not signed is verified; the key is from a key set with a number of ours. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct key_set keys;
    struct jwt t;
    if (keys.count == 0) {
        char set[1024], n[400];
        memset(n, 'q', 342);
        n[341] = 'g'; /* its last bits are none */
        n[342] = '\0';
        int len =
            snprintf(set, sizeof set,
                     "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"k\",\"e\":\"AQAB\",\"n\":\"%s\"}]}", n);
        must(key_set_read(set, (size_t)len, &keys) == ERR_OK);
    }
    if (jwt_open((const char *)data, size, &t) == ERR_OK) {
        must(key_set_verify(&keys, &t) != ERR_OK);
        jwt_close(&t);
    }
    return 0;
}

#elif FUZZ == FUZZ_CLAIMS
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct claims_rule rule = {"us", "boomgate", "a.roles", 1000};
    struct principal p = {.roles = 77};
    struct key_set keys = {0};
    const char *why = NULL;
    json_t *claims = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
    if (claims_read(claims, &rule, &p, &why) == ERR_OK)
        must(p.name.text[0] != '\0' && p.roles < 32);
    else
        must(p.roles == 77 && why != NULL);
    json_decref(claims);
    if (key_set_read((const char *)data, size, &keys) == ERR_OK)
        must(keys.count > 0);
    key_set_clear(&keys);
    return 0;
}

#else
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct table_error error;
    json_t *json = NULL;
    if (yaml_as_json((const char *)data, size, &json, &error) == ERR_OK)
        json_decref(json);
    else
        must(json == NULL && memchr(error.text, '\0', sizeof error.text) != NULL);
    return 0;
}
#endif
