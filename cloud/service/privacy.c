#include "cloud/service/privacy.h"

#include "cloud/service/feed.h"

enum { SLICE = 16, PAUSE_MS = 60 * 1000, BUSY_MS = 100 };

void privacy_timers(struct service *s)
{
    struct movement_id forgotten[SLICE];
    size_t count = 0;
    if (s->options.plate_retention_ms <= 0 || !reached(s->now.mono, s->forget_at))
        return;
    STORE(s, forget_plates, wall_after(s->now.wall, -s->options.plate_retention_ms), forgotten,
          SLICE, &count);
    for (size_t i = 0; i < count; i++) {
        struct feed_data d;
        feed_begin(&d);
        feed_text(&d, "movement", forgotten[i].text);
        feed_append(s, "plate.forgotten", NULL, forgotten[i].text, NULL, &d);
    }
    metrics_add(s->options.metrics, METRIC_PLATES_FORGOTTEN, (int64_t)count);
    s->forget_at = mono_after(s->now.mono, real_ms(s, count == SLICE ? BUSY_MS : PAUSE_MS));
}
