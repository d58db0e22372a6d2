#include "cloud/identity/principal.h"

#include "protocol/support/plate.h"

#include <string.h>

const char *const auth_role_choices[] = {"operator", "attendant", "auditor",
                                         "driver",   "service",   NULL};

unsigned auth_role_of(const char *word, size_t len)
{
    for (size_t i = 0; auth_role_choices[i] != NULL; i++)
        if (strlen(auth_role_choices[i]) == len && memcmp(auth_role_choices[i], word, len) == 0)
            return 1U << i;
    return 0;
}

enum err principal_add_plate(struct principal *p, const char *text, size_t len)
{
    if (p->plate_count == AUTH_PLATES_MAX)
        return ERR_FULL;
    TRY(plate_normalise(text, len, &p->plates[p->plate_count]));
    p->plate_count++;
    return ERR_OK;
}

enum err principal_add_place(struct principal *p, const char *text, size_t len)
{
    if (p->place_count == AUTH_PLACES_MAX)
        return ERR_FULL;
    TRY(name_parse(text, len, &p->places[p->place_count]));
    p->place_count++;
    return ERR_OK;
}

enum err principal_add_credential(struct principal *p, const char *text, size_t len)
{
    if (p->credential_count == AUTH_CREDENTIALS_MAX)
        return ERR_FULL;
    if (len == 0 || len >= CREDENTIAL_TEXT_SIZE || memchr(text, '\0', len) != NULL)
        return ERR_INVAL;
    char *to = p->credentials[p->credential_count++];
    memcpy(to, text, len);
    to[len] = '\0';
    return ERR_OK;
}

enum err principal_add_role(struct principal *p, const char *text, size_t len)
{
    unsigned role = auth_role_of(text, len);
    p->roles |= role;
    return role != 0 ? ERR_OK : ERR_INVAL;
}

enum err principal_add_each(struct principal *p, const char *list,
                            enum err (*add)(struct principal *p, const char *text, size_t len))
{
    bool more = list[0] != '\0';
    while (more) {
        size_t len = strcspn(list, ",");
        size_t from = strspn(list, " ");
        size_t end = len;
        while (end > from && list[end - 1] == ' ')
            end--;
        if (from >= end)
            return ERR_INVAL;
        TRY(add(p, list + from, end - from));
        more = list[len] == ',';
        list += len + more;
    }
    return ERR_OK;
}

bool auth_sees_plate(const struct principal *p, const struct plate *plate)
{
    if (auth_is(p, ROLE_OPERATOR | ROLE_ATTENDANT))
        return true;
    for (size_t i = 0; auth_is(p, ROLE_DRIVER) && i < p->plate_count; i++)
        if (strcmp(p->plates[i].text, plate->text) == 0)
            return true;
    return false;
}

bool auth_sees_credential(const struct principal *p, const char *credential)
{
    if (auth_is(p, ROLE_OPERATOR | ROLE_ATTENDANT))
        return true;
    for (size_t i = 0; auth_is(p, ROLE_DRIVER) && i < p->credential_count; i++)
        if (strcmp(p->credentials[i], credential) == 0)
            return true;
    return false;
}

bool auth_sees_place(const struct principal *p, const struct name *place)
{
    for (size_t i = 0; i < p->place_count; i++)
        if (name_equal(&p->places[i], place))
            return true;
    return p->place_count == 0;
}
