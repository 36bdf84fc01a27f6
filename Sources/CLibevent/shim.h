#ifndef CLIBEVENT_SHIM_H
#define CLIBEVENT_SHIM_H

// First, because event-config.h defines _GNU_SOURCE: a system header that is read only after it
// would differ from the one Swift's Glibc module was built from.
#include <sys/types.h>

// Absent from Swift's Glibc module.
#include <sys/eventfd.h>
#include <sys/prctl.h>

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <event2/event.h>
#include <event2/event_struct.h>
#include <event2/listener.h>

// Variadic, which Swift cannot call: names the calling thread as `top -H` shows it.
static inline void directory_name_thread(const char *name) { prctl(PR_SET_NAME, name); }

// libevent has no call for this: an event keeps its place in epoll while its owner changes.
static inline void directory_event_retarget(struct event *event, void *context) {
    event->ev_evcallback.evcb_arg = context;
}

// Variadic too: how many bytes a socket still has to send, or has sent without being told that they
// have arrived; -1 if nobody knows.
static inline int directory_unacknowledged(int descriptor) {
    int count = 0;
    return ioctl(descriptor, SIOCOUTQ, &count) == 0 ? count : -1;
}

#endif
