#include "cloud/http/limiter.h"

enum { SECOND_US = 1000000 };

uint64_t limiter_key(const char *text, size_t len)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)text[i]) * 0x100000001b3u;
    h ^= h >> 32;
    return h != 0 ? h : 1;
}

/* What a bucket holds by now, in microseconds of credit. */
static int64_t credit_of(const struct limiter *l, const struct bucket *b, int64_t now_us)
{
    int64_t most = l->burst * SECOND_US / l->rate;
    int64_t gained = now_us > b->at_us ? now_us - b->at_us : 0;
    return gained >= most || b->credit_us + gained > most ? most : b->credit_us + gained;
}

static struct bucket *bucket_of(struct limiter *l, uint64_t key, int64_t now_us)
{
    struct bucket *set = l->sets[key % LIMITER_SETS];
    struct bucket *victim = &set[0];
    for (size_t i = 0; i < LIMITER_WAYS; i++) {
        if (set[i].key == key)
            return &set[i];
        if (victim->key != 0 &&
            (set[i].key == 0 || credit_of(l, &set[i], now_us) > credit_of(l, victim, now_us)))
            victim = &set[i];
    }
    *victim = (struct bucket){key, now_us, l->burst * SECOND_US / l->rate};
    return victim;
}

bool limiter_pass(struct limiter *l, uint64_t key, int64_t now_us, int *ret_wait_s)
{
    if (l->rate == 0)
        return true;
    int64_t cost_us = SECOND_US / l->rate;
    struct bucket *b = bucket_of(l, key, now_us);
    b->credit_us = credit_of(l, b, now_us);
    b->at_us = now_us;
    if (b->credit_us < cost_us) {
        *ret_wait_s = (int)((cost_us - b->credit_us + SECOND_US - 1) / SECOND_US);
        return false;
    }
    b->credit_us -= cost_us;
    return true;
}
