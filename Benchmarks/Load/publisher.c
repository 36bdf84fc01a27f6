#include "load.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct set read_set(const char *path) {
    FILE *file = fopen(path, "r");
    if (!file) fail("%s: %s", path, strerror(errno));
    struct set set = {0};
    struct item item;
    while (fscanf(file, "%d %d %zu", &item.events, &item.answers, &item.size) == 3) {
        fgetc(file);
        item.bytes = malloc(item.size);
        if (fread(item.bytes, 1, item.size, file) != item.size) fail("%s is cut off", path);
        set.items = realloc(set.items, (set.count + 1) * sizeof item);
        set.items[set.count++] = item;
    }
    fclose(file);
    if (set.count == 0) fail("%s is empty", path);
    return set;
}

static void open_publisher(struct load *load) {
    load->publisher = dial(load->publish_host, load->publish_port, 199);
    channel_open(load->publisher, false);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = load};
    epoll_ctl(load->poller, EPOLL_CTL_ADD, load->publisher, &event);
    load->answer_size = 0;
}

void publish(struct load *load, const struct item *item) {
    if (load->publisher < 0) open_publisher(load);
    size_t sent = 0;
    for (int i = 0; i < item->events; i++) {
        load->sent_at[load->published % 4096] = now();
        load->published++;
    }
    load->expected += (uint64_t)item->events * load->count;
    load->answers_due += item->answers;
    while (sent < item->size) {
        ssize_t count = channel_write(load->publisher, item->bytes + sent, item->size - sent);
        if (count > 0) sent += count;
        else if (errno == EAGAIN || errno == ENOTCONN) {
            struct pollfd wait = {.fd = load->publisher, .events = POLLOUT};
            poll(&wait, 1, 1000);
        } else fail("publishing: %s", strerror(errno));
    }
}

size_t answer_size(const char *bytes, size_t size) {
    const char *end = memmem(bytes, size, "\r\n\r\n", 4);
    if (!end) return 0;
    if (bytes[9] != '2') fail("publishing was refused: %.*s", (int)(size < 300 ? size : 300), bytes);
    size_t head = end + 4 - bytes, body = 0;
    for (const char *line = bytes; line < end; line = strstr(line, "\r\n") + 2) {
        if (strncasecmp(line, "content-length:", 15) == 0) body = strtoul(line + 15, NULL, 10);
        if (strncasecmp(line, "transfer-encoding:", 18) == 0) {
            const char *last = memmem(end, size - (end - bytes), "\r\n0\r\n\r\n", 7);
            return last ? (size_t)(last + 7 - bytes) : 0;
        }
    }
    return size >= head + body ? head + body : 0;
}

void read_answers(struct load *load) {
    enum { limit = 1 << 20 };
    if (!load->answer) load->answer = malloc(limit);
    ssize_t got =
        channel_read(load->publisher, load->answer + load->answer_size, limit - load->answer_size - 1);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
        channel_close(load->publisher);
        load->publisher = -1;
        if (load->answers_due > 0) fail("the server closed the publishing connection");
        return;
    }
    load->answer_size += got;
    load->answer[load->answer_size] = 0;
    size_t used = 0, size;
    while ((size = answer_size(load->answer + used, load->answer_size - used)) > 0) {
        used += size;
        load->answers_due--;
    }
    load->answer_size -= used;
    memmove(load->answer, load->answer + used, load->answer_size);
}
