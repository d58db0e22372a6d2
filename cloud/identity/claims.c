#include "cloud/identity/claims.h"

#include "protocol/support/digest.h"

#include <string.h>

static enum err deny(const char **ret_why, const char *why)
{
    *ret_why = why;
    return ERR_DENIED;
}

/* ---- whose, for whom, when ---- */

static bool text_is(const json_t *value, const char *wanted)
{
    const char *text = json_string_value(value);
    return text != NULL && strlen(text) == json_string_length(value) && strcmp(text, wanted) == 0;
}

static bool audience_is(const json_t *aud, const char *wanted)
{
    size_t i;
    json_t *item;
    json_array_foreach(aud, i, item)
    {
        if (text_is(item, wanted))
            return true;
    }
    return text_is(aud, wanted);
}

/* Seconds; issuers write fractions too. False: there, and no time. */
static bool time_of(const json_t *claims, const char *key, int64_t absent, int64_t *ret)
{
    const json_t *value = json_object_get(claims, key);
    *ret = absent;
    if (value == NULL)
        return true;
    double s = json_number_value(value);
    if (!json_is_number(value) || !(s >= 0 && s < 1e15))
        return false;
    *ret = (int64_t)s;
    return true;
}

enum err claims_check(const json_t *claims, const struct claims_rule *rule, const char **ret_why)
{
    int64_t exp, nbf, iat;
    if (!text_is(json_object_get(claims, "iss"), rule->issuer))
        return deny(ret_why, "another issuer");
    if (!audience_is(json_object_get(claims, "aud"), rule->audience))
        return deny(ret_why, "another audience");
    if (!time_of(claims, "exp", -1, &exp) || exp < 0)
        return deny(ret_why, "no end of validity");
    if (exp <= rule->now_s)
        return deny(ret_why, "expired");
    if (!time_of(claims, "nbf", 0, &nbf) || !time_of(claims, "iat", 0, &iat) ||
        nbf > rule->now_s + CLAIMS_AHEAD_S || iat > rule->now_s + CLAIMS_AHEAD_S)
        return deny(ret_why, "not valid yet");
    return ERR_OK;
}

/* ---- who ---- */

/* Our names are short; another issuer's subject is known by its digest. */
static bool name_of_subject(const json_t *sub, struct name *ret)
{
    const char *text = json_string_value(sub);
    struct digest d;
    if (text == NULL || json_string_length(sub) == 0)
        return false;
    if (name_parse(text, json_string_length(sub), ret) == ERR_OK)
        return true;
    digest_of(text, json_string_length(sub), &d);
    *ret = (struct name){"u-"};
    memcpy(ret->text + 2, d.text, 16);
    ret->text[18] = '\0';
    return true;
}

/* The member that "a.b" leads to. */
static const json_t *follow(const json_t *o, const char *path)
{
    char part[64];
    for (;;) {
        size_t len = strcspn(path, ".");
        if (len >= sizeof part)
            return NULL;
        memcpy(part, path, len);
        part[len] = '\0';
        o = json_object_get(o, part);
        if (path[len] == '\0')
            return o;
        path += len + 1;
    }
}

static void take_roles(const json_t *list, struct principal *p)
{
    size_t i;
    json_t *item;
    if (json_is_string(list))
        (void)principal_add_role(p, json_string_value(list), json_string_length(list));
    json_array_foreach(list, i, item)
    {
        if (json_is_string(item))
            (void)principal_add_role(p, json_string_value(item), json_string_length(item));
    }
}

static enum err take_list(const json_t *claims, const char *key, struct principal *p,
                          enum err (*add)(struct principal *p, const char *text, size_t len))
{
    const json_t *list = json_object_get(claims, key);
    size_t i;
    json_t *item;
    if (list == NULL)
        return ERR_OK;
    if (!json_is_array(list) || json_array_size(list) == 0)
        return ERR_INVAL; /* an empty binding would read as none */
    json_array_foreach(list, i, item)
    {
        if (!json_is_string(item))
            return ERR_INVAL;
        TRY(add(p, json_string_value(item), json_string_length(item)));
    }
    return ERR_OK;
}

enum err claims_read(const json_t *claims, const struct claims_rule *rule, struct principal *ret,
                     const char **ret_why)
{
    struct principal p = {0};
    TRY(claims_check(claims, rule, ret_why));
    if (!name_of_subject(json_object_get(claims, "sub"), &p.name))
        return deny(ret_why, "no subject");
    take_roles(follow(claims, rule->roles_claim), &p);
    if (take_list(claims, "places", &p, principal_add_place) != ERR_OK ||
        take_list(claims, "plates", &p, principal_add_plate) != ERR_OK ||
        take_list(claims, "credentials", &p, principal_add_credential) != ERR_OK)
        return deny(ret_why, "its places, plates or credentials are none");
    *ret = p;
    return ERR_OK;
}

void claims_set_principal(json_t *claims, const struct principal *p)
{
    json_t *list = json_array();
    for (size_t i = 0; auth_role_choices[i] != NULL; i++)
        if ((p->roles & (1U << i)) != 0)
            json_array_append_new(list, json_string(auth_role_choices[i]));
    json_object_set_new(claims, "roles", list);
    list = json_array();
    for (size_t i = 0; i < p->place_count; i++)
        json_array_append_new(list, json_string(p->places[i].text));
    if (p->place_count > 0)
        json_object_set(claims, "places", list);
    json_decref(list);
    list = json_array();
    for (size_t i = 0; i < p->plate_count; i++)
        json_array_append_new(list, json_string(p->plates[i].text));
    if (p->plate_count > 0)
        json_object_set(claims, "plates", list);
    json_decref(list);
    list = json_array();
    for (size_t i = 0; i < p->credential_count; i++)
        json_array_append_new(list, json_string(p->credentials[i]));
    if (p->credential_count > 0)
        json_object_set(claims, "credentials", list);
    json_decref(list);
}
