/* A wall clock of a test's own, for LD_PRELOAD: CLOCK_REALTIME is off by the milliseconds in the file
 * that FAKE_CLOCK names, and nothing disciplines it unless that file ends in "s". */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

static long long offset_ms(int *ret_synced)
{
    char text[64] = "";
    FILE *f = fopen(getenv("FAKE_CLOCK"), "re");
    if (f) {
        if (!fgets(text, sizeof text, f))
            text[0] = '\0';
        fclose(f);
    }
    *ret_synced = strchr(text, 's') != NULL;
    return strtoll(text, NULL, 10);
}

int clock_gettime(clockid_t id, struct timespec *t)
{
    int synced;
    long result = syscall(SYS_clock_gettime, id, t);
    if (result == 0 && id == CLOCK_REALTIME) {
        long long ns = (long long)t->tv_nsec + offset_ms(&synced) % 1000 * 1000000;
        long long s = t->tv_sec + offset_ms(&synced) / 1000;
        t->tv_sec = (time_t)(s + ns / 1000000000 - (ns < 0));
        t->tv_nsec = (long)((ns % 1000000000 + 1000000000) % 1000000000);
    }
    return (int)result;
}

int adjtimex(struct timex *t)
{
    int synced;
    offset_ms(&synced);
    t->status = synced ? 0 : STA_UNSYNC;
    return synced ? TIME_OK : TIME_ERROR;
}
