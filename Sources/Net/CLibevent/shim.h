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

// libevent has no function for this: changes the owner of an event, which stays registered in epoll.
static inline void directory_event_retarget(struct event *event, void *context) {
    event->ev_evcallback.evcb_arg = context;
}

// Returns the place of the pipe's descriptor to which the handler of a signal writes. It is set before
// the handler is installed, and a plain int, so that the handler may read it. The variable is inside a
// function, because Swift emits no variables of a header.
static inline volatile int *directory_signal_pipe(int number) {
    static volatile int pipes[128];
    return &pipes[number];
}

static inline void directory_signal_handler(int number) {
    int error = errno;
    unsigned char byte = (unsigned char)number;
    // A full pipe drops the signal: hundreds of them wait already.
    ssize_t written = write(*directory_signal_pipe(number), &byte, 1);
    (void)written;
    errno = error;
}

// In C, because a handler must not take a lock, and Swift code has no such guarantee.
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

// Variadic too. Returns how many bytes of a socket were not acknowledged, including those that were
// not sent yet; -1 on an error.
static inline int directory_unacknowledged(int descriptor) {
    int count = 0;
    return ioctl(descriptor, SIOCOUTQ, &count) == 0 ? count : -1;
}

#endif
