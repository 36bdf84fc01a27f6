// Sockets in the clear or with TLS. What the load itself costs is not measured: it handshakes one
// connection after the other, and believes every certificate.
#include "load.h"
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

enum { DESCRIPTORS = 1 << 20 };

static SSL_CTX *context;
static SSL *connections[DESCRIPTORS];

void use_tls(void) {
    signal(SIGPIPE, SIG_IGN);
    context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE);
}

void channel_open(int fd, bool is_http2) {
    if (!context) return;
    static const unsigned char http1[] = "\x08http/1.1", http2[] = "\x02h2";
    SSL *connection = connections[fd] = SSL_new(context);
    SSL_set_fd(connection, fd);
    if (is_http2) SSL_set_alpn_protos(connection, http2, sizeof http2 - 1);
    else SSL_set_alpn_protos(connection, http1, sizeof http1 - 1);
    int flags = fcntl(fd, F_GETFL);
    fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
    if (SSL_connect(connection) != 1) {
        ERR_print_errors_fp(stderr);
        fail("the TLS handshake failed");
    }
    fcntl(fd, F_SETFL, flags);
}

static ssize_t result(SSL *connection, int count) {
    if (count > 0) return count;
    int error = SSL_get_error(connection, count);
    ERR_clear_error();
    if (error == SSL_ERROR_ZERO_RETURN) return 0;
    errno = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? EAGAIN : ECONNRESET;
    return -1;
}

ssize_t channel_read(int fd, void *buffer, size_t size) {
    SSL *connection = context ? connections[fd] : NULL;
    if (!connection) return recv(fd, buffer, size, 0);
    // All that has arrived: what the library holds back would not make the socket readable.
    size_t count = 0;
    int got = 0;
    while (count < size && (got = SSL_read(connection, (char *)buffer + count, size - count)) > 0)
        count += got;
    if (count == size && SSL_pending(connection) > 0) fail("more at once than there is room for");
    return count > 0 ? (ssize_t)count : result(connection, got);
}

ssize_t channel_write(int fd, const void *bytes, size_t size) {
    SSL *connection = context ? connections[fd] : NULL;
    if (!connection) return send(fd, bytes, size, MSG_NOSIGNAL);
    return result(connection, SSL_write(connection, bytes, (int)size));
}

void channel_close(int fd) {
    if (context) {
        SSL_free(connections[fd]);
        connections[fd] = NULL;
    }
    close(fd);
}
