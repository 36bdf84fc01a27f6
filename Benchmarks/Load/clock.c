#include "load.h"
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("bench-load: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    exit(1);
}

// The kernel's clock of a process counts nanoseconds; the times in /proc/PID/stat are the same
// figures rounded to ticks of 10 ms, which is longer than a burst.
double server_cpu(const struct load *load) {
    double sum = 0;
    for (int i = 0; i < load->server_count; i++) {
        clockid_t clock;
        struct timespec time;
        if (clock_getcpuclockid(load->servers[i], &clock) != 0) fail("a server is gone");
        if (clock_gettime(clock, &time) != 0) fail("a server is gone");
        sum += time.tv_sec * 1e6 + time.tv_nsec / 1e3;
    }
    return sum;
}

void settle(const struct load *load) {
    double before = server_cpu(load);
    for (int round = 0, quiet = 0; round < 50 && quiet < 3; round++) {
        usleep(1000);
        double after = server_cpu(load);
        quiet = after - before < 20 ? quiet + 1 : 0;
        before = after;
    }
}
