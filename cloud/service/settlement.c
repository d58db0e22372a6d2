#include "cloud/service/settlement.h"

#include "protocol/support/log.h"

void settlement_take(struct service *s, const struct work *w)
{
    const struct settlement_page *page = (const void *)w->bytes;
    (void)s;
    log_error("settlement.stray_page", LT("provider", page->call.provider.text),
              LN("lines", page->count));
}
