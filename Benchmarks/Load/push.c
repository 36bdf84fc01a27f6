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
    size_t size;
    char answer[8192];
};

struct work {
    const struct load *load;
    const struct set *set;
    int next, done;
};

static void send_next(struct work *work, struct client *client) {
    if (work->next == work->set->count) return;
    const struct item *item = &work->set->items[work->next++];
    if (send(client->fd, item->bytes, item->size, MSG_NOSIGNAL) != (ssize_t)item->size)
        fail("a push was not taken: %s", strerror(errno));
}

static void read_answer(struct work *work, struct client *client) {
    size_t room = sizeof client->answer - client->size - 1;
    ssize_t got = recv(client->fd, client->answer + client->size, room, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) fail("the server closed a pushing connection");
    client->size += got;
    client->answer[client->size] = 0;
    if (answer_size(client->answer, client->size) == 0) return;
    client->size = 0;
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
