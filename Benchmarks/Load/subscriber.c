#include "load.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/// More connections than this at once would overflow the queue of some servers.
static const int in_flight = 64;

int dial(const char *host, int port, int source) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (fd < 0) fail("socket: %s (raise the limit of open files: ulimit -n)", strerror(errno));
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    // The port is chosen on connecting: one address serves many connections.
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    struct sockaddr_in near = {.sin_family = AF_INET};
    near.sin_addr.s_addr = htonl(0x7F000002u + (unsigned)source % 200);
    if (bind(fd, (struct sockaddr *)&near, sizeof near) != 0) fail("bind: %s", strerror(errno));
    struct sockaddr_in far = {.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, host, &far.sin_addr);
    if (connect(fd, (struct sockaddr *)&far, sizeof far) != 0 && errno != EINPROGRESS)
        fail("connect to %s:%d: %s", host, port, strerror(errno));
    return fd;
}

static void ask(struct load *load, struct subscriber *subscriber) {
    char request[512];
    int size = snprintf(
        request, sizeof request,
        "GET %s HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n", load->path);
    channel_open(subscriber->fd, false);
    if (channel_write(subscriber->fd, request, size) != size) fail("the request was not taken");
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = subscriber};
    epoll_ctl(load->poller, EPOLL_CTL_MOD, subscriber->fd, &event);
}

static void call(struct load *load, struct subscriber *subscriber) {
    subscriber->fd = dial(load->host, load->port, (int)(subscriber - load->subscribers));
    struct epoll_event event = {.events = EPOLLOUT, .data.ptr = subscriber};
    epoll_ctl(load->poller, EPOLL_CTL_ADD, subscriber->fd, &event);
}

/// Tries again with one that was not let in: some servers drop what comes too fast.
static void call_again(struct load *load, struct subscriber *subscriber, const char *why) {
    if (++load->retries > load->count) fail("refused again and again: %.60s", why);
    channel_close(subscriber->fd);
    free(subscriber->rest);
    subscriber->rest = NULL;
    subscriber->rest_size = 0;
    call(load, subscriber);
}

void subscribe(struct load *load, int count) {
    int first = load->count, dialled = 0;
    load->count += count;
    load->subscribers = calloc(load->count, sizeof *load->subscribers);
    if (first > 0) fail("connect comes once");
    double deadline = now() + 60;
    while (load->opened < load->count) {
        while (dialled < count && dialled - load->opened < in_flight) {
            load->subscribers[dialled].next = load->published;
            call(load, &load->subscribers[dialled++]);
        }
        struct epoll_event ready[256];
        int number = epoll_wait(load->poller, ready, 256, 1000);
        for (int i = 0; i < number; i++) {
            if (ready[i].events & EPOLLOUT) ask(load, ready[i].data.ptr);
            else receive(load, ready[i].data.ptr);
        }
        if (now() > deadline) fail("only %d of %d subscriptions in 60 s", load->opened, count);
    }
}

/// The number of the event with this mark that is nearest to the one that should come.
static void note(struct load *load, struct subscriber *subscriber, const char *mark) {
    int index = subscriber->next % MARKS;
    if (memcmp(mark, load->marks[index], load->mark_size) != 0) {
        for (index = 0; index < MARKS; index++)
            if (memcmp(mark, load->marks[index], load->mark_size) == 0) break;
        if (index == MARKS) fail("an event that was not published: %.80s", mark);
    }
    load->tally.delivered++;
    int ahead = (int)((index - subscriber->next % MARKS + MARKS) % MARKS);
    uint32_t number = subscriber->next + ahead;
    if (ahead < MARKS / 2) {
        subscriber->holes = subscriber->holes << (ahead + 1) | ((1ull << (ahead + 1)) - 2);
        subscriber->next = number + 1;
    } else {
        number -= MARKS;
        uint64_t bit = 1ull << (subscriber->next - 1 - number);
        if (subscriber->holes & bit) load->tally.out_of_order++;
        else load->tally.duplicate++;
        subscriber->holes &= ~bit;
    }
    if (load->latencies && load->latency_count < load->latency_limit)
        load->latencies[load->latency_count++] =
            (float)((now() - load->sent_at[number % 4096]) * 1e3);
}

size_t read_events(
    struct load *load, struct subscriber *subscriber, const char *bytes, size_t size)
{
    const char *at = bytes, *end = bytes + size;
    size_t needed = load->mark_offset + load->mark_size;
    for (;;) {
        const char *found = memmem(at, end - at, load->field, load->field_size);
        if (!found) {
            long tail = (long)load->field_size - 1;
            return end - bytes - (end - at < tail ? end - at : tail);
        }
        if ((size_t)(end - found) < needed) return found - bytes;
        note(load, subscriber, found + load->mark_offset);
        at = found + needed;
    }
}

static size_t read_head(struct load *load, struct subscriber *subscriber, const char *bytes, size_t size) {
    const char *end = memmem(bytes, size, "\r\n\r\n", 4);
    if (!end) return 0;
    if (size < 12 || memcmp(bytes + 9, "200", 3) != 0) {
        call_again(load, subscriber, bytes);
        return size;
    }
    subscriber->is_open = true;
    load->opened++;
    return end + 4 - bytes;
}

void keep_rest(char **rest, uint32_t *rest_size, const char *bytes, size_t size) {
    free(*rest);
    *rest_size = (uint32_t)size;
    *rest = size > 0 ? memcpy(malloc(size), bytes, size) : NULL;
}

void receive(struct load *load, struct subscriber *subscriber) {
    static char buffer[1 << 18];
    size_t had = subscriber->rest_size;
    if (had) memcpy(buffer, subscriber->rest, had);
    ssize_t got = channel_read(subscriber->fd, buffer + had, sizeof buffer - had - 1);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0 && !subscriber->is_open)
        return call_again(load, subscriber, "closed without an answer");
    if (got <= 0) {
        load->tally.closed++;
        epoll_ctl(load->poller, EPOLL_CTL_DEL, subscriber->fd, NULL);
        return;
    }
    size_t size = had + got, used = 0;
    buffer[size] = 0;
    int retries = load->retries;
    if (!subscriber->is_open) used = read_head(load, subscriber, buffer, size);
    if (retries != load->retries) return;
    if (subscriber->is_open) used += read_events(load, subscriber, buffer + used, size - used);
    keep_rest(&subscriber->rest, &subscriber->rest_size, buffer + used, size - used);
}

void begin_count(struct load *load) {
    load->published = (load->published + MARKS - 1) / MARKS * MARKS;
    for (int i = 0; i < load->count; i++) {
        load->subscribers[i].next = load->published;
        load->subscribers[i].holes = 0;
    }
    load->tally = (struct tally){0};
    load->expected = 0;
}

void end_count(struct load *load) {
    for (int i = 0; i < load->count; i++) {
        struct subscriber *subscriber = &load->subscribers[i];
        load->tally.missing += load->published - subscriber->next;
        load->tally.missing += __builtin_popcountll(subscriber->holes);
    }
}
