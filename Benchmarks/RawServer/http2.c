// The least that nghttp2 needs for a fan-out, with every economy that it permits: no header tables,
// no closed streams, one frame buffer for all sessions, DATA filled across events without a copy,
// and one `writev` for all streams of a connection.
#include "raw.h"
#include <nghttp2/nghttp2.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/// A stream: what it has still to send.
struct stream {
    struct stream *next;
    const struct iovec *vectors;
    size_t sent_of_first;
    int left;
    int32_t id;
};

struct session {
    nghttp2_session *raw;
    struct stream *streams;
    int descriptor;
};

enum { STAGE_SIZE = 1 << 17, VECTOR_LIMIT = 1000, HEADER_SIZE = 9 };
/// What nghttp2 allocates for building frames: a header, the length of padding, 16 KiB.
static const size_t frame_buffer_size = HEADER_SIZE + 1 + 16384;

static struct session *sessions[DESCRIPTORS];
static int open_sessions[DESCRIPTORS], session_count;
static char frame_buffer[HEADER_SIZE + 1 + 16384];
static bool is_lending;

// What one connection gets with the next `writev`.
static char stage[STAGE_SIZE];
static size_t staged;
static struct iovec vectors[VECTOR_LIMIT];
static int vector_count;

static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
static char greeting_bytes[] = "retry: 3000\n: connected\n\n";
static const struct iovec greeting = {greeting_bytes, sizeof greeting_bytes - 1};

bool http2_begins(const char *bytes, size_t size) {
    return size >= 4 && memcmp(bytes, preface, 4) == 0;
}

bool http2_has(int descriptor) { return sessions[descriptor] != NULL; }

static void flush_to(int descriptor) {
    if (vector_count > 0) put(descriptor, vectors, vector_count);
    vector_count = 0;
    staged = 0;
}

static void add(const void *bytes, size_t size) {
    vectors[vector_count++] = (struct iovec){(void *)bytes, size};
}

/// Adds bytes that do not stay where they are.
static void add_copy(const void *bytes, size_t size) {
    char *end = stage + staged;
    memcpy(end, bytes, size);
    staged += size;
    struct iovec *last = vector_count > 0 ? &vectors[vector_count - 1] : NULL;
    if (last && (char *)last->iov_base + last->iov_len == end) last->iov_len += size;
    else add(end, size);
}

static void make_room(int descriptor, size_t bytes, int pieces) {
    if (staged + bytes > STAGE_SIZE || vector_count + pieces > VECTOR_LIMIT) flush_to(descriptor);
}

static ssize_t fill(
    nghttp2_session *raw, int32_t id, uint8_t *buffer, size_t limit, uint32_t *flags,
    nghttp2_data_source *source, void *context)
{
    struct stream *stream = source->ptr;
    size_t waiting = 0;
    for (int i = 0; i < stream->left && waiting < limit + stream->sent_of_first; i++)
        waiting += stream->vectors[i].iov_len;
    if (waiting == 0) return NGHTTP2_ERR_DEFERRED;
    waiting -= stream->sent_of_first;
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    return (ssize_t)(waiting < limit ? waiting : limit);
}

static int send_data(
    nghttp2_session *raw, nghttp2_frame *frame, const uint8_t *header, size_t size,
    nghttp2_data_source *source, void *context)
{
    struct session *session = context;
    struct stream *stream = source->ptr;
    make_room(session->descriptor, HEADER_SIZE, stream->left + 1);
    add_copy(header, HEADER_SIZE);
    while (size > 0) {
        size_t rest = stream->vectors->iov_len - stream->sent_of_first;
        size_t taken = rest < size ? rest : size;
        add((char *)stream->vectors->iov_base + stream->sent_of_first, taken);
        size -= taken;
        stream->sent_of_first += taken;
        if (taken < rest) break;
        stream->sent_of_first = 0;
        stream->vectors++;
        stream->left--;
    }
    return 0;
}

static int began(nghttp2_session *raw, const nghttp2_frame *frame, void *context) {
    struct session *session = context;
    struct stream *stream = calloc(1, sizeof *stream);
    *stream = (struct stream){session->streams, &greeting, 0, 1, frame->hd.stream_id};
    session->streams = stream;
    return nghttp2_session_set_stream_user_data(raw, frame->hd.stream_id, stream);
}

static int received(nghttp2_session *raw, const nghttp2_frame *frame, void *context) {
    if (frame->hd.type != NGHTTP2_HEADERS) return 0;
    int32_t id = frame->hd.stream_id;
#define FIELD(name, value)                                                                     \
    {(uint8_t *)name, (uint8_t *)value, sizeof name - 1, sizeof value - 1,                     \
     NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE}
    const nghttp2_nv fields[] = {
        FIELD(":status", "200"), FIELD("content-type", "text/event-stream"),
        FIELD("cache-control", "no-store, no-transform")};
    nghttp2_data_provider provider = {
        .source.ptr = nghttp2_session_get_stream_user_data(raw, id), .read_callback = fill};
    return nghttp2_submit_response(raw, id, fields, sizeof fields / sizeof *fields, &provider);
}

static int ended(nghttp2_session *raw, int32_t id, uint32_t code, void *context) {
    struct session *session = context;
    for (struct stream **at = &session->streams; *at; at = &(*at)->next)
        if ((*at)->id == id) {
            struct stream *stream = *at;
            *at = stream->next;
            free(stream);
            break;
        }
    return 0;
}

static void *allocate(size_t size, void *context) {
    if (!is_lending || size != frame_buffer_size) return malloc(size);
    is_lending = false;
    return frame_buffer;
}

static void release(void *memory, void *context) {
    if (memory != frame_buffer) free(memory);
}

static void *allocate_zeroed(size_t count, size_t size, void *context) { return calloc(count, size); }

static void *reallocate(void *memory, size_t size, void *context) {
    return memory ? realloc(memory, size) : allocate(size, context);
}

static void send_all(struct session *session) {
    const uint8_t *bytes;
    ssize_t size;
    while ((size = nghttp2_session_mem_send(session->raw, &bytes)) > 0) {
        make_room(session->descriptor, (size_t)size, 1);
        add_copy(bytes, (size_t)size);
    }
    if (size < 0) die("nghttp2");
    flush_to(session->descriptor);
}

void http2_open(int descriptor) {
    static nghttp2_session_callbacks *callbacks;
    static nghttp2_option *options;
    if (!callbacks) {
        nghttp2_session_callbacks_new(&callbacks);
        nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, began);
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, received);
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, ended);
        nghttp2_session_callbacks_set_send_data_callback(callbacks, send_data);
        nghttp2_option_new(&options);
        nghttp2_option_set_no_closed_streams(options, 1);
        nghttp2_option_set_max_deflate_dynamic_table_size(options, 0);
    }
    struct session *session = calloc(1, sizeof *session);
    session->descriptor = descriptor;
    nghttp2_mem memory = {NULL, allocate, release, allocate_zeroed, reallocate};
    is_lending = true;
    nghttp2_session_server_new3(&session->raw, callbacks, session, options, &memory);
    is_lending = false;
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 100}, {NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, 0}};
    nghttp2_submit_settings(session->raw, NGHTTP2_FLAG_NONE, settings, 2);
    sessions[descriptor] = session;
    open_sessions[session_count++] = descriptor;
}

void http2_receive(int descriptor, const char *bytes, size_t size) {
    struct session *session = sessions[descriptor];
    if (nghttp2_session_mem_recv(session->raw, (const uint8_t *)bytes, size) < 0) die("nghttp2");
    send_all(session);
}

void http2_close(int descriptor) {
    struct session *session = sessions[descriptor];
    for (int i = 0; i < session_count; i++)
        if (open_sessions[i] == descriptor) open_sessions[i--] = open_sessions[--session_count];
    nghttp2_session_del(session->raw);
    for (struct stream *stream = session->streams, *next; stream; stream = next) {
        next = stream->next;
        free(stream);
    }
    free(session);
    sessions[descriptor] = NULL;
}

void http2_fan_out(const struct iovec *events, int count) {
    for (int i = 0; i < session_count; i++) {
        struct session *session = sessions[open_sessions[i]];
        for (struct stream *stream = session->streams; stream; stream = stream->next) {
            stream->vectors = events;
            stream->left = count;
            nghttp2_session_resume_data(session->raw, stream->id);
        }
        send_all(session);
    }
}
