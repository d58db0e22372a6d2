#include "protocol/support/clock_source.h"

#include <string.h>
#include <sys/timex.h>
#include <time.h>

/* A clock in microseconds: at rate 1000 a millisecond of real time is a second of domain time. */
static int64_t read_us(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

struct clock_source clock_real(void)
{
    return (struct clock_source){.rate = 1};
}

static enum err rate_parse(const char *text, int64_t *ret)
{
    size_t len = strlen(text);
    int64_t v = 0;
    if (len < 1 || len > 4)
        return ERR_INVAL;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return ERR_INVAL;
        v = v * 10 + (text[i] - '0');
    }
    if (v < 1 || v > 1000)
        return ERR_INVAL;
    *ret = v;
    return ERR_OK;
}

enum err clock_parse(const char *rate, const char *epoch, struct clock_source *ret)
{
    struct clock_source c = {.rate = 1, .epoch_real = {read_us(CLOCK_REALTIME) / 1000}};
    c.epoch = c.epoch_real;
    if (rate)
        TRY(rate_parse(rate, &c.rate));
    if (epoch) {
        const char *at = strchr(epoch, '@');
        size_t len = at ? (size_t)(at - epoch) : strlen(epoch);
        TRY(timestamp_parse(epoch, len, &c.epoch));
        if (at)
            TRY(timestamp_parse(at + 1, strlen(at + 1), &c.epoch_real));
    }
    *ret = c;
    return ERR_OK;
}

bool clock_simulated(const struct clock_source *c)
{
    return c->rate != 1 || c->epoch.v != c->epoch_real.v;
}

bool clock_disciplined(const struct clock_source *c)
{
    struct timex t = {.modes = 0};
    if (clock_simulated(c))
        return true;
    return adjtimex(&t) != TIME_ERROR && !(t.status & STA_UNSYNC);
}

/* rate * us / 1000 without overflow for any two four-digit years: whole milliseconds first. */
static int64_t scaled_ms(int64_t rate, int64_t us)
{
    int64_t ms = us / 1000, rest = us % 1000;
    return rate * ms + rate * rest / 1000;
}

struct now clock_now(const struct clock_source *c)
{
    int64_t real_us = read_us(CLOCK_REALTIME);
    int64_t boot_us = read_us(CLOCK_BOOTTIME);
    return (struct now){
        .mono = {scaled_ms(c->rate, boot_us)},
        .wall = {c->epoch.v + scaled_ms(c->rate, real_us - c->epoch_real.v * 1000)},
    };
}

int64_t clock_network_ms(const struct clock_source *c, int64_t real_ms)
{
    if (real_ms < 1)
        return 1;
    return real_ms > INT64_MAX / c->rate ? INT64_MAX : real_ms * c->rate;
}

int64_t clock_sleep_ms(const struct clock_source *c, int64_t domain_ms)
{
    if (domain_ms < 1)
        return 1;
    return domain_ms / c->rate + (domain_ms % c->rate != 0);
}
