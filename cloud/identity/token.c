/* What a question for a token comes to (RFC 6749, sections 4.4, 5 and 6). */
#include "cloud/identity/inside.h"
#include "protocol/support/digest.h"
#include "protocol/support/random.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REFRESH_AUDIENCE_SIZE = IDENTITY_TEXT_SIZE + 16 };

static int refuse(int status, const char *error, const char *description, json_t **ret)
{
    *ret = json_pack("{s:s, s:s}", "error", error, "error_description", description);
    return status;
}

/* A refresh token is for the token endpoint alone. */
static void refresh_audience(const struct identity *i, char ret[REFRESH_AUDIENCE_SIZE])
{
    snprintf(ret, REFRESH_AUDIENCE_SIZE, "%s/refresh", i->settings.audience);
}

/* Changes when the client's secret does (I4). */
static void secret_version(const struct client_row *c, struct digest *ret)
{
    digest_of(c->secret, strlen(c->secret), ret);
}

/* ---- who asks ---- */

/* Takes as long for a client that does not exist. */
static bool secret_right(const struct client_row *c, const char *secret)
{
    static const char nobody[] =
        "scrypt$N=16384,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    bool right =
        secret_hash_check(c != NULL ? c->secret : nobody, secret, strlen(secret)) == ERR_OK;
    return c != NULL && right;
}

static bool find_client(struct identity *i, const char *id, struct client_row *ret)
{
    pthread_rwlock_rdlock(&i->lock);
    const struct client_row *c = clients_find(i->clients, id);
    if (c != NULL)
        *ret = *c;
    pthread_rwlock_unlock(&i->lock);
    return c != NULL;
}

/* ---- what they may get ---- */

/* "operator attendant": some of the client's roles. */
static bool narrow(const char *scope, unsigned *roles)
{
    unsigned wanted = 0;
    for (const char *at = scope + strspn(scope, " "); *at != '\0'; at += strspn(at, " ")) {
        size_t len = strcspn(at, " ");
        unsigned role = auth_role_of(at, len);
        if (role == 0 || (*roles & role) == 0)
            return false;
        wanted |= role;
        at += len;
    }
    if (wanted != 0)
        *roles = wanted;
    return true;
}

/* What was asked for at first is all there is to get (RFC 6749, section 6). */
static bool narrow_to_granted(const json_t *claims, struct client_row *c)
{
    unsigned granted = c->principal.roles;
    const char *scope = json_string_value(json_object_get(claims, "scope"));
    if (scope == NULL || !narrow(scope, &granted))
        return false;
    c->principal.roles = granted;
    return true;
}

/* ---- who asks again ---- */

static bool refresh_right(struct identity *i, const struct token_request *q, struct client_row *ret)
{
    char audience[REFRESH_AUDIENCE_SIZE];
    struct claims_rule rule = {
        .issuer = i->settings.issuer, .audience = audience, .now_s = identity_now_s()};
    struct digest version;
    struct jwt t;
    const char *why;
    refresh_audience(i, audience);
    if (jwt_open(q->refresh, strlen(q->refresh), &t) != ERR_OK)
        return false;
    pthread_rwlock_rdlock(&i->lock);
    enum err e = key_set_verify(&i->own, &t);
    pthread_rwlock_unlock(&i->lock);
    if (e == ERR_OK)
        e = claims_check(t.claims, &rule, &why);
    const char *id = json_string_value(json_object_get(t.claims, "sub"));
    const char *given = json_string_value(json_object_get(t.claims, "sv"));
    bool right = e == ERR_OK && id != NULL && given != NULL && find_client(i, id, ret) &&
                 (q->client[0] == '\0' || strcmp(q->client, id) == 0);
    if (right) {
        secret_version(ret, &version);
        right = strcmp(version.text, given) == 0 && narrow_to_granted(t.claims, ret);
    }
    jwt_close(&t);
    return right;
}

/* ---- what they get ---- */

static json_t *base_claims(const struct identity *i, const struct client_row *c,
                           const char *audience, int64_t life_s)
{
    int64_t now_s = identity_now_s();
    return json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I}", "iss", i->settings.issuer, "aud",
                     audience, "sub", c->principal.name.text, "jti", random_request_id().text,
                     "iat", (json_int_t)now_s, "nbf", (json_int_t)now_s, "exp",
                     (json_int_t)(now_s + life_s));
}

static char *sign(struct identity *i, json_t *claims)
{
    pthread_rwlock_rdlock(&i->lock);
    char *text = i->own.count > 0 ? jwt_sign(i->own.keys[0], claims) : NULL;
    pthread_rwlock_unlock(&i->lock);
    json_decref(claims);
    return text;
}

static void set_scope(json_t *body, unsigned roles)
{
    char scope[128] = "";
    size_t len = 0;
    for (size_t i = 0; auth_role_choices[i] != NULL; i++)
        if ((roles & (1U << i)) != 0)
            len += (size_t)snprintf(scope + len, sizeof scope - len, "%s%s", len > 0 ? " " : "",
                                    auth_role_choices[i]);
    json_object_set_new(body, "scope", json_string(scope));
}

static int give(struct identity *i, const struct client_row *c, json_t **ret)
{
    char audience[REFRESH_AUDIENCE_SIZE];
    struct digest version;
    json_t *claims = base_claims(i, c, i->settings.audience, i->settings.access_s);
    claims_set_principal(claims, &c->principal);
    char *access = sign(i, claims);
    refresh_audience(i, audience);
    secret_version(c, &version);
    claims = base_claims(i, c, audience, i->settings.refresh_s);
    json_object_set_new(claims, "sv", json_string(version.text));
    set_scope(claims, c->principal.roles);
    char *refresh = sign(i, claims);
    int status = 200;
    if (access != NULL && refresh != NULL) {
        *ret = json_pack("{s:s, s:s, s:I, s:s}", "access_token", access, "token_type", "Bearer",
                         "expires_in", (json_int_t)i->settings.access_s, "refresh_token", refresh);
        set_scope(*ret, c->principal.roles);
    } else {
        status = refuse(503, "temporarily_unavailable", "There is no key to sign with.", ret);
    }
    free(access);
    free(refresh);
    return status;
}

int token_answer(struct identity *i, const struct token_request *q, json_t **ret)
{
    struct client_row c;
    if (q->grant == GRANT_CLIENT) {
        bool known = find_client(i, q->client, &c);
        if (!secret_right(known ? &c : NULL, q->secret))
            return refuse(401, "invalid_client", "This client or its secret is not known.", ret);
    } else if (!refresh_right(i, q, &c)) {
        return refuse(400, "invalid_grant", "This refresh token is not valid any more.", ret);
    } else if (q->secret[0] != '\0' && !secret_right(&c, q->secret)) {
        return refuse(401, "invalid_client", "This client or its secret is not known.", ret);
    }
    if (!narrow(q->scope, &c.principal.roles))
        return refuse(400, "invalid_scope", "This client has no such role.", ret);
    return give(i, &c, ret);
}
