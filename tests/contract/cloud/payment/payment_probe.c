/* payment_probe URL [CA-FILE]: one charge at a Stripe endpoint; prints what came of it, and why. */
#include "cloud/payment/payments.h"

#include "protocol/base/buf.h"
#include "protocol/support/log.h"

#include <semaphore.h>
#include <stdio.h>
#include <string.h>

static sem_t done;
static struct payment_result result;

static enum err take(void *arg, const struct payment_result *r)
{
    (void)arg;
    result = *r;
    sem_post(&done);
    return ERR_OK;
}

static enum err take_page(void *arg, const struct settlement_page *page)
{
    (void)arg, (void)page;
    return ERR_OK;
}

int main(int argc, char **argv)
{
    static const char *const words[PAYMENT_RESULTS] = {"succeeded", "declined", "unknown",
                                                       "not_sent", "not_found"};
    struct payment_options o = payment_defaults();
    struct payments *p;
    log_setup(LOG_ERROR, false);
    if (argc < 2)
        return 2;
    o.endpoint_count = 1;
    o.retries = 0;
    o.connect_ms = o.charge_ms = 20000;
    struct buf url = buf_of(o.urls[0], sizeof o.urls[0]);
    buf_adds(&url, argv[1]);
    struct buf ca = buf_of(o.ca_file, sizeof o.ca_file);
    buf_adds(&ca, argc > 2 ? argv[2] : "");
    memcpy(o.secret, "sk_test", 8);
    sem_init(&done, 0, 0);
    if (payments_create(&o, 1, take, take_page, NULL, &p) != ERR_OK)
        return 2;
    struct payments_port port = payments_port_of(p);
    struct payment_call call = {.key = "00112233aabbccdd:charge:1",
                                .session = {"00112233aabbccdd"},
                                .place = {"a"},
                                .provider = {"stripe"},
                                .token = "cus_1",
                                .amount = {350, {"EUR"}}};
    if (port.start(port.self, &call) != ERR_OK)
        return 2;
    sem_wait(&done);
    printf("%s %s\n", words[result.outcome], result.reason);
    payments_free(p);
    return 0;
}
