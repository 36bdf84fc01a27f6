#ifndef CLIBEVENT_SHIM_H
#define CLIBEVENT_SHIM_H

// First, because event-config.h defines _GNU_SOURCE: a system header that is read only after it
// would differ from the one Swift's Glibc module was built from.
#include <sys/types.h>

// Absent from Swift's Glibc module.
#include <sys/eventfd.h>
#include <sys/prctl.h>

#include <errno.h>
#include <malloc.h>
#include <linux/sockios.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/event_struct.h>
#include <event2/listener.h>
#include <event2/util.h>

// Variadic, which Swift cannot call: names the calling thread as `top -H` shows it.
static inline void directory_name_thread(const char *name) { prctl(PR_SET_NAME, name); }

// libevent has no call for this: an event keeps its place in epoll while its owner changes.
static inline void directory_event_retarget(struct event *event, void *context) {
    event->ev_evcallback.evcb_arg = context;
}

// Where the pipe is that a signal's handler writes the signal's number to. Set before the handler is
// installed, and a plain int, so that the handler may read it; inside of a function, because of a
// header's variables Swift emits none.
static inline volatile int *directory_signal_pipe(int number) {
    static volatile int pipes[128];
    return &pipes[number];
}

static inline void directory_signal_handler(int number) {
    int error = errno;
    unsigned char byte = (unsigned char)number;
    // A full pipe loses the signal: hundreds of them wait already.
    ssize_t written = write(*directory_signal_pipe(number), &byte, 1);
    (void)written;
    errno = error;
}

// In C, because a handler may call nothing that takes a lock, and Swift promises that for no code.
static inline int directory_catch_signal(int number, int pipe) {
    if (number < 1 || number >= 128) {
        errno = EINVAL;
        return -1;
    }
    *directory_signal_pipe(number) = pipe;
    struct sigaction action = {.sa_handler = directory_signal_handler, .sa_flags = SA_RESTART};
    sigfillset(&action.sa_mask);
    return sigaction(number, &action, NULL);
}

// Absent from Swift's Glibc module as well.
static inline void directory_set_mmap_threshold(int bytes) { mallopt(M_MMAP_THRESHOLD, bytes); }
static inline void directory_trim_memory(void) { malloc_trim(0); }

// Variadic too: how many bytes a socket still has to send, or has sent without being told that they
// have arrived; -1 if nobody knows.
static inline int directory_unacknowledged(int descriptor) {
    int count = 0;
    return ioctl(descriptor, SIOCOUTQ, &count) == 0 ? count : -1;
}

#endif
