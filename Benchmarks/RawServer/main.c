// Usage: bench-raw PORT [gather] [tls CERTIFICATE KEY]
//
// The least that a fan-out over TCP can cost: epoll, an array of sockets, and one `send` of the same
// bytes for each subscriber and event. With `gather`, events that arrived together leave in one
// `writev` for each subscriber. No filters, no heartbeats, no slow readers: a socket that is full
// ends the program, because from then on the figure would mean nothing.
//
//   GET  …  subscribes; POST …  sends its body, an event as it is to appear on the stream.
//
// A connection that begins with the preface of HTTP/2 gets its events over HTTP/2: see http2.c.
#define _GNU_SOURCE
#include "raw.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

static bool gathers;
static int poller;
static int *subscribers;
static int count;
/// What has arrived of a connection's next request; only publishers are ever kept waiting.
static char *partial[DESCRIPTORS];
static size_t partial_size[DESCRIPTORS];
static struct iovec events[EVENT_LIMIT];
/// The same events without the frame of a chunk.
static struct iovec payloads[EVENT_LIMIT];
static int event_count;

static const char stream_head[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
    "Cache-Control: no-store, no-transform\r\nTransfer-Encoding: chunked\r\n\r\n"
    "1a\r\nretry: 3000\n: connected\n\n\r\n";
static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

void die(const char *what) {
    perror(what);
    exit(1);
}

void put(int descriptor, const struct iovec *vectors, int number) {
    if (tls_has(descriptor)) return tls_put(descriptor, vectors, number);
    ssize_t size = 0;
    for (int i = 0; i < number; i++) size += vectors[i].iov_len;
    ssize_t sent = number == 1
        ? send(descriptor, vectors->iov_base, vectors->iov_len, MSG_NOSIGNAL)
        : writev(descriptor, vectors, number);
    if (sent != size) die("a subscriber does not keep up");
}

static void fan_out(void) {
    for (int i = 0; i < count; i++) {
        if (gathers) put(subscribers[i], events, event_count);
        else
            for (int event = 0; event < event_count; event++) put(subscribers[i], &events[event], 1);
    }
    http2_fan_out(payloads, event_count);
    for (int event = 0; event < event_count; event++) free(events[event].iov_base);
    event_count = 0;
}

static void keep_event(const char *body, size_t size) {
    char *chunk = malloc(size + 16);
    int head = sprintf(chunk, "%zx\r\n", size);
    memcpy(chunk + head, body, size);
    memcpy(chunk + head + size, "\r\n", 2);
    if (event_count == EVENT_LIMIT) fan_out();
    payloads[event_count] = (struct iovec){chunk + head, size};
    events[event_count++] = (struct iovec){chunk, head + size + 2};
}

/// Takes one request; returns its size, 0 when it has not arrived whole.
static size_t take(int descriptor, const char *bytes, size_t size) {
    const char *end = memmem(bytes, size, "\r\n\r\n", 4);
    if (!end) return 0;
    size_t head = end + 4 - bytes, body = 0;
    if (bytes[0] == 'G') {
        subscribers[count++] = descriptor;
        put(descriptor, &(struct iovec){(char *)stream_head, sizeof stream_head - 1}, 1);
        return head;
    }
    const char *length = strcasestr(bytes, "content-length:");
    if (length && length < end) body = strtoul(length + 15, NULL, 10);
    if (size < head + body) return 0;
    keep_event(bytes + head, body);
    return head + body;
}

static void leave(int descriptor) {
    if (http2_has(descriptor)) http2_close(descriptor);
    if (tls_has(descriptor)) tls_close(descriptor);
    for (int i = 0; i < count; i++)
        if (subscribers[i] == descriptor) subscribers[i--] = subscribers[--count];
    free(partial[descriptor]);
    partial[descriptor] = NULL;
    partial_size[descriptor] = 0;
    shutdown(descriptor, SHUT_RDWR);
    epoll_ctl(poller, EPOLL_CTL_DEL, descriptor, NULL);
}

static void receive(int descriptor) {
    static char buffer[READ_SIZE];
    size_t had = partial_size[descriptor], used = 0, step;
    if (had) memcpy(buffer, partial[descriptor], had);
    size_t room = sizeof buffer - had - 1;
    ssize_t got = tls_has(descriptor) ? tls_receive(descriptor, buffer + had, room)
                                      : recv(descriptor, buffer + had, room, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) return leave(descriptor);
    size_t size = had + got;
    buffer[size] = 0;
    if (had == 0 && !http2_has(descriptor) && http2_begins(buffer, size)) http2_open(descriptor);
    if (http2_has(descriptor)) return http2_receive(descriptor, buffer, size);
    while (used < size && (step = take(descriptor, buffer + used, size - used)) > 0) used += step;
    int answers = event_count;
    if (event_count > 0) fan_out();
    while (answers-- > 0) put(descriptor, &(struct iovec){(char *)answer, sizeof answer - 1}, 1);
    free(partial[descriptor]);
    partial_size[descriptor] = size - used;
    partial[descriptor] = NULL;
    if (size > used) partial[descriptor] = memcpy(malloc(size - used), buffer + used, size - used);
}

int main(int argc, char **argv) {
    if (argc < 2) return fputs("usage: bench-raw PORT [gather] [tls CERT KEY]\n", stderr), 64;
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "gather") == 0) gathers = true;
        else if (strcmp(argv[i], "tls") == 0 && i + 2 < argc) tls_use(argv[i + 1], argv[i + 2]), i += 2;
    }
    subscribers = calloc(DESCRIPTORS, sizeof *subscribers);
    poller = epoll_create1(0);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0) die("bind");
    if (listen(listener, 4096) != 0) die("listen");
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
    puts("ready");
    fflush(stdout);
    for (;;) {
        struct epoll_event ready[512];
        int number = epoll_wait(poller, ready, 512, -1);
        for (int i = 0; i < number; i++) {
            if (ready[i].data.fd != listener) {
                receive(ready[i].data.fd);
                continue;
            }
            int descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
            if (descriptor < 0) continue;
            setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            tls_accept(descriptor);
            event = (struct epoll_event){.events = EPOLLIN, .data.fd = descriptor};
            epoll_ctl(poller, EPOLL_CTL_ADD, descriptor, &event);
        }
    }
}
