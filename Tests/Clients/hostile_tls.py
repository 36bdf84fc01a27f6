"""Clients that attack the gateway below HTTP, where its connections are over TLS.

    hostile_tls.py PROGRAM [NAME...]

Starts PROGRAM (the gateway) and runs each attack, or those named. Meanwhile a subscriber reads events.
After each attack the gateway answers in time, the subscriber gets its event, and no connection and no
memory of the attack is left. The last line is `N passed, M failed`.
"""

import contextlib
import http.client
import operator
import os
import re
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time

from certificates import Authority
from readme_gateway import Gateway
from support import record, until

LIMITS = ("limits.header_deadline=1s", "limits.body_deadline=1s", "limits.keep_alive_idle=2s")
AT_ONCE = 1.0  # seconds that a request of another client may take
GONE = 8  # seconds until nothing is left of an attack
ENDED = 5  # seconds until the gateway ends a connection that does not go on


@contextlib.contextmanager
def plain(gateway):
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=ENDED) as client:
        yield client


@contextlib.contextmanager
def secured(gateway, **more):
    with plain(gateway) as client, context(gateway, **more).wrap_socket(
            client, server_hostname="localhost") as secured:
        yield secured


def context(gateway, version=None, protocols=("http/1.1",), ciphers=None):
    made = ssl.create_default_context(cafile=gateway.authority)
    if version:
        made.minimum_version = made.maximum_version = version
    if ciphers:
        made.set_ciphers(ciphers)
    made.set_alpn_protocols(protocols)
    return made


def hello(gateway):
    """The first flight of a client."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        context(gateway).wrap_bio(incoming, outgoing, server_hostname="localhost").do_handshake()
    return outgoing.read()


def ended(client):
    """Reads to the end of the connection; returns what came."""
    received = b""
    while True:
        try:
            data = client.recv(65536)
        except TimeoutError:
            raise AssertionError("the connection goes on")
        except OSError:
            return received
        if not data:
            return received
        received += data


def sent(client, data):
    """Sends; whether the other side still takes it."""
    try:
        client.sendall(data)
        return True
    except OSError:
        return False


# MARK: handshakes

def silence(gateway):
    with plain(gateway) as client:
        ended(client)


def half_a_hello(gateway):
    first = hello(gateway)
    for count in (1, 5, 6, len(first) // 2, len(first) - 1):
        with plain(gateway) as client:
            client.sendall(first[:count])
            ended(client)


def a_hello_and_silence(gateway):
    with plain(gateway) as client:
        client.sendall(hello(gateway))
        ended(client)


def one_byte_now_and_then(gateway):
    """Each byte comes in time, and the whole does not."""
    with plain(gateway) as client:
        for byte in hello(gateway):
            if not sent(client, bytes([byte])):
                return
            time.sleep(0.05)  # the attack itself: its pace keeps the connection busy
        raise AssertionError("the handshake has no deadline")


def many_handshakes_that_never_end(gateway):
    first = hello(gateway)
    clients = []
    try:
        for number in range(400):
            client = socket.create_connection(("127.0.0.1", gateway.port), timeout=ENDED)
            clients.append(client)
            client.sendall(first[:1 + number % len(first)])
        answers(gateway)
        for client in clients:
            ended(client)
    finally:
        for client in clients:
            client.close()


def many_handshakes_at_once(gateway):
    """Whole ones, in threads."""
    def shake():
        for _ in range(10):
            with contextlib.suppress(OSError), secured(gateway):
                pass
    threads = [threading.Thread(target=shake) for _ in range(20)]
    for thread in threads:
        thread.start()
    answers(gateway, 3)
    for thread in threads:
        thread.join()


def a_hello_in_many_records(gateway):
    """A byte of the message in each record, as the standard allows."""
    message = hello(gateway)[5:]
    with plain(gateway) as client:
        for byte in message:
            if not sent(client, b"\x16\x03\x01\x00\x01" + bytes([byte])):
                return
        ended(client)


def empty_records(gateway):
    with plain(gateway) as client:
        for _ in range(20000):
            if not sent(client, b"\x16\x03\x01\x00\x00"):
                return
        ended(client)


def a_hello_without_end(gateway):
    """The header announces 16 MB, of which some come."""
    with plain(gateway) as client:
        sent(client, b"\x16\x03\x01\x40\x00\x01\xff\xff\xff" + bytes(16380))
        for _ in range(1000):
            if not sent(client, b"\x16\x03\x01\x40\x00" + bytes(16384)):
                return
        ended(client)


# MARK: no TLS

def garbage(gateway):
    for data in (os.urandom(4096), bytes(4096), b"\xff" * 4096, b"\x16\x03\x01\xff\xff" + bytes(70000),
                 b"\x17\x03\x03\x00\x10" + bytes(16), b"\x15\x03\x03\x00\x02\x02\x28",
                 b"\x80\x2e\x01\x00\x02" + bytes(41), b"SSH-2.0-x\r\n", b"\x16"):
        with plain(gateway) as client:
            sent(client, data)
            ended(client)


def plain_http(gateway):
    for request in (b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", b"POST /push HTTP/1.1\r\n",
                    b"GET / HTTP/1.0\r\n\r\n"):
        with plain(gateway) as client:
            client.sendall(request)
            answer = ended(client)
            if not answer.startswith(b"HTTP/1.1 400 ") or b"https" not in answer:
                raise AssertionError(f"{answer}")


def plain_http2(gateway):
    with plain(gateway) as client:
        sent(client, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9))
        ended(client)


# MARK: versions and algorithms

def old_versions(gateway):
    for version in (0x0300, 0x0301, 0x0302):
        with plain(gateway) as client:
            # TLS 1.1 and older: their version, and no extension that names another.
            body = struct.pack(">H", version) + os.urandom(32) + b"\0\0\x02\xc0\x13\x01\0"
            message = b"\x01" + struct.pack(">I", len(body))[1:] + body
            client.sendall(b"\x16\x03\x01" + struct.pack(">H", len(message)) + message)
            answer = ended(client)
            if answer[:1] != b"\x15":
                raise AssertionError(f"no alert: {answer}")


def no_protocol_in_common(gateway):
    with contextlib.suppress(ssl.SSLError), secured(gateway, protocols=["spdy/3"]) as client:
        if client.selected_alpn_protocol():
            raise AssertionError(client.selected_alpn_protocol())


def weak_ciphers(gateway):
    try:
        with secured(gateway, version=ssl.TLSVersion.TLSv1_2, ciphers="NULL:@SECLEVEL=0"):
            raise AssertionError("a connection without encryption")
    except ssl.SSLError:
        pass


# MARK: after the handshake

def commands(gateway, line, count, *more):
    """What `openssl s_client` does on its commands: R renegotiates, k and K update the keys."""
    result = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{gateway.port}", "-servername",
         "localhost", *more], input=line * count, capture_output=True, text=True, timeout=30)
    return result.stdout + result.stderr


def renegotiation(gateway):
    said = commands(gateway, "R\n", 20, "-tls1_2")
    if "RENEGOTIATING" not in said:
        raise AssertionError("the client did not try")
    if "no renegotiation" not in said and "error" not in said:
        raise AssertionError(f"it was not refused: {said[-500:]}")


def updates_of_keys(gateway):
    for line in ("k\n", "K\n"):
        commands(gateway, line, 2000, "-tls1_3")


def garbage_after_the_handshake(gateway):
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        for data in (os.urandom(300), b"\x17\x03\x03\x00\x20" + os.urandom(32),
                     b"\x17\x03\x03\xff\xff" + os.urandom(1000), b"GET / HTTP/1.1\r\n\r\n"):
            with secured(gateway, version=version) as client:
                client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
                client.recv(65536)
                # Around the encryption.
                raw = socket.socket(fileno=os.dup(client.fileno()))
                raw.settimeout(ENDED)
                with raw:
                    sent(raw, data)
                    ended(raw)


def half_closed(gateway):
    """The client ends its side in the middle of a request, with and without a word."""
    for request in (b"", b"GET /heal", b"POST /push HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{"):
        for is_polite in (True, False):
            with secured(gateway) as client:
                client.sendall(request)
                raw = socket.socket(fileno=os.dup(client.fileno()))
                raw.settimeout(ENDED)
                with raw:
                    if is_polite:
                        with contextlib.suppress(OSError):
                            client.settimeout(0.1)
                            client.unwrap()
                    raw.shutdown(socket.SHUT_WR)
                    ended(raw)


def streams_whose_clients_end_their_side(gateway):
    clients = []
    for _ in range(50):
        made = secured(gateway)
        client = made.__enter__()
        clients.append((made, client))
        client.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        client.recv(65536)
    for _, client in clients:
        socket.socket(fileno=os.dup(client.fileno())).shutdown(socket.SHUT_WR)
    until("the streams have ended", lambda: len(gateway.subscribers()) == 1, GONE)
    for made, _ in clients:
        with contextlib.suppress(OSError):
            made.__exit__(None, None, None)


def nothing_is_read(gateway):
    """A large response waits, encrypted, for a client that takes nothing."""
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            client = stack.enter_context(secured(gateway))
            client.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 200)
        answers(gateway)
        until("they are gone", lambda: levels(gateway)[0] <= 2, GONE + 10)


def resets_in_every_state(gateway):
    first = hello(gateway)
    for count in (0, 1, 100, len(first)):
        for _ in range(20):
            with plain(gateway) as client:
                client.sendall(first[:count])
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


ATTACKS = [
    silence, half_a_hello, a_hello_and_silence, one_byte_now_and_then,
    many_handshakes_that_never_end, many_handshakes_at_once, a_hello_in_many_records,
    empty_records, a_hello_without_end, garbage, plain_http, plain_http2, old_versions,
    no_protocol_in_common, weak_ciphers, renegotiation, updates_of_keys,
    garbage_after_the_handshake, half_closed, streams_whose_clients_end_their_side,
    nothing_is_read, resets_in_every_state,
]


# MARK: what must go on meanwhile

def https(gateway):
    return http.client.HTTPSConnection(
        "127.0.0.1", gateway.port, timeout=10, context=gateway.context)


def levels(gateway):
    """The connections, with those of the question and of the subscriber, and the bytes of memory."""
    client = https(gateway)
    try:
        client.request("GET", "/metrics")
        text = client.getresponse().read().decode()
    finally:
        client.close()
    found = [re.search(rf"^directory_gateway_{name} (\S+)$", text, re.M)
             for name in ("connections", "memory_bytes")]
    return [float(match[1]) for match in found]


def answers(gateway, at_once=AT_ONCE):
    start = time.monotonic()
    client = https(gateway)
    client.request("GET", "/healthz")
    response = client.getresponse()
    response.read()
    client.close()
    took = time.monotonic() - start
    if response.status != 200 or took > at_once:
        raise AssertionError(f"/healthz gives {response.status} after {took:.2f} s")


class Subscriber:
    """Reads events over TLS while the attacks run."""

    def __init__(self, gateway):
        self.client = http.client.HTTPSConnection(
            "127.0.0.1", gateway.port, timeout=20, context=gateway.context)
        self.client.request("GET", "/events?types=RECORD_PUSHED")
        self.lines = self.client.getresponse()

    def expects(self, cid):
        for line in self.lines:
            if line.startswith(b"data: "):
                if cid.encode() not in line:
                    raise AssertionError(f"another event: {line}")
                return


def main():
    program, *names = sys.argv[1:]
    attacks = [attack for attack in ATTACKS if not names or attack.__name__ in names]
    failed = 0
    with tempfile.TemporaryDirectory() as directory:
        authority = Authority(directory)
        gateway = Gateway(program, directory, *LIMITS, "allowed_hosts=a", authority=authority)
        gateway.authority = authority.path
        subscriber = Subscriber(gateway)
        quiet = levels(gateway)
        for attack in attacks:
            name = attack.__name__.replace("_", " ")
            try:
                attack(gateway)
                answers(gateway)
                subscriber.expects(gateway.push(record(name)))
                until(lambda: f"nothing is left of it, but {levels(gateway)} for {quiet}",
                      lambda: all(map(operator.le, levels(gateway), quiet)), GONE)
                print(f"ok: {name}", flush=True)
            except Exception as error:
                failed += 1
                print(f"failed: {name}: {type(error).__name__}: {error}", flush=True)
        if gateway.process.poll() is not None:
            failed += 1
            print(f"failed: the gateway has ended with {gateway.process.returncode}")
        gateway.stop()
    print(f"{len(attacks) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
