/* Signed reports of the edge: is this one untouched, and whose is it? Needs no daemon. */
#include "cloud/ctl/client.h"
#include "cloud/ctl/print.h"
#include "protocol/support/memory.h"
#include "protocol/support/signed_json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPORT_MAX = 1024 * 1024 };

/* The whole file, for free(); NULL: cannot be read (said). */
static char *read_report(const char *file, size_t *ret_len)
{
    FILE *f = fopen(file, "re");
    if (f == NULL) {
        fprintf(stderr, "boomgatectl: %s: %s\n", file, strerror(errno));
        return NULL;
    }
    char *text = mem_alloc(REPORT_MAX);
    size_t len = fread(text, 1, REPORT_MAX, f);
    bool whole = !ferror(f) && feof(f);
    fclose(f);
    if (!whole) {
        fprintf(stderr, "boomgatectl: %s: cannot be read, or is no report\n", file);
        free(text);
        return NULL;
    }
    *ret_len = len;
    return text;
}

static void show(const struct client *c, const json_t *report)
{
    size_t i;
    json_t *lane;
    if (client_json(c)) {
        print_json(report);
        return;
    }
    printf("authentic: %s/%s, ", print_text(report, "place"), print_text(report, "edge"));
    print_safe(stdout, print_text(report, "ended"));
    printf(", by ");
    print_safe(stdout, print_text(report, "installer"));
    printf("\n");
    json_array_foreach(json_object_get(report, "lanes"), i, lane)
    {
        printf("%s: ", print_text(lane, "lane"));
        print_safe(stdout, print_text(lane, "result"));
        printf("\n");
    }
}

enum ctl_status cmd_report_verify(struct client *c, const struct ctl_args *a)
{
    struct signature_key key;
    json_t *report;
    size_t len;
    if (a->key == NULL) {
        fprintf(stderr, "boomgatectl: whose key? --key FILE, the public one\n");
        return CTL_USAGE;
    }
    if (signature_key_of(a->key, &key) != ERR_OK)
        return CTL_USAGE;
    char *text = read_report(a->operand, &len);
    if (text == NULL)
        return CTL_USAGE;
    enum err e = signed_json_check(text, len, &key, &report);
    free(text);
    if (e != ERR_OK) {
        fprintf(stderr, "boomgatectl: %s: not signed by this key, or changed since it was signed\n",
                a->operand);
        return CTL_REFUSED;
    }
    show(c, report);
    json_decref(report);
    return CTL_OK;
}
