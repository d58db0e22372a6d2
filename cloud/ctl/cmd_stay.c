/* What a driver owes and how it is paid: quotes, validations, payment links, lost tickets. A stay is named
 * by PLACE and PLATE; a ticket's number does as well. */
#include "cloud/ctl/client.h"
#include "cloud/ctl/print.h"
#include "protocol/base/ticket.h"
#include "protocol/support/random.h"

#include <errno.h>
#include <qrencode.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 512, MONEY_SIZE = 40, QUIET = 2 };

static const char *word_of(const char *operand)
{
    struct ticket t;
    return ticket_parse(operand, strlen(operand), &t) == ERR_OK ? "credential" : "plate";
}

/* A body that names the stay. */
static json_t *stay_of(const struct ctl_args *a)
{
    return json_pack("{s:s, s:s}", "place", a->operand, word_of(a->operand2), a->operand2);
}

/* Posts once; what is not `wanted` is reported. */
static enum ctl_status post(struct client *c, const struct ctl_args *a, const char *path,
                            json_t *body, int wanted, json_t **ret)
{
    struct request_id random = random_request_id();
    int status;
    if (body == NULL) {
        fprintf(stderr, "boomgatectl: the words must be UTF-8\n");
        return CTL_USAGE;
    }
    enum ctl_status s =
        client_post_once(c, path, a->key != NULL ? a->key : random.text, body, &status, ret);
    json_decref(body);
    if (s != CTL_OK || status == wanted)
        return s;
    client_report(status, *ret);
    json_decref(*ret);
    return CTL_REFUSED;
}

static void print_due(const json_t *document)
{
    char due[MONEY_SIZE];
    print_money(document, "due_minor", print_text(document, "currency"), due, sizeof due);
    printf("due: %s\n", due);
}

/* ---- quotes ---- */

static void print_quote(const json_t *document)
{
    const char *currency = print_text(document, "currency");
    char money[MONEY_SIZE];
    const json_t *line;
    size_t i;
    struct print_table *t = print_table_new(4);
    print_cell(t, "FROM");
    print_cell(t, "TO");
    print_cell(t, "AMOUNT");
    print_cell(t, "WHAT");
    json_array_foreach(json_object_get(document, "lines"), i, line)
    {
        print_money(line, "amount_minor", currency, money, sizeof money);
        print_cell(t, "%s", print_text(line, "from"));
        print_cell(t, "%s", print_text(line, "to"));
        print_cell(t, "%s", money);
        print_cell(t, "%s", print_text(line, "text"));
    }
    print_table_end(t);
    print_money(document, "price_minor", currency, money, sizeof money);
    printf("price: %s\n", money);
    print_money(document, "paid_minor", currency, money, sizeof money);
    printf("paid: %s\n", money);
    print_due(document);
    const json_t *step = json_object_get(document, "next_step");
    if (json_is_object(step)) {
        print_money(step, "price_minor", currency, money, sizeof money);
        printf("from %s: %s\n", print_text(step, "at"), money);
    }
    if (print_text(document, "leave_by")[0] != '\0')
        printf("leave by %s\n", print_text(document, "leave_by"));
}

enum ctl_status cmd_quote(struct client *c, const struct ctl_args *a)
{
    char place[PATH_SIZE], shown[PATH_SIZE], path[3 * PATH_SIZE];
    json_t *document;
    if (client_escape(a->operand, place, sizeof place) != ERR_OK ||
        client_escape(a->operand2, shown, sizeof shown) != ERR_OK) {
        fprintf(stderr, "boomgatectl: \"%s\" is too long\n", a->operand2);
        return CTL_USAGE;
    }
    snprintf(path, sizeof path, "/v1/quotes?place=%s&%s=%s", place, word_of(a->operand2), shown);
    enum ctl_status s = client_get(c, path, &document);
    if (s != CTL_OK)
        return s;
    if (client_json(c))
        print_json(document);
    else
        print_quote(document);
    json_decref(document);
    return CTL_OK;
}

/* ---- validations ---- */

enum ctl_status cmd_validate(struct client *c, const struct ctl_args *a)
{
    const char *colon = a->validation != NULL ? strchr(a->validation, ':') : NULL;
    struct request_id random = random_request_id();
    char *end = NULL;
    json_t *document;
    errno = 0;
    long long value = colon != NULL ? strtoll(colon + 1, &end, 10) : 0;
    if (a->shop == NULL || colon == NULL || end == colon + 1 || *end != '\0' || errno != 0) {
        fprintf(stderr, "boomgatectl: say who gives what: --shop NAME --validation KIND:N, with "
                        "KIND percent, minutes or amount\n");
        return CTL_USAGE;
    }
    json_t *body = stay_of(a);
    if (body != NULL) {
        json_object_set_new(body, "id", json_string(a->key != NULL ? a->key : random.text));
        json_object_set_new(body, "issuer", json_string(a->shop));
        json_object_set_new(body, "kind",
                            json_stringn(a->validation, (size_t)(colon - a->validation)));
        json_object_set_new(body, "value", json_integer(value));
    }
    enum ctl_status s = post(c, a, "/v1/validations", body, 201, &document);
    if (s != CTL_OK)
        return s;
    if (client_json(c))
        print_json(document);
    else
        print_due(document);
    json_decref(document);
    return CTL_OK;
}

/* ---- payment links ---- */

static bool dark(const QRcode *q, int x, int y)
{
    return x >= 0 && y >= 0 && x < q->width && y < q->width && (q->data[y * q->width + x] & 1);
}

/* Two rows of the code in one line of text; light on dark, as most terminals are. */
static void print_code(const char *url)
{
    static const char *const halves[] = {"\xE2\x96\x88", "\xE2\x96\x80", "\xE2\x96\x84", " "};
    QRcode *q = QRcode_encodeString8bit(url, 0, QR_ECLEVEL_L);
    if (q == NULL)
        return;
    for (int y = -QUIET; y < q->width + QUIET; y += 2) {
        for (int x = -QUIET; x < q->width + QUIET; x++)
            fputs(halves[2 * dark(q, x, y) + dark(q, x, y + 1)], stdout);
        printf("\n");
    }
    QRcode_free(q);
}

static void print_link(const struct client *c, const json_t *document)
{
    const char *url = print_text(document, "url");
    if (client_json(c)) {
        print_json(document);
        return;
    }
    print_due(document);
    if (url[0] == '\0')
        return;
    print_code(url);
    print_safe(stdout, url);
    printf("\n");
}

enum ctl_status cmd_link(struct client *c, const struct ctl_args *a)
{
    json_t *document;
    enum ctl_status s = post(c, a, "/v1/pay-links", stay_of(a), 201, &document);
    if (s != CTL_OK)
        return s;
    print_link(c, document);
    json_decref(document);
    return CTL_OK;
}

/* ---- lost tickets ---- */

enum ctl_status cmd_lane_lost_ticket(struct client *c, const struct ctl_args *a)
{
    char place[PATH_SIZE], lane[PATH_SIZE], path[3 * PATH_SIZE];
    json_t *document;
    if (a->reason == NULL) {
        fprintf(stderr, "boomgatectl: say why: --reason TEXT\n");
        return CTL_USAGE;
    }
    if (client_escape(a->operand, place, sizeof place) != ERR_OK ||
        client_escape(a->operand2, lane, sizeof lane) != ERR_OK)
        return CTL_USAGE;
    snprintf(path, sizeof path, "/v1/places/%s/lanes/%s/lost-ticket", place, lane);
    json_t *body = json_pack("{s:s}", "reason", a->reason);
    if (body != NULL && a->plate != NULL)
        json_object_set_new(body, "plate", json_string(a->plate));
    enum ctl_status s = post(c, a, path, body, 201, &document);
    if (s != CTL_OK)
        return s;
    print_link(c, document);
    json_decref(document);
    return CTL_OK;
}
