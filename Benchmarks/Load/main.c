// Usage: bench-load HOST:PORT PATH PUBLISH-HOST:PORT MARKS PID[,PID…] [tls] [grpc]
//
// Takes one command a line and answers each with one line of JSON:
//   connect N                 opens N subscriptions
//   connect N M               opens N connections of HTTP/2 with M subscriptions each
//   burst SET COUNT           publishes COUNT items of a set, each when the one before has arrived
//   paced SET COUNT INTERVAL  publishes COUNT items, one each INTERVAL milliseconds
//   push SET CLIENTS          sends each item once, by CLIENTS clients at a time
// With `grpc` the subscriptions of HTTP/2 are calls of the method PATH, and what is pushed are messages.
// SET is a file (see `read_set`), MARKS holds a line for each mark. It ends with its input.
#include "load.h"
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

/// Seconds without a delivery after which what has not arrived counts as lost.
static const double silence_limit = 3;

void turn(struct load *load, int wait) {
    struct epoll_event ready[512];
    int count = epoll_wait(load->poller, ready, 512, wait);
    for (int i = 0; i < count; i++) {
        if (ready[i].data.ptr == load) read_answers(load);
        else if (load->connections) receive_frames(load, ready[i].data.ptr);
        else receive(load, ready[i].data.ptr);
    }
}

static bool is_complete(const struct load *load) {
    return load->tally.delivered >= load->expected && load->answers_due == 0;
}

/// Serves until everything has come, or nothing more comes.
static void await(struct load *load) {
    double last = now();
    uint64_t before = load->tally.delivered;
    while (!is_complete(load)) {
        turn(load, 100);
        if (load->tally.delivered != before) last = now();
        before = load->tally.delivered;
        if (now() - last > silence_limit) return;
    }
}

static int compare(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static double quantile(const struct load *load, double part) {
    if (load->latency_count == 0) return 0;
    return load->latencies[(size_t)(part * (load->latency_count - 1))];
}

static void free_set(struct set *set) {
    for (int i = 0; i < set->count; i++) free(set->items[i].bytes);
    free(set->items);
}

static void run(struct load *load, const char *path, int count, double interval) {
    struct set set = read_set(path);
    turn(load, 0);  // a server may have closed the publishing connection, idle for too long
    begin_count(load);
    if (interval > 0) {
        load->latency_limit = (size_t)count * set.items[0].events * load->count;
        load->latency_count = 0;
        load->latencies = malloc(load->latency_limit * sizeof(float));
    }
    settle(load);
    double cpu = server_cpu(load), began = now();
    for (int i = 0; i < count; i++) {
        publish(load, &set.items[i % set.count]);
        if (interval == 0) await(load);
        else
            for (double left; (left = began + (i + 1) * interval / 1e3 - now()) > 0;)
                turn(load, (int)(left * 1e3) + 1);
    }
    await(load);
    double seconds = now() - began;
    settle(load);
    cpu = server_cpu(load) - cpu;
    turn(load, 0);  // what comes twice would come now
    end_count(load);
    if (interval > 0) qsort(load->latencies, load->latency_count, sizeof(float), compare);
    printf(
        "{\"expected\": %lu, \"delivered\": %lu, \"missing\": %lu, \"duplicate\": %lu, "
        "\"out_of_order\": %lu, \"closed\": %lu, \"cpu_us\": %.1f, \"seconds\": %.6f, "
        "\"p50_ms\": %.3f, \"p99_ms\": %.3f, \"max_ms\": %.3f}\n",
        load->expected, load->tally.delivered, load->tally.missing, load->tally.duplicate,
        load->tally.out_of_order, load->tally.closed, cpu, seconds, quantile(load, 0.5),
        quantile(load, 0.99), quantile(load, 1));
    free(load->latencies);
    load->latencies = NULL;
    free_set(&set);
}

/// - streams: of each connection of HTTP/2; 0 for HTTP/1.1.
static void open_all(struct load *load, int count, int streams) {
    settle(load);
    double cpu = server_cpu(load), began = now();
    if (streams > 0) subscribe_http2(load, count, streams);
    else subscribe(load, count);
    double seconds = now() - began;
    settle(load);
    printf("{\"cpu_us\": %.1f, \"seconds\": %.6f, \"retries\": %d}\n",
           server_cpu(load) - cpu, seconds, load->retries);
}

static void push(struct load *load, const char *path, int clients) {
    struct set set = read_set(path);
    settle(load);
    double cpu = server_cpu(load), seconds = push_all(load, &set, clients);
    settle(load);
    printf("{\"pushes\": %d, \"cpu_us\": %.1f, \"seconds\": %.6f}\n", set.count,
           server_cpu(load) - cpu, seconds);
    free_set(&set);
}

static const char *split(char *address, int *port) {
    char *colon = strrchr(address, ':');
    if (!colon) fail("'%s' is no HOST:PORT", address);
    *colon = 0;
    *port = atoi(colon + 1);
    return address;
}

static void read_marks(struct load *load, const char *path) {
    FILE *file = fopen(path, "r");
    if (!file) fail("%s cannot be read", path);
    for (int i = 0; i < MARKS; i++) {
        if (!fgets(load->marks[i], MARK_LIMIT, file)) fail("%s has too few marks", path);
        load->marks[i][strcspn(load->marks[i], "\n")] = 0;
    }
    load->mark_size = strlen(load->marks[0]);
    fclose(file);
}

/// What stands before the mark of an event: its member in JSON, or tag and length of its field in
/// protobuf. The latter are two bytes, so the first ones of the mark are searched with them.
static void choose_field(struct load *load) {
    if (load->is_grpc) {
        enum { TAG = 4 << 3 | 2, SHARED = 7 };
        load->field[0] = TAG;
        load->field[1] = (char)load->mark_size;
        memcpy(load->field + 2, load->marks[0], SHARED);
        load->field_size = 2 + SHARED;
        load->mark_offset = 2;
    } else {
        static const char member[] = "\"resource_id\":\"";
        load->field_size = load->mark_offset = sizeof member - 1;
        memcpy(load->field, member, sizeof member - 1);
    }
}

int main(int count, char **arguments) {
    if (count < 6) fail("usage: bench-load HOST:PORT PATH PUBLISH-HOST:PORT MARKS PID[,PID…] [tls] [grpc]");
    struct load load = {.publisher = -1, .path = arguments[2], .poller = epoll_create1(0)};
    for (int i = 6; i < count; i++) {
        if (strcmp(arguments[i], "tls") == 0) use_tls();
        else if (strcmp(arguments[i], "grpc") == 0) load.is_grpc = true;
        else fail("what is '%s'?", arguments[i]);
    }
    load.host = split(arguments[1], &load.port);
    load.publish_host = split(arguments[3], &load.publish_port);
    read_marks(&load, arguments[4]);
    choose_field(&load);
    for (char *pid = strtok(arguments[5], ","); pid && load.server_count < 16; pid = strtok(NULL, ","))
        load.servers[load.server_count++] = atoi(pid);
    setvbuf(stdout, NULL, _IOLBF, 0);
    char line[1024], path[512];
    int number, streams;
    double interval;
    while (fgets(line, sizeof line, stdin)) {
        if (sscanf(line, "connect %d %d", &number, &streams) == 2)
            open_all(&load, number, streams);
        else if (sscanf(line, "connect %d", &number) == 1) open_all(&load, number, 0);
        else if (sscanf(line, "paced %511s %d %lf", path, &number, &interval) == 3)
            run(&load, path, number, interval);
        else if (sscanf(line, "push %511s %d", path, &number) == 2) push(&load, path, number);
        else if (sscanf(line, "burst %511s %d", path, &number) == 2) run(&load, path, number, 0);
        else fail("what is '%s'?", line);
    }
    return 0;
}
