// The load tool: subscribes to an event server many times over, publishes, and counts what arrives.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/// Events come in rounds of this number, told apart by their marks.
enum { MARKS = 64, MARK_LIMIT = 128 };

/// What has arrived in a run, all subscribers together.
struct tally {
    uint64_t delivered, missing, duplicate, out_of_order, closed;
};

/// One subscriber: a socket and the place in the sequence of events.
struct subscriber {
    int fd;
    bool is_open;        // the header of the answer has been read
    uint32_t next;       // the number of the event that should come next
    uint64_t holes;      // bit i: event next−1−i has not come yet
    char *rest;          // the beginning of what has not arrived whole
    uint32_t rest_size;
};

/// A connection of HTTP/2, whose streams are subscribers next to each other.
struct connection {
    int fd;
    struct subscriber *streams;
    char *rest;          // the beginning of a frame that has not arrived whole
    uint32_t rest_size;
    uint32_t unconfirmed;  // bytes of content since the last WINDOW_UPDATE
};

/// What is published in one go: one or more requests on the publishing connection.
struct item {
    char *bytes;
    size_t size;
    int events, answers;
};

struct set {
    struct item *items;
    int count;
};

struct load {
    const char *host;
    int port;
    const char *path;
    int poller;
    struct subscriber *subscribers;
    int count, opened, retries;
    struct connection *connections;  // NULL over HTTP/1.1
    int streams;                     // of each connection
    bool is_grpc;                    // the streams are calls of EventService/Listen
    char field[16];                  // what stands before the mark of an event, and its beginning
    size_t field_size, mark_offset;  // of the name of the field; bytes from it to the mark
    char marks[MARKS][MARK_LIMIT];
    size_t mark_size;
    pid_t servers[16];
    int server_count;
    // the publishing connection
    const char *publish_host;
    int publish_port, publisher;
    char *answer;
    size_t answer_size;
    int answers_due;
    // the run that is going on
    uint32_t published;
    uint64_t expected;
    struct tally tally;
    double sent_at[4096];
    float *latencies;    // milliseconds; NULL when they are not wanted
    size_t latency_count, latency_limit;
};

/// Seconds, monotonic.
double now(void);
/// Prints what is wrong and ends the program.
void fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
/// Microseconds of CPU that the servers have used, their system time included.
double server_cpu(const struct load *load);
/// Waits until the servers have been idle for some milliseconds.
void settle(const struct load *load);

/// A non-blocking socket on its way to the server, from an address of its own in 127/8.
int dial(const char *host, int port, int source);

/// Makes every connection to a server one of TLS.
void use_tls(void);
/// Handshakes on a socket that has connected, if TLS is used.
void channel_open(int fd, bool is_http2);
/// Reads all that has arrived, as `recv`.
ssize_t channel_read(int fd, void *buffer, size_t size);
/// Writes, as `send`.
ssize_t channel_write(int fd, const void *bytes, size_t size);
void channel_close(int fd);

/// Opens `count` more subscriptions and waits for the header of each response.
void subscribe(struct load *load, int count);
/// Reads what has arrived for one subscriber.
void receive(struct load *load, struct subscriber *subscriber);
/// Counts the events in `bytes`; returns how many bytes need not be seen again.
size_t read_events(struct load *load, struct subscriber *subscriber, const char *bytes, size_t size);
/// Keeps what must be seen again, and only that: this process must not grow with its subscribers.
void keep_rest(char **rest, uint32_t *rest_size, const char *bytes, size_t size);

/// Opens connections of HTTP/2 in the clear, without asking first whether the server speaks
/// it, with a number of streams each, and waits for the header of each response.
void subscribe_http2(struct load *load, int connections, int streams);
/// Reads what has arrived on one connection of HTTP/2.
void receive_frames(struct load *load, struct connection *connection);

enum { FRAME_HEADER = 9, GRPC_PREFIX = 5 };
/// Writes what opens a connection of HTTP/2: preface, settings, and a window that never closes in a
/// run. Returns the end.
char *open_http2(char *at);
/// Writes the frames of a call of gRPC with one message. Returns the end.
char *grpc_call(char *at, const char *path, uint32_t stream, const char *message, size_t size);
/// Writes the frame that answers a SETTINGS or PING; returns the end, which is `at` if it needs none.
char *answer_frame(char *at, const char *frame, size_t size);
/// The size of the frame at `bytes` with its header; 0 when it has not come whole.
size_t frame_size(const char *bytes, size_t size);
/// Type, flags and stream of a frame.
int frame_type(const char *frame);
bool ends_stream(const char *frame);

/// Begins a new count at a whole round of marks.
void begin_count(struct load *load);
/// Counts what never came as missing.
void end_count(struct load *load);

/// Reads a set of items from a file: lines `events answers size`, each followed by `size` bytes.
struct set read_set(const char *path);
/// The size of the answer that begins at `bytes`, which end with a NUL; 0 when it has not come
/// whole. Ends the program when it is a refusal.
size_t answer_size(const char *bytes, size_t size);
/// Sends each item of a set once, `clients` at a time, each on a connection that waits for its response.
/// Over gRPC an item is a message, and each is a call of StoreService/Push of its own.
/// Returns the seconds it took.
double push_all(const struct load *load, const struct set *set, int clients);
/// Writes an item to the server.
void publish(struct load *load, const struct item *item);
/// Reads the answers that have come.
void read_answers(struct load *load);

/// Serves what is ready, for at most `wait` milliseconds.
void turn(struct load *load, int wait);
