#include "cloud/identity/inside.h"

#include "protocol/base/buf.h"
#include "protocol/support/memory.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int64_t identity_now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t); /* tokens live in real time, whatever domain time does */
    return t.tv_sec;
}

/* ---- keys ---- */

void key_set_clear(struct key_set *s)
{
    for (size_t i = 0; i < s->count; i++)
        jwt_key_free(s->keys[i]);
    *s = (struct key_set){0};
}

enum err key_set_verify(const struct key_set *set, const struct jwt *token)
{
    bool named = false;
    for (size_t i = 0; i < set->count; i++) {
        if (token->kid[0] != '\0' && strcmp(jwt_key_id(set->keys[i]), token->kid) != 0)
            continue;
        named = true;
        if (jwt_verify(token, set->keys[i]) == ERR_OK)
            return ERR_OK;
    }
    return named ? ERR_DENIED : ERR_NOTFOUND;
}

static enum err wrong(char *ret_reason, const char *what, const char *text)
{
    struct buf b = buf_of(ret_reason, IDENTITY_REASON_SIZE);
    buf_addf(&b, "%s: %s", what, text);
    return ERR_INVAL;
}

/* `make`: the first one is made if it does not exist. */
static enum err load_keys(const struct identity_settings *s, bool make, struct key_set *ret,
                          char *ret_reason)
{
    for (size_t i = 0; i < s->key_count; i++) {
        const char *file = s->keys[i].file;
        if (i == 0 && access(file, F_OK) != 0) {
            if (!make)
                continue;
            if (jwt_key_make(file) != ERR_OK)
                return wrong(ret_reason, file, "this key does not exist and cannot be made");
        }
        if (jwt_key_read(file, &ret->keys[ret->count]) != ERR_OK)
            return wrong(ret_reason, file,
                         "expected a private RSA key of 2048 bits or more, of mode 0600");
        ret->count++;
    }
    return ERR_OK;
}

static enum err load_clients(const struct identity_settings *s, struct clients **ret,
                             char *ret_reason)
{
    char reason[CLIENTS_REASON_SIZE];
    if (s->clients_file[0] == '\0') {
        *ret = mem_alloc(sizeof **ret);
        return ERR_OK;
    }
    enum err e = clients_load(s->clients_file, ret, reason);
    return e == ERR_OK ? ERR_OK : wrong(ret_reason, "oauth.clients", reason);
}

static enum err check_texts(const struct identity_settings *s, char *ret_reason)
{
    const struct identity_external *x = &s->external;
    if (s->key_count > 0 && (s->issuer[0] == '\0' || s->audience[0] == '\0'))
        return wrong(ret_reason, "oauth", "keys need an issuer and an audience");
    if (s->clients_file[0] != '\0' && s->key_count == 0)
        return wrong(ret_reason, "oauth.clients", "needs keys, to sign tokens with");
    if (x->jwks_url[0] == '\0')
        return ERR_OK;
    if (strncmp(x->jwks_url, "http://", 7) != 0 && strncmp(x->jwks_url, "https://", 8) != 0)
        return wrong(ret_reason, "oauth.external.jwks_url", "expected http://... or https://...");
    if (x->issuer[0] == '\0' || x->audience[0] == '\0')
        return wrong(ret_reason, "oauth.external", "needs issuer and audience beside jwks_url");
    if (strcmp(x->issuer, s->issuer) == 0)
        return wrong(ret_reason, "oauth.external.issuer", "is our own");
    return ERR_OK;
}

static enum err load(const struct identity_settings *s, bool make, struct key_set *ret_keys,
                     struct clients **ret_clients, char *ret_reason)
{
    struct key_set keys = {0};
    enum err e = load_keys(s, make, &keys, ret_reason);
    if (e == ERR_OK)
        e = load_clients(s, ret_clients, ret_reason);
    if (e != ERR_OK) {
        key_set_clear(&keys);
        return e;
    }
    *ret_keys = keys;
    return ERR_OK;
}

/* ---- life ---- */

enum err identity_check_settings(const struct identity_settings *s, char *ret_reason)
{
    struct key_set keys;
    struct clients *clients;
    TRY(check_texts(s, ret_reason));
    TRY(load(s, false, &keys, &clients, ret_reason));
    key_set_clear(&keys);
    free(clients);
    return ERR_OK;
}

enum err identity_open(const struct identity_settings *settings, struct identity **ret,
                       char *ret_reason)
{
    struct key_set keys;
    struct clients *clients;
    TRY(check_texts(settings, ret_reason));
    TRY(load(settings, true, &keys, &clients, ret_reason));
    struct identity *i = mem_alloc(sizeof *i);
    i->settings = *settings;
    i->own = keys;
    i->clients = clients;
    pthread_rwlock_init(&i->lock, NULL);
    i->desk = desk_new(i);
    if (settings->external.jwks_url[0] != '\0')
        i->fetcher = fetcher_new(i);
    *ret = i;
    return ERR_OK;
}

void identity_close(struct identity *i)
{
    if (i == NULL)
        return;
    desk_free(i->desk);
    fetcher_free(i->fetcher);
    key_set_clear(&i->own);
    key_set_clear(&i->external);
    pthread_rwlock_destroy(&i->lock);
    free(i->clients);
    free(i);
}

enum err identity_reload(struct identity *i, char *ret_reason)
{
    struct key_set keys;
    struct clients *clients;
    TRY(load(&i->settings, true, &keys, &clients, ret_reason));
    pthread_rwlock_wrlock(&i->lock);
    struct key_set old_keys = i->own;
    struct clients *old_clients = i->clients;
    i->own = keys;
    i->clients = clients;
    pthread_rwlock_unlock(&i->lock);
    key_set_clear(&old_keys);
    free(old_clients);
    return ERR_OK;
}

/* ---- tokens ---- */

static enum err check_own(struct identity *i, const struct jwt *t, struct principal *ret,
                          const char **ret_why)
{
    struct claims_rule rule = {.issuer = i->settings.issuer,
                               .audience = i->settings.audience,
                               .roles_claim = "roles",
                               .now_s = identity_now_s()};
    pthread_rwlock_rdlock(&i->lock);
    enum err e = key_set_verify(&i->own, t);
    pthread_rwlock_unlock(&i->lock);
    *ret_why = "not signed by its issuer";
    return e == ERR_OK ? claims_read(t->claims, &rule, ret, ret_why) : ERR_DENIED;
}

static enum err check_external(struct identity *i, const struct jwt *t, struct principal *ret,
                               const char **ret_why)
{
    struct claims_rule rule = {.issuer = i->settings.external.issuer,
                               .audience = i->settings.external.audience,
                               .roles_claim = i->settings.external.roles_claim,
                               .now_s = identity_now_s()};
    pthread_rwlock_rdlock(&i->lock);
    enum err e = key_set_verify(&i->external, t);
    pthread_rwlock_unlock(&i->lock);
    if (e == ERR_NOTFOUND)
        fetcher_want(i->fetcher);
    *ret_why = e == ERR_NOTFOUND ? "its key is not known yet" : "not signed by its issuer";
    return e == ERR_OK ? claims_read(t->claims, &rule, ret, ret_why) : ERR_DENIED;
}

enum err identity_of_token(struct identity *i, const char *token, size_t len, struct principal *ret,
                           const char **ret_why)
{
    struct jwt t;
    enum err e = jwt_open(token, len, &t);
    if (e != ERR_OK) {
        *ret_why = e == ERR_DENIED ? "not signed with RS256" : "no token";
        return ERR_DENIED;
    }
    /* Which keys to try is the one thing that is taken from a token before it is verified. */
    const char *issuer = json_string_value(json_object_get(t.claims, "iss"));
    *ret_why = "another issuer";
    e = ERR_DENIED;
    if (issuer != NULL && i->settings.key_count > 0 && strcmp(issuer, i->settings.issuer) == 0)
        e = check_own(i, &t, ret, ret_why);
    else if (issuer != NULL && i->fetcher != NULL &&
             strcmp(issuer, i->settings.external.issuer) == 0)
        e = check_external(i, &t, ret, ret_why);
    jwt_close(&t);
    return e;
}

json_t *identity_jwks(struct identity *i)
{
    json_t *list = json_array();
    pthread_rwlock_rdlock(&i->lock);
    for (size_t k = 0; k < i->own.count; k++)
        json_array_append_new(list, jwt_key_as_jwk(i->own.keys[k]));
    pthread_rwlock_unlock(&i->lock);
    return json_pack("{s:o}", "keys", list);
}
