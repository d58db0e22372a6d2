/* See fault.h. */
#include "sim/hardware/fault.h"

#include <stddef.h>
#include <string.h>

static const char *const fault_words[FAULTS] = {
    [FAULT_SILENT] = "silent",
    [FAULT_CUT] = "cut",
    [FAULT_HEARTBEAT] = "heartbeat",
    [FAULT_LOOP_A_ON] = "loop_a_on",
    [FAULT_LOOP_B_ON] = "loop_b_on",
    [FAULT_LOOP_C_ON] = "loop_c_on",
    [FAULT_LOOP_A_BLIND] = "loop_a_blind",
    [FAULT_LOOP_B_BLIND] = "loop_b_blind",
    [FAULT_LOOP_C_BLIND] = "loop_c_blind",
    [FAULT_LOOP_A] = "loop_a",
    [FAULT_LOOP_B] = "loop_b",
    [FAULT_LOOP_C] = "loop_c",
    [FAULT_PHOTOCELL] = "photocell",
    [FAULT_EDGE] = "edge",
    [FAULT_BOOM] = "boom",
    [FAULT_JAMMED] = "jammed",
    [FAULT_JAMMED_UP] = "jammed_up",
    [FAULT_JAMMED_DOWN] = "jammed_down",
    [FAULT_LIMITS_BOTH] = "limits_both",
    [FAULT_LIMITS_NONE] = "limits_none",
    [FAULT_FIRE] = "fire",
    [FAULT_STOP] = "stop",
    [FAULT_LOCAL] = "local",
    [FAULT_MAINS] = "mains",
    [FAULT_BATTERY] = "battery",
    [FAULT_CABINET] = "cabinet",
    [FAULT_HELP] = "help",
    [FAULT_TICKET] = "ticket",
    [FAULT_TICKET_LOW] = "ticket_low",
    [FAULT_READER] = "reader",
    [FAULT_CAMERA] = "camera",
    [FAULT_PLATE_SWAPPED] = "plate_swapped",
    [FAULT_PLATE_EUC_KR] = "plate_euc_kr",
};

static const char *const mishap_words[MISHAPS] = {
    [MISHAP_RESTART] = "restart",     [MISHAP_KEY_OPEN] = "key_open",
    [MISHAP_KEY_CLOSE] = "key_close", [MISHAP_PUSHED_UP] = "pushed_up",
    [MISHAP_WRAP] = "wrap",
};

static const char *const moment_words[MOMENTS] = {
    [MOMENT_NOW] = "now",
    [MOMENT_OPENING] = "opening",
    [MOMENT_CLOSING] = "closing",
    [MOMENT_UNDER] = "under",
};

/* Its place in `words`; `count` if it is not there. */
static size_t find(const char *word, const char *const *words, size_t count)
{
    size_t i = 0;
    while (i < count && strcmp(word, words[i]) != 0)
        i++;
    return i;
}

enum err fault_parse(const char *word, enum fault *ret)
{
    size_t at = find(word, fault_words, FAULTS);
    if (at == FAULTS)
        return ERR_NOTFOUND;
    *ret = (enum fault)at;
    return ERR_OK;
}

enum err mishap_parse(const char *word, enum mishap *ret)
{
    size_t at = find(word, mishap_words, MISHAPS);
    if (at == MISHAPS)
        return ERR_NOTFOUND;
    *ret = (enum mishap)at;
    return ERR_OK;
}

enum err moment_parse(const char *word, enum moment *ret)
{
    size_t at = find(word, moment_words, MOMENTS);
    if (at == MOMENTS)
        return ERR_NOTFOUND;
    *ret = (enum moment)at;
    return ERR_OK;
}

const char *fault_word(enum fault f)
{
    return fault_words[f];
}

bool faults_has(const struct faults *f, enum fault which)
{
    return f->on >> which & 1;
}

bool faults_none(const struct faults *f)
{
    bool waiting = false;
    for (int i = 0; i < FAULTS; i++)
        waiting |= f->states[i].times > 0;
    return f->on == 0 && !waiting;
}

static void begin(struct faults *f, size_t which, int64_t now_ms)
{
    struct fault_state *s = &f->states[which];
    f->on |= 1ULL << which;
    s->until_ms = s->for_ms > 0 ? now_ms + s->for_ms : 0;
}

void faults_set(struct faults *f, enum fault which, const struct fault_plan *plan, int64_t now_ms)
{
    faults_clear(f, which);
    f->states[which] = (struct fault_state){.when = plan->when, .for_ms = plan->for_ms};
    if (plan->when == MOMENT_NOW)
        begin(f, which, now_ms);
    else
        f->states[which].times = plan->times > 0 ? plan->times : 1;
}

void faults_clear(struct faults *f, enum fault which)
{
    f->on &= ~(1ULL << which);
    f->states[which] = (struct fault_state){.when = MOMENT_NOW};
}

void faults_step(struct faults *f, unsigned moments, int64_t now_ms)
{
    for (size_t i = 0; i < FAULTS; i++) {
        struct fault_state *s = &f->states[i];
        if ((f->on >> i & 1) != 0 && s->until_ms > 0 && now_ms >= s->until_ms)
            f->on &= ~(1ULL << i);
        if ((f->on >> i & 1) == 0 && s->times > 0 && (moments >> s->when & 1) != 0) {
            s->times--;
            begin(f, i, now_ms);
        }
    }
}
