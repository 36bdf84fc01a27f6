// Subscribers over HTTP/2 (RFC 9113). The frames are read by hand: of what a library
// would do, only windows, SETTINGS and PING matter here.
#include "load.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum {
    HEADER_SIZE = FRAME_HEADER, BUFFER_SIZE = 1 << 22, WINDOW = 0x7FFFFFFF, IN_FLIGHT = 64,
    DATA = 0, HEADERS = 1, RST_STREAM = 3, SETTINGS = 4, PING = 6, GOAWAY = 7, WINDOW_UPDATE = 8,
    ACK = 1, END_STREAM = 1, END_HEADERS = 4, PADDED = 8,
};

static char *number(char *at, uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) *at++ = (char)(value >> shift);
    return at;
}

static uint32_t read_number(const char *at) {
    const uint8_t *bytes = (const uint8_t *)at;
    return (uint32_t)bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3];
}

static char *begin_frame(char *at, size_t size, int type, int flags, uint32_t stream) {
    *at++ = (char)(size >> 16);
    *at++ = (char)(size >> 8);
    *at++ = (char)size;
    *at++ = (char)type;
    *at++ = (char)flags;
    return number(at, stream);
}

/// A string of HPACK that is not compressed (RFC 7541 §5.2).
static char *string(char *at, const char *text) {
    size_t size = strlen(text);
    if (size > 126) fail("'%s' is too long", text);
    *at++ = (char)size;
    return (char *)memcpy(at, text, size) + size;
}

/// The pseudo-header fields; `method` is an index of the static table.
static char *pseudo_fields(char *end, int method, const char *path) {
    *end++ = (char)(0x80 | method);
    *end++ = (char)0x86;  // :scheme http
    *end++ = 0x04;        // :path, not kept in a table
    end = string(end, path);
    *end++ = 0x01;  // :authority
    return string(end, "localhost");
}

static char *request(char *at, const char *path, uint32_t stream) {
    char block[512], *end = pseudo_fields(block, 2, path);
    *end++ = 0x0F;  // accept
    *end++ = 0x04;
    end = string(end, "text/event-stream");
    at = begin_frame(at, end - block, HEADERS, END_STREAM | END_HEADERS, stream);
    return (char *)memcpy(at, block, end - block) + (end - block);
}

char *grpc_call(char *at, const char *path, uint32_t stream, const char *message, size_t size) {
    char block[512], *end = pseudo_fields(block, 3, path);
    *end++ = 0x0F;  // content-type
    *end++ = 0x10;
    end = string(end, "application/grpc");
    *end++ = 0;  // a name of its own
    end = string(string(end, "te"), "trailers");
    at = begin_frame(at, end - block, HEADERS, END_HEADERS, stream);
    at = (char *)memcpy(at, block, end - block) + (end - block);
    if (size + GRPC_PREFIX > 16384) fail("a message of %zu bytes", size);
    at = begin_frame(at, size + GRPC_PREFIX, DATA, END_STREAM, stream);
    *at++ = 0;  // not compressed
    at = number(at, (uint32_t)size);
    return (char *)memcpy(at, message, size) + size;
}

char *open_http2(char *end) {
    static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    end = (char *)memcpy(end, preface, sizeof preface - 1) + sizeof preface - 1;
    end = begin_frame(end, 12, SETTINGS, 0, 0);
    end = number((char *)memcpy(end, "\0\2", 2) + 2, 0);       // ENABLE_PUSH
    end = number((char *)memcpy(end, "\0\4", 2) + 2, WINDOW);  // INITIAL_WINDOW_SIZE
    return number(begin_frame(end, 4, WINDOW_UPDATE, 0, 0), WINDOW - 65535);
}

size_t frame_size(const char *bytes, size_t size) {
    if (size < HEADER_SIZE) return 0;
    size_t length = read_number(bytes) >> 8;
    if (length > 16384) fail("a frame of %zu bytes", length);
    return size < HEADER_SIZE + length ? 0 : HEADER_SIZE + length;
}

int frame_type(const char *frame) { return frame[3]; }

bool ends_stream(const char *frame) {
    return (frame[3] == DATA || frame[3] == HEADERS) && frame[4] & END_STREAM;
}

char *answer_frame(char *at, const char *frame, size_t size) {
    int type = frame[3];
    if ((type != PING && type != SETTINGS) || frame[4] & ACK) return at;
    size_t length = type == PING ? size - HEADER_SIZE : 0;
    if (length > 8) fail("a PING of %zu bytes", length);
    at = begin_frame(at, length, type, ACK, 0);
    return (char *)memcpy(at, frame + HEADER_SIZE, length) + length;
}

static void write_all(struct connection *connection, const char *bytes, size_t size) {
    if (channel_write(connection->fd, bytes, size) != (ssize_t)size)
        fail("the server does not read: %s", strerror(errno));
}

/// Opens everything: preface, windows that never close in a run, and the requests.
static void ask(struct load *load, struct connection *connection) {
    static char bytes[1 << 16];
    channel_open(connection->fd, true);
    if (load->streams > 200) fail("more than 200 streams");
    char *end = open_http2(bytes);
    for (int i = 0; i < load->streams; i++)
        end = load->is_grpc ? grpc_call(end, load->path, 2 * i + 1, "", 0)
                            : request(end, load->path, 2 * i + 1);
    write_all(connection, bytes, end - bytes);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    epoll_ctl(load->poller, EPOLL_CTL_MOD, connection->fd, &event);
}

static void call(struct load *load, struct connection *connection) {
    connection->fd = dial(load->host, load->port, (int)(connection - load->connections));
    struct epoll_event event = {.events = EPOLLOUT, .data.ptr = connection};
    epoll_ctl(load->poller, EPOLL_CTL_ADD, connection->fd, &event);
}

void subscribe_http2(struct load *load, int connections, int streams) {
    if (load->count > 0) fail("connect comes once");
    int dialled = 0;
    load->streams = streams;
    load->count = connections * streams;
    load->subscribers = calloc(load->count, sizeof *load->subscribers);
    load->connections = calloc(connections, sizeof *load->connections);
    double deadline = now() + 60;
    while (load->opened < load->count) {
        while (dialled < connections && dialled - load->opened / streams < IN_FLIGHT) {
            load->connections[dialled].streams = &load->subscribers[dialled * streams];
            call(load, &load->connections[dialled++]);
        }
        struct epoll_event ready[256];
        int number = epoll_wait(load->poller, ready, 256, 1000);
        for (int i = 0; i < number; i++) {
            if (ready[i].events & EPOLLOUT) ask(load, ready[i].data.ptr);
            else receive_frames(load, ready[i].data.ptr);
        }
        if (now() > deadline)
            fail("only %d of %d subscriptions in 60 s", load->opened, load->count);
    }
}

static struct subscriber *subscriber(
    struct load *load, struct connection *connection, uint32_t stream)
{
    if (stream % 2 == 0 || stream / 2 >= (uint32_t)load->streams) fail("stream %u", stream);
    return &connection->streams[stream / 2];
}

static void take_data(
    struct load *load, struct connection *connection, uint32_t stream, const char *bytes, size_t size)
{
    static char joined[BUFFER_SIZE];
    struct subscriber *of = subscriber(load, connection, stream);
    size_t had = of->rest_size;
    if (had > 0) {
        memcpy(joined, of->rest, had);
        memcpy(joined + had, bytes, size);
        bytes = joined;
    }
    size_t used = read_events(load, of, bytes, had + size);
    if (had > 0 || used < size) keep_rest(&of->rest, &of->rest_size, bytes + used, had + size - used);
    // Stream windows hold 2 GiB, more than any run sends; the window of the connection may not.
    connection->unconfirmed += size;
    if (connection->unconfirmed < 1u << 30) return;
    char update[HEADER_SIZE + 4];
    number(begin_frame(update, 4, WINDOW_UPDATE, 0, 0), connection->unconfirmed);
    write_all(connection, update, sizeof update);
    connection->unconfirmed = 0;
}

static void take_headers(
    struct load *load, struct connection *connection, uint32_t stream, const char *bytes, size_t size)
{
    // A change of the table's size may come first (RFC 7541 §6.3). 0x88 is `:status 200`.
    while (size > 0 && (*bytes & 0xE0) == 0x20) bytes++, size--;
    if (size == 0 || (uint8_t)*bytes != 0x88) fail("a subscription was refused");
    subscriber(load, connection, stream)->is_open = true;
    load->opened++;
}

static void take_frame(struct load *load, struct connection *connection, const char *frame, size_t size) {
    const char *bytes = frame + HEADER_SIZE;
    int type = frame[3], flags = frame[4];
    uint32_t stream = read_number(frame + 5);
    if (flags & PADDED && (type == DATA || type == HEADERS)) fail("padding is not expected");
    switch (type) {
    case DATA: return take_data(load, connection, stream, bytes, size);
    case HEADERS:
        if (flags & END_STREAM) {
            load->tally.closed++;
            return;
        }
        return take_headers(load, connection, stream, bytes, size);
    case GOAWAY: fail("the server ends a connection, error %u", read_number(bytes + 4));
    case RST_STREAM:
        if (!subscriber(load, connection, stream)->is_open) fail("a stream was refused");
        load->tally.closed++;
        return;
    default: {
        char answer[HEADER_SIZE + 8], *end = answer_frame(answer, frame, HEADER_SIZE + size);
        if (end > answer) write_all(connection, answer, end - answer);
    }
    }
}

void receive_frames(struct load *load, struct connection *connection) {
    static char buffer[BUFFER_SIZE];
    size_t had = connection->rest_size, used = 0;
    if (had) memcpy(buffer, connection->rest, had);
    ssize_t got = channel_read(connection->fd, buffer + had, sizeof buffer - had);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
        load->tally.closed += load->streams;
        epoll_ctl(load->poller, EPOLL_CTL_DEL, connection->fd, NULL);
        return;
    }
    size_t size = had + got, whole;
    while ((whole = frame_size(buffer + used, size - used)) > 0) {
        take_frame(load, connection, buffer + used, whole - HEADER_SIZE);
        used += whole;
    }
    if (had > 0 || used < size)
        keep_rest(&connection->rest, &connection->rest_size, buffer + used, size - used);
}
