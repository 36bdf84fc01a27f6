#include "load.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/// A connection on which one request is always on its way.
struct client {
    int fd;
    uint32_t stream;  // of the last call of gRPC
    bool has_message; // that call has been answered with one
    size_t size;
    char answer[8192];
};

struct work {
    const struct load *load;
    const struct set *set;
    int next, done;
};

static void send_all(struct client *client, const char *bytes, size_t size) {
    if (send(client->fd, bytes, size, MSG_NOSIGNAL) != (ssize_t)size)
        fail("a push was not taken: %s", strerror(errno));
}

static void send_next(struct work *work, struct client *client) {
    if (work->next == work->set->count) return;
    const struct item *item = &work->set->items[work->next++];
    if (!work->load->is_grpc) return send_all(client, item->bytes, item->size);
    static const char path[] = "/agntcy.dir.store.v1.StoreService/Push";
    char frames[1 << 15], *at = frames;
    if (client->stream == 0) at = open_http2(at);
    client->has_message = false;
    client->stream = client->stream == 0 ? 1 : client->stream + 2;
    at = grpc_call(at, path, client->stream, item->bytes, item->size);
    send_all(client, frames, at - frames);
}

/// Reads the frames that have come; returns whether the call has ended.
static bool read_frames(struct client *client) {
    enum { DATA = 0, RST_STREAM = 3, GOAWAY = 7 };
    size_t used = 0, whole;
    bool has_ended = false;
    while ((whole = frame_size(client->answer + used, client->size - used)) > 0) {
        const char *frame = client->answer + used;
        char answer[FRAME_HEADER + 8], *end = answer_frame(answer, frame, whole);
        if (end > answer) send_all(client, answer, end - answer);
        int type = frame_type(frame);
        if (type == DATA) client->has_message = true;
        // A refusal is a header that ends the call.
        bool is_refusal = ends_stream(frame) && !client->has_message;
        if (is_refusal || type == RST_STREAM || type == GOAWAY) fail("a push was refused");
        if (ends_stream(frame)) has_ended = true;
        used += whole;
    }
    client->size -= used;
    memmove(client->answer, client->answer + used, client->size);
    return has_ended;
}

static void read_answer(struct work *work, struct client *client) {
    size_t room = sizeof client->answer - client->size - 1;
    ssize_t got = recv(client->fd, client->answer + client->size, room, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) fail("the server closed a pushing connection");
    client->size += got;
    client->answer[client->size] = 0;
    if (work->load->is_grpc) {
        if (!read_frames(client)) return;
    } else {
        if (answer_size(client->answer, client->size) == 0) return;
        client->size = 0;
    }
    work->done++;
    send_next(work, client);
}

double push_all(const struct load *load, const struct set *set, int clients) {
    struct work work = {.load = load, .set = set};
    struct client *all = calloc(clients, sizeof *all);
    int poller = epoll_create1(0), open = 0;
    for (int i = 0; i < clients; i++) {
        all[i].fd = dial(load->publish_host, load->publish_port, i);
        struct epoll_event event = {.events = EPOLLOUT, .data.ptr = &all[i]};
        epoll_ctl(poller, EPOLL_CTL_ADD, all[i].fd, &event);
    }
    double began = now();
    while (work.done < set->count) {
        struct epoll_event ready[64];
        int count = epoll_wait(poller, ready, 64, 10000);
        if (count == 0) fail("no answer to a push in 10 s");
        for (int i = 0; i < count; i++) {
            struct client *client = ready[i].data.ptr;
            if (ready[i].events & EPOLLIN) read_answer(&work, client);
            else {
                struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
                epoll_ctl(poller, EPOLL_CTL_MOD, client->fd, &event);
                // Time counts from when all are connected.
                if (++open == clients) {
                    began = now();
                    for (int each = 0; each < clients; each++) send_next(&work, &all[each]);
                }
            }
        }
    }
    double seconds = now() - began;
    for (int i = 0; i < clients; i++) close(all[i].fd);
    close(poller);
    free(all);
    return seconds;
}
