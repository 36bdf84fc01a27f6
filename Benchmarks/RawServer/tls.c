// TLS 1.3 on the sockets, with the buffers released while nothing is read or written: what OpenSSL
// needs at least.
#include "raw.h"
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { JOINED_SIZE = 1 << 20 };

static SSL_CTX *context;
static SSL *connections[DESCRIPTORS];
static char joined[JOINED_SIZE];

static void fail(const char *what) {
    fprintf(stderr, "bench-raw: %s\n", what);
    ERR_print_errors_fp(stderr);
    exit(1);
}

static int select_protocol(
    SSL *connection, const unsigned char **chosen, unsigned char *size,
    const unsigned char *offered, unsigned int offered_size, void *unused)
{
    static const unsigned char known[] = "\x02h2\x08http/1.1";
    int found = SSL_select_next_proto(
        (unsigned char **)chosen, size, known, sizeof known - 1, offered, offered_size);
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

void tls_use(const char *certificate, const char *key) {
    signal(SIGPIPE, SIG_IGN);
    context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_alpn_select_cb(context, select_protocol, NULL);
    if (SSL_CTX_use_certificate_chain_file(context, certificate) != 1) fail(certificate);
    if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1) fail(key);
}

void tls_accept(int descriptor) {
    if (!context) return;
    connections[descriptor] = SSL_new(context);
    SSL_set_fd(connections[descriptor], descriptor);
    SSL_set_accept_state(connections[descriptor]);
}

bool tls_has(int descriptor) { return context && connections[descriptor]; }

void tls_put(int descriptor, const struct iovec *vectors, int number) {
    size_t size = 0;
    for (int i = 0; i < number; i++) {
        if (size + vectors[i].iov_len > JOINED_SIZE) fail("too much at once");
        memcpy(joined + size, vectors[i].iov_base, vectors[i].iov_len);
        size += vectors[i].iov_len;
    }
    if (SSL_write(connections[descriptor], joined, (int)size) != (int)size)
        fail("a subscriber does not keep up");
}

ssize_t tls_receive(int descriptor, void *buffer, size_t size) {
    SSL *connection = connections[descriptor];
    size_t count = 0;
    int got = 1;
    while (count < size && (got = SSL_read(connection, (char *)buffer + count, (int)(size - count))) > 0)
        count += got;
    if (count > 0) return (ssize_t)count;
    errno = EAGAIN;
    return SSL_get_error(connection, got) == SSL_ERROR_WANT_READ ? -1 : 0;
}

void tls_close(int descriptor) {
    SSL_free(connections[descriptor]);
    connections[descriptor] = NULL;
    ERR_clear_error();
}
