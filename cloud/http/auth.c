#include "cloud/http/auth.h"

#include "protocol/support/digest.h"

#include <string.h>
#include <strings.h>

static const enum role roles[] = {ROLE_OPERATOR, ROLE_ATTENDANT, ROLE_AUDITOR, ROLE_DRIVER,
                                  ROLE_SERVICE};

/* RFC 6750: b64token. */
static bool token_text_valid(const char *t, size_t len)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                  "-._~+/=";
    return len >= AUTH_TOKEN_MIN && strspn(t, allowed) == len;
}

static bool digest_same(const struct digest *a, const struct digest *b)
{
    unsigned char difference = 0;
    for (size_t i = 0; i < sizeof a->text; i++)
        difference |= (unsigned char)(a->text[i] ^ b->text[i]);
    return difference == 0;
}

static enum err load_one(const struct auth_token *t, struct auth_entry *ret)
{
    struct auth_entry e = {.principal = {.roles = roles[t->role], .name = t->name}};
    if (!token_text_valid(t->token, strlen(t->token)))
        return ERR_INVAL;
    digest_of(t->token, strlen(t->token), &e.digest);
    TRY(principal_add_each(&e.principal, t->plates, principal_add_plate));
    TRY(principal_add_each(&e.principal, t->places, principal_add_place));
    if ((e.principal.roles == ROLE_DRIVER) != (e.principal.plate_count > 0))
        return ERR_INVAL;
    *ret = e;
    return ERR_OK;
}

enum err auth_load(const struct auth_token *tokens, size_t count, struct auth *ret, size_t *ret_at)
{
    struct auth a = {0};
    for (size_t i = 0; i < count; i++) {
        enum err e = i < AUTH_TOKENS_MAX ? load_one(&tokens[i], &a.entries[i]) : ERR_FULL;
        for (size_t k = 0; e == ERR_OK && k < i; k++)
            if (digest_same(&a.entries[k].digest, &a.entries[i].digest))
                e = ERR_CONFLICT;
        if (e != ERR_OK) {
            *ret_at = i;
            return e;
        }
        a.count++;
    }
    *ret = a;
    return ERR_OK;
}

enum err auth_check(const struct auth *a, const char *header, struct principal *ret)
{
    static const char scheme[] = "Bearer ";
    const struct auth_entry *found = NULL;
    if (header != NULL) {
        struct digest given;
        if (strncasecmp(header, scheme, sizeof scheme - 1) != 0)
            return ERR_DENIED;
        const char *token = header + sizeof scheme - 1;
        token += strspn(token, " ");
        digest_of(token, strlen(token), &given);
        for (size_t i = 0; i < a->count; i++)
            if (digest_same(&a->entries[i].digest, &given))
                found = &a->entries[i];
        if (found == NULL)
            return ERR_DENIED;
    }
    *ret = found != NULL ? found->principal : (struct principal){0};
    return ERR_OK;
}
