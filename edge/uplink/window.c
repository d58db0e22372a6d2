#include "edge/uplink/window.h"

void window_open(struct window *w, uint16_t receive_max)
{
    /* One slot of the broker's is left to the status message. */
    int64_t limit = receive_max > 1 ? receive_max - 1 : 1;
    w->limit = limit < WINDOW_MAX ? limit : WINDOW_MAX;
    w->wait_ms = WINDOW_WAIT_MIN_MS;
    window_go_back(w);
}

void window_go_back(struct window *w)
{
    w->sent = w->base;
    w->deadline_us = 0;
}

static void arm(struct window *w, int64_t now_us, int64_t jitter_ms)
{
    w->deadline_us = now_us + (w->wait_ms + jitter_ms) * 1000;
}

bool window_update(struct window *w, int64_t epoch, int64_t base, int64_t next, int64_t now_us)
{
    bool moved = epoch != w->epoch || base != w->base;
    w->next = next;
    if (!moved)
        return false;
    bool forward = epoch == w->epoch && base > w->base;
    w->epoch = epoch;
    w->base = base;
    if (!forward || w->sent < base)
        window_go_back(w);
    w->wait_ms = WINDOW_WAIT_MIN_MS;
    w->deadline_us = 0;
    if (w->sent > w->base)
        arm(w, now_us, 0);
    return true;
}

int64_t window_room(const struct window *w, int64_t in_client)
{
    int64_t rows = w->next - 1 - w->sent;
    int64_t window = w->base + w->limit - w->sent;
    int64_t client = w->limit - in_client;
    int64_t room = rows < window ? rows : window;
    room = room < client ? room : client;
    return room > 0 ? room : 0;
}

void window_sent(struct window *w, int64_t now_us, uint64_t random)
{
    w->sent++;
    if (w->deadline_us == 0)
        arm(w, now_us, (int64_t)(random % (uint64_t)(w->wait_ms / 4)));
}

bool window_expired(struct window *w, int64_t now_us)
{
    if (w->deadline_us == 0 || now_us < w->deadline_us)
        return false;
    w->wait_ms = w->wait_ms * 2 < WINDOW_WAIT_MAX_MS ? w->wait_ms * 2 : WINDOW_WAIT_MAX_MS;
    window_go_back(w);
    return true;
}
