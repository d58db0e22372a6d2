/* What people and strangers write that ends in a price: rate tables, times, payment links, query strings.
 * The first byte chooses. Beside no bad access (sanitizers): a rate table that is taken prices, and its
 * lines add up; an output is untouched on failure. */
#include "cloud/core/pay_link.h"
#include "cloud/http/url.h"
#include "protocol/support/rate_table.h"
#include "protocol/tariff/tariff_stay.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int condition)
{
    if (!condition)
        abort();
}

static void rate_table(const char *text, size_t len)
{
    static const struct zone_table utc = {.name = "UTC"};
    struct tariff t = {.version = -77};
    struct table_error e;
    if (rate_table_read_json(text, len, &t, &e) != ERR_OK) {
        must(t.version == -77);
        must(memchr(e.text, '\0', sizeof e.text) && memchr(e.path, '\0', sizeof e.path));
        return;
    }
    for (int64_t s = 0; s < 400000; s += 9973) {
        const struct tariff_stay stay = {.entry = {1778839200000},
                                         .validation_count = 1,
                                         .validations = {{TARIFF_VALIDATION_MINUTES, 45}}};
        struct tariff_quote q;
        int64_t sum = 0;
        must(tariff_stay_price(&t, &utc, &stay, wall_after(stay.entry, s * 1000), &q) == ERR_OK);
        for (size_t i = 0; i < q.item_count; i++)
            sum += q.items[i].amount_minor;
        must(sum == q.amount.minor && sum >= 0);
    }
}

static void query(const char *text, size_t len)
{
    static const char *const known[] = {"session", "place", "plate", "credential"};
    char *copy = calloc(1, len + 1), value[64] = "", unknown[32];
    if (copy == NULL)
        return;
    memcpy(copy, text, len);
    (void)url_query_check(copy, known, 4, unknown, sizeof unknown);
    if (url_query_get(copy, "plate", value, sizeof value) == ERR_OK)
        must(url_text_valid(value, strlen(value)));
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data + 1;
    struct wall_ms at = {77};
    struct pay_token token = {"x"};
    if (size == 0)
        return 0;
    size--;
    switch (data[0] % 4) {
    case 0: rate_table(text, size); break;
    case 1:
        if (timestamp_parse(text, size, &at) != ERR_OK)
            must(at.v == 77);
        break;
    case 2:
        if (pay_token_parse(text, size, &token) != ERR_OK)
            must(strcmp(token.text, "x") == 0);
        break;
    default: query(text, size);
    }
    return 0;
}
