/* Clients of the token endpoint, and tokens for development. Need no daemon: a client is a line of the file that
 * the daemon reads (at its start and on SIGHUP), a token is signed with the daemon's key. */
#include "cloud/ctl/client.h"
#include "cloud/identity/claims.h"
#include "cloud/identity/clients.h"
#include "protocol/base/buf.h"
#include "protocol/support/jwt.h"
#include "protocol/support/memory.h"
#include "protocol/support/random.h"
#include "protocol/support/secret_hash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LINE_SIZE = 2048 };

static enum ctl_status refuse(const char *what, const char *why)
{
    fprintf(stderr, "boomgatectl: %s: %s\n", what, why);
    return CTL_REFUSED;
}

static enum ctl_status usage(const char *text)
{
    fprintf(stderr, "boomgatectl: %s\n", text);
    return CTL_USAGE;
}

static const char *or_none(const char *text)
{
    return text != NULL ? text : "";
}

/* --role, --place, --plate, --credential: lists with commas. NULL: nothing is wrong. */
static const char *read_principal(const struct ctl_args *a, struct principal *ret)
{
    if (a->role == NULL || a->role[0] == '\0' ||
        principal_add_each(ret, a->role, principal_add_role) != ERR_OK)
        return "--role: expected operator, attendant, auditor, driver or service, with commas";
    if (principal_add_each(ret, or_none(a->place), principal_add_place) != ERR_OK)
        return "--place: expected at most 8 names of places, with commas";
    if (principal_add_each(ret, or_none(a->plate), principal_add_plate) != ERR_OK)
        return "--plate: expected at most 8 number plates, with commas";
    if (principal_add_each(ret, or_none(a->credential), principal_add_credential) != ERR_OK)
        return "--credential: expected at most 4 of 1 to 48 bytes, with commas";
    if ((ret->plate_count + ret->credential_count > 0) != auth_is(ret, ROLE_DRIVER))
        return "--plate and --credential: a driver has some, and nobody else";
    return NULL;
}

/* ---- the file of clients ---- */

static void add_member(struct buf *b, const char *key, const char *text)
{
    if (text == NULL || text[0] == '\0')
        return;
    buf_addf(b, ", %s: \"", key);
    for (; *text != '\0'; text++)
        buf_addf(b, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
    buf_adds(b, "\"");
}

/* Writes `old` without the line of `drop` (NULL: all of it), then `line`, to `file`. */
static bool write_lines(const char *file, FILE *old, const char *drop, const char *line,
                        bool *ret_dropped)
{
    int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    char *text = NULL;
    size_t size = 0;
    bool listed = false;
    if (f == NULL)
        return false;
    while (old != NULL && getline(&text, &size, old) > 0) {
        listed = listed || strncmp(text, "clients:", 8) == 0;
        if (drop != NULL && strncmp(text, drop, strlen(drop)) == 0) {
            *ret_dropped = true;
            continue;
        }
        fputs(text, f);
    }
    free(text);
    if (!listed)
        fputs("# Written by boomgatectl client add and remove: one client per line.\nclients:\n",
              f);
    fputs(line, f);
    bool ok = fflush(f) == 0 && fsync(fd) == 0;
    return fclose(f) == 0 && ok;
}

/* Puts a changed copy in the file's place, if the daemon would read it. */
static enum ctl_status change(const char *file, const char *drop, const char *line)
{
    char fresh[512], reason[CLIENTS_REASON_SIZE];
    struct clients *clients = NULL;
    bool dropped = false;
    if ((size_t)snprintf(fresh, sizeof fresh, "%s.new", file) >= sizeof fresh)
        return usage("the file's name is too long");
    FILE *old = fopen(file, "re");
    if (old == NULL && (errno != ENOENT || drop != NULL))
        return refuse(file, strerror(errno));
    bool written = write_lines(fresh, old, drop, line, &dropped);
    int why = errno;
    if (old != NULL)
        fclose(old);
    if (!written)
        return refuse(fresh, strerror(why));
    enum ctl_status s = CTL_OK;
    if (drop != NULL && !dropped)
        s = refuse(file, "has no line of this client");
    else if (clients_load(fresh, &clients, reason) != ERR_OK)
        s = refuse("the file would not be valid", reason);
    else if (rename(fresh, file) != 0)
        s = refuse(file, strerror(errno));
    free(clients);
    if (s != CTL_OK)
        unlink(fresh);
    return s;
}

enum ctl_status cmd_client_add(struct client *c, const struct ctl_args *a)
{
    struct principal p = {0};
    struct name id;
    char secret[SECRET_TEXT_SIZE], hash[SECRET_HASH_SIZE], line[LINE_SIZE];
    struct buf b = buf_of(line, sizeof line);
    const char *why = read_principal(a, &p);
    (void)c;
    if (why != NULL)
        return usage(why);
    if (name_parse(a->operand2, strlen(a->operand2), &id) != ERR_OK)
        return usage("a client's id is 1 to 31 characters a-z, 0-9, '-'");
    secret_make(secret);
    secret_hash_make(secret, hash);
    buf_addf(&b, "  - {id: %s, secret: \"%s\"", id.text, hash);
    add_member(&b, "roles", a->role);
    add_member(&b, "places", a->place);
    add_member(&b, "plates", a->plate);
    add_member(&b, "credentials", a->credential);
    buf_adds(&b, "}\n");
    if (b.overflow)
        return usage("that is too long");
    enum ctl_status s = change(a->operand, NULL, line);
    if (s == CTL_OK)
        printf("%s\n", secret);
    return s;
}

enum ctl_status cmd_client_remove(struct client *c, const struct ctl_args *a)
{
    char drop[64];
    (void)c;
    snprintf(drop, sizeof drop, "  - {id: %.40s,", a->operand2);
    return change(a->operand, drop, "");
}

/* ---- tokens ---- */

static json_t *claims_of(const struct ctl_args *a, const struct principal *p, long life_s)
{
    int64_t now_s = (int64_t)time(NULL);
    json_t *claims = json_pack(
        "{s:s, s:s, s:s, s:s, s:I, s:I}", "iss", a->issuer != NULL ? a->issuer : "boomgate", "aud",
        a->audience != NULL ? a->audience : "boomgate", "sub", p->name.text, "jti",
        random_request_id().text, "iat", (json_int_t)now_s, "exp", (json_int_t)(now_s + life_s));
    if (claims != NULL)
        claims_set_principal(claims, p);
    return claims;
}

enum ctl_status cmd_token(struct client *c, const struct ctl_args *a)
{
    struct principal p = {.name = {"developer"}};
    struct jwt_key *key;
    char *end = NULL;
    long life_s = a->life != NULL ? strtol(a->life, &end, 10) : 3600;
    const char *why = read_principal(a, &p);
    (void)c;
    if (why != NULL)
        return usage(why);
    if ((end != NULL && (end == a->life || *end != '\0')) || life_s < 1 || life_s > 31536000)
        return usage("--life: seconds from 1 to 31536000");
    if (a->key == NULL)
        return usage("--key FILE: the daemon's private key (oauth.keys in cloud.yaml)");
    if (jwt_key_read(a->key, &key) != ERR_OK)
        return CTL_REFUSED;
    json_t *claims = claims_of(a, &p, life_s);
    if (claims == NULL) {
        jwt_key_free(key);
        return usage("--issuer, --audience: expected UTF-8 text");
    }
    char *text = jwt_sign(key, claims);
    printf("%s\n", text);
    free(text);
    json_decref(claims);
    jwt_key_free(key);
    return CTL_OK;
}
