// The raw limit of a fan-out, and the same over HTTP/2.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

enum { DESCRIPTORS = 1 << 20, READ_SIZE = 1 << 18, EVENT_LIMIT = 1024 };

/// Ends the program with the reason that `errno` holds.
void die(const char *what) __attribute__((noreturn));
/// Writes all vectors to a socket with one system call. A socket that is full ends the program.
void put(int descriptor, const struct iovec *vectors, int number);

/// Whether a connection has begun with the preface of HTTP/2 (RFC 9113 §3.4).
bool http2_begins(const char *bytes, size_t size);
/// Whether a socket is a connection of HTTP/2.
bool http2_has(int descriptor);
/// Makes a session for a socket.
void http2_open(int descriptor);
/// Takes what has arrived on a connection of HTTP/2.
void http2_receive(int descriptor, const char *bytes, size_t size);
/// Releases the session of a connection that has ended.
void http2_close(int descriptor);
/// Sends events to all streams: one `writev` for each connection.
void http2_fan_out(const struct iovec *events, int count);

/// Makes every connection one of TLS, with a certificate chain and a key in PEM files.
void tls_use(const char *certificate, const char *key);
/// Begins TLS on a socket that was accepted, if it is used.
void tls_accept(int descriptor);
/// Whether a socket speaks TLS.
bool tls_has(int descriptor);
/// Encrypts all vectors, in as few records as possible.
void tls_put(int descriptor, const struct iovec *vectors, int number);
/// Reads what has arrived, or goes on with the handshake; -1 with EAGAIN when there is no more.
ssize_t tls_receive(int descriptor, void *buffer, size_t size);
/// Releases the TLS state of a socket.
void tls_close(int descriptor);
