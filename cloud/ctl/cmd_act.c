/* What people do to the ledger: corrections, their undoing, the trail of all acts and its proof. */
#include "cloud/ctl/client.h"
#include "cloud/ctl/print.h"
#include "protocol/support/digest.h"
#include "protocol/support/random.h"
#include "protocol/support/signed_json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PART_SIZE = 192, PATH_SIZE = 512 };

static bool make_path(const char *place, const char *middle, const char *part, const char *end,
                      char ret[PATH_SIZE])
{
    char a[PART_SIZE], b[PART_SIZE] = "";
    if (client_escape(place, a, sizeof a) == ERR_OK &&
        (part == NULL || client_escape(part, b, sizeof b) == ERR_OK) &&
        (size_t)snprintf(ret, PATH_SIZE, "/v1/places/%s%s%s%s", a, middle, b, end) < PATH_SIZE)
        return true;
    fprintf(stderr, "boomgatectl: the name is too long\n");
    return false;
}

/* `key` NULL: sent twice, it is refused the second time. */
static enum ctl_status post(struct client *c, const char *path, const char *key, json_t *body,
                            json_t **ret)
{
    int status;
    json_t *answer;
    if (body == NULL) {
        fprintf(stderr, "boomgatectl: the reason is not UTF-8 text\n");
        return CTL_USAGE;
    }
    enum ctl_status s = key != NULL ? client_post_once(c, path, key, body, &status, &answer)
                                    : client_call(c, "POST", path, body, &status, &answer);
    json_decref(body);
    if (s != CTL_OK)
        return s;
    if (status == 201) {
        *ret = answer;
        return CTL_OK;
    }
    client_report(status, answer);
    json_decref(answer);
    return CTL_REFUSED;
}

static bool reason_given(const struct ctl_args *a)
{
    if (a->reason == NULL)
        fprintf(stderr, "boomgatectl: say why: --reason TEXT\n");
    return a->reason != NULL;
}

enum ctl_status cmd_correct(struct client *c, const struct ctl_args *a)
{
    char *end = NULL;
    json_t *answer;
    struct request_id random = random_request_id();
    errno = 0;
    long long by = a->by != NULL ? strtoll(a->by, &end, 10) : 0;
    if (by == 0 || *end != '\0' || errno != 0) {
        fprintf(stderr,
                "boomgatectl: say by how many vehicles the count is wrong: --by N, or -N\n");
        return CTL_USAGE;
    }
    if (!reason_given(a))
        return CTL_USAGE;
    json_t *body = json_pack("{s:s, s:I, s:s}", "place", a->operand, "delta", (json_int_t)by,
                             "reason", a->reason);
    enum ctl_status s =
        post(c, "/v1/corrections", a->key != NULL ? a->key : random.text, body, &answer);
    if (s == CTL_UNREACHABLE && a->key == NULL)
        fprintf(stderr, "To try the same correction again: --key %s\n", random.text);
    if (s != CTL_OK)
        return s;
    printf("act %lld: %lld inside\n", (long long)print_int(answer, "act"),
           (long long)print_int(answer, "occupied"));
    json_decref(answer);
    return CTL_OK;
}

enum ctl_status cmd_act_undo(struct client *c, const struct ctl_args *a)
{
    char path[PATH_SIZE];
    json_t *answer;
    if (!reason_given(a) || !make_path(a->operand, "/acts/", a->operand2, "/undo", path))
        return CTL_USAGE;
    enum ctl_status s = post(c, path, NULL, json_pack("{s:s}", "reason", a->reason), &answer);
    if (s != CTL_OK)
        return s;
    printf("act %lld undoes act %s\n", (long long)print_int(answer, "act"), a->operand2);
    json_decref(answer);
    return CTL_OK;
}

static void add_row(struct print_table *t, const json_t *row)
{
    char undone[32] = "";
    if (json_is_integer(json_object_get(row, "undone_by")))
        snprintf(undone, sizeof undone, "by %lld", (long long)print_int(row, "undone_by"));
    print_cell(t, "%lld", (long long)print_int(row, "act"));
    print_cell(t, "%s", print_text(row, "time"));
    print_cell(t, "%s", print_text(row, "kind"));
    print_cell(t, "%s", print_text(row, "actor"));
    print_cell(t, "%s", print_text(row, "reason"));
    print_cell(t, "%s", print_text(row, "session"));
    print_cell(t, "%+lld", (long long)print_int(row, "delta"));
    print_cell(t, "%s", undone);
}

enum ctl_status cmd_act_list(struct client *c, const struct ctl_args *a)
{
    static const char *const heads[] = {"ACT",    "TIME", "WHAT",  "WHO",
                                        "REASON", "STAY", "DELTA", "UNDONE"};
    char path[PATH_SIZE], limit[64] = "";
    json_t *document, *row;
    size_t i;
    if (a->limit != NULL)
        snprintf(limit, sizeof limit, "?limit=%.20s", a->limit);
    if (!make_path(a->operand, "/acts", NULL, limit, path))
        return CTL_USAGE;
    enum ctl_status s = client_get(c, path, &document);
    if (s != CTL_OK)
        return s;
    if (client_json(c)) {
        print_json(document);
        json_decref(document);
        return CTL_OK;
    }
    struct print_table *t = print_table_new(sizeof heads / sizeof heads[0]);
    for (size_t k = 0; k < sizeof heads / sizeof heads[0]; k++)
        print_cell(t, "%s", heads[k]);
    json_array_foreach(json_object_get(document, "acts"), i, row) add_row(t, row);
    print_table_end(t);
    json_decref(document);
    return CTL_OK;
}

/* ---- proof ---- */

struct chain {
    struct signature_key key;
    json_int_t next_id;     /* of the act looked at before, which is newer; 0: none yet */
    char prev[DIGEST_SIZE]; /* the digest it names */
    json_int_t count;
};

/* Signed by the key, the predecessor of the one before, and shown as it was signed. */
static const char *fault_of(struct chain *k, const json_t *row)
{
    static const char *const same[] = {"place", "act", "kind", "actor", "reason", "time"};
    const char *text = print_text(row, "signed");
    struct digest digest;
    json_t *object;
    const char *fault = NULL;
    if (signed_json_check(text, strlen(text), &k->key, &object) != ERR_OK)
        return "not signed by this key, or changed since";
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        if (!json_equal(json_object_get(object, same[i]), json_object_get(row, same[i])))
            fault = "shown otherwise than it was signed";
    digest_of(text, strlen(text), &digest);
    json_int_t id = print_int(object, "act");
    if (k->next_id > 0 && (id != k->next_id - 1 || strcmp(digest.text, k->prev) != 0))
        fault = "not the predecessor of the next one";
    k->next_id = id;
    snprintf(k->prev, sizeof k->prev, "%s", print_text(object, "prev"));
    k->count++;
    json_decref(object);
    return fault;
}

static bool page_is_good(struct chain *k, const json_t *document)
{
    json_t *row;
    size_t i;
    json_array_foreach(json_object_get(document, "acts"), i, row)
    {
        const char *fault = fault_of(k, row);
        if (fault == NULL)
            continue;
        fprintf(stderr, "boomgatectl: act %lld: %s\n", (long long)print_int(row, "act"), fault);
        return false;
    }
    return true;
}

enum ctl_status cmd_act_verify(struct client *c, const struct ctl_args *a)
{
    char path[PATH_SIZE], query[64] = "?limit=200";
    struct chain k = {0};
    bool more = true, good = true;
    if (a->key == NULL || signature_key_of(a->key, &k.key) != ERR_OK) {
        fprintf(stderr, "boomgatectl: whose key? --key FILE, the public one\n");
        return CTL_USAGE;
    }
    while (more && good) {
        json_t *document;
        if (!make_path(a->operand, "/acts", NULL, query, path))
            return CTL_USAGE;
        enum ctl_status s = client_get(c, path, &document);
        if (s != CTL_OK)
            return s;
        good = page_is_good(&k, document);
        more = json_is_integer(json_object_get(document, "next"));
        snprintf(query, sizeof query, "?limit=200&before=%lld",
                 (long long)print_int(document, "next"));
        json_decref(document);
    }
    if (good && k.count > 0 && k.next_id != 1) {
        fprintf(stderr, "boomgatectl: the acts before %lld are missing\n", (long long)k.next_id);
        good = false;
    }
    if (good)
        printf("%lld acts, all signed and in one chain\n", (long long)k.count);
    return good ? CTL_OK : CTL_REFUSED;
}
