"""Clients that attack the gateway over HTTP/2, each on connections of its own.

    hostile_http2.py PROGRAM [--tls] [NAME...]

Starts PROGRAM (the gateway) and runs each attack, or those named; with `--tls` all connections are over
TLS. After each one the gateway answers over HTTP/1.1 in time, and holds no connection and no memory of
the attack. The last line is `N passed, M failed`.
"""

import contextlib
import http.client
import operator
import re
import socket
import ssl
import struct
import sys
import tempfile
import time

import h2.config
import h2.connection
import h2.errors
import h2.events
import hpack
from certificates import Authority
from readme_gateway import Gateway
from support import record, until

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
(DATA, HEADERS, PRIORITY, RESET, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONTINUATION) = range(10)
END_STREAM, ACK, END_HEADERS, PADDED = 1, 1, 4, 8
CALM = 11
GET = [(":method", "GET"), (":scheme", "http"), (":authority", "a"), (":path", "/healthz")]
# Short, so that what waits for a deadline is seen to end.
LIMITS = ("limits.header_deadline=1s", "limits.body_deadline=1s", "limits.keep_alive_idle=2s")
AT_ONCE = 0.5  # seconds that a request of another client may take
GONE = 8  # seconds until nothing is left of an attack


def frame(kind, flags=0, stream=0, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def fields(pairs, index=False):
    """Literals that enter no table, so that each block stands alone."""
    def text(value):
        value = value if isinstance(value, bytes) else value.encode()
        return hpack.hpack.encode_integer(len(value), 7) + value
    start = b"\x40" if index else b"\x00"
    return b"".join(start + bytes(text(name)) + bytes(text(value)) for name, value in pairs)


def get(stream, pairs=(), flags=END_STREAM | END_HEADERS, path="/healthz"):
    head = [(name, path if name == ":path" else value) for name, value in GET]
    return frame(HEADERS, flags, stream, fields(head + list(pairs)))


class Connection:
    """A socket that sends and reads single frames."""

    def __init__(self, gateway, settings=b"", preface=True, small=False):
        self.socket = socket.socket()
        if small:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.settimeout(10)
        self.socket.connect(("127.0.0.1", gateway.port))
        if gateway.context:
            context = ssl.create_default_context(cadata=gateway.authority)
            context.set_alpn_protocols(["h2"])
            self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        self.buffer = b""
        if preface:
            self.send(PREFACE + frame(SETTINGS, payload=settings))

    def send(self, data):
        """Sends as much as the gateway takes; returns whether it took all."""
        try:
            self.socket.sendall(data)
            return True
        except OSError:
            return False

    def flood(self, data, seconds=5):
        """Sends the same again and again until the gateway ends the connection."""
        piece = data * max(1, 16384 // len(data))
        deadline = time.monotonic() + seconds
        sent = 0
        while self.send(piece):
            sent += len(piece) // len(data)
            if time.monotonic() > deadline:
                raise AssertionError(f"{sent} frames, and the connection goes on")

    def frames(self):
        """All frames up to the end of the connection."""
        while True:
            while len(self.buffer) >= 9:
                length = int.from_bytes(self.buffer[:3])
                if len(self.buffer) < 9 + length:
                    break
                kind, flags, stream = struct.unpack(">BBI", self.buffer[3:9])
                payload = self.buffer[9:9 + length]
                self.buffer = self.buffer[9 + length:]
                yield kind, flags, stream, payload
            try:
                data = self.socket.recv(65536)
            except TimeoutError:
                raise AssertionError("the connection goes on")
            except OSError:
                return
            if not data:
                return
            self.buffer += data

    def wait(self, kind, stream=None):
        """The payload of the first frame of a kind."""
        for found, _, number, payload in self.frames():
            if found == kind and stream in (None, number):
                return payload
        raise AssertionError(f"the connection ended without a frame of type {kind}")

    def goaway(self):
        """The error code with which the connection ends; None if it does not say one."""
        code = None
        for kind, _, _, payload in self.frames():
            if kind == GOAWAY:
                code = int.from_bytes(payload[4:8])
        return code

    def close(self):
        self.socket.close()


@contextlib.contextmanager
def connection(*arguments, **named):
    made = Connection(*arguments, **named)
    try:
        yield made
    finally:
        made.close()


def calm(code):
    """A flood ends with this code, or is cut before the client can read it."""
    if code not in (None, CALM):
        raise AssertionError(f"it ends with the code {code}")


# MARK: floods

def flooded(gateway, piece, before=b""):
    with connection(gateway) as client:
        client.send(before)
        client.flood(piece)
        calm(client.goaway())


def flood_of_ping(gateway):
    flooded(gateway, frame(PING, payload=bytes(8)))


def flood_of_ping_answers(gateway):
    flooded(gateway, frame(PING, ACK, payload=bytes(8)))


def flood_of_settings(gateway):
    flooded(gateway, frame(SETTINGS, payload=struct.pack(">HI", 4, 1000)))


def flood_of_priorities(gateway):
    flooded(gateway, frame(PRIORITY, stream=1, payload=struct.pack(">IB", 3, 5)))


def flood_of_empty_data(gateway):
    head = [(":method", "POST"), *GET[1:3], (":path", "/push"),
            ("content-type", "application/json")]
    flooded(gateway, frame(DATA, stream=1), frame(HEADERS, END_HEADERS, 1, fields(head)))


def flood_of_empty_data_to_events(gateway):
    flooded(gateway, frame(DATA, stream=1), get(1, flags=END_HEADERS, path="/events"))


def flood_of_window_updates(gateway):
    flooded(gateway, frame(WINDOW, payload=struct.pack(">I", 1)))


def flood_of_continuations(gateway):
    flooded(gateway, frame(CONTINUATION, stream=1, payload=b"\x00\x01a\x01b"), get(1, flags=0))


def flood_of_pings_unread(gateway):
    """The answers are not read, while a stream is open."""
    with connection(gateway, struct.pack(">HI", 4, 2**31 - 1), small=True) as client:
        client.send(frame(WINDOW, payload=struct.pack(">I", 2**30)) + get(1, path="/events"))
        client.flood(frame(PING, payload=bytes(8)))


def rapid_reset(gateway):
    with connection(gateway) as client:
        number = 1
        for _ in range(400):
            piece = b""
            for _ in range(50):
                piece += get(number, path="/records") + frame(
                    RESET, stream=number, payload=struct.pack(">I", 8))
                number += 2
            if not client.send(piece):
                break
        else:
            raise AssertionError("20,000 resets, and the connection goes on")
        calm(client.goaway())


def reset_after_the_answer_has_begun(gateway):
    """Each in a read of its own, so that handlers have run."""
    with connection(gateway) as client:
        for index in range(20000):
            number = 2 * index + 1
            if not client.send(get(number, path="/subscribers")):
                break
            if not client.send(frame(RESET, stream=number, payload=struct.pack(">I", 8))):
                break
        else:
            raise AssertionError("20,000 resets, and the connection goes on")
        calm(client.goaway())


def made_reset(gateway):
    """The gateway is made to reset the streams itself."""
    with connection(gateway) as client:
        for index in range(20000):
            if not client.send(get(2 * index + 1, [("connection", "close")])):
                break
        else:
            raise AssertionError("20,000 resets, and the connection goes on")
        calm(client.goaway())


def too_many_streams(gateway):
    with connection(gateway) as client:
        client.send(b"".join(get(2 * n + 1, path="/events") for n in range(300)))
        refused = set()
        for kind, _, stream, payload in client.frames():
            if kind == RESET:
                refused.add((stream, int.from_bytes(payload)))
            if len(refused) == 200 or kind == GOAWAY:
                break
        if any(code != 7 for _, code in refused):
            raise AssertionError(f"{refused}")


# MARK: header sections

def header_bomb(gateway):
    """A small block that refers to a large entry of the table again and again."""
    with connection(gateway) as client:
        client.send(get(1))
        block = fields(GET) + fields([("bomb", "a" * 3900)], index=True) + b"\xbe" * 11000
        client.send(frame(HEADERS, END_STREAM | END_HEADERS, 3, block))
        client.wait(RESET, 3)
        for index in range(2000):
            block = b"\xbe" * 16000
            if not client.send(frame(HEADERS, END_STREAM | END_HEADERS, 2 * index + 5, block)):
                break
        else:
            raise AssertionError("2,000 bombs, and the connection goes on")
        calm(client.goaway())


def header_section_too_large(gateway):
    with connection(gateway) as client:
        block = fields(GET + [(f"name-{n}", "x" * 900) for n in range(30)])
        parts = [block[n:n + 16000] for n in range(0, len(block), 16000)]
        client.send(frame(HEADERS, END_STREAM, 1, parts[0]) + b"".join(
            frame(CONTINUATION, END_HEADERS if part is parts[-1] else 0, 1, part)
            for part in parts[1:]))
        status(client, 1, "431")


def header_section_without_end(gateway):
    with connection(gateway) as client:
        client.send(get(1)[:-3])
        client.goaway()


def refused(gateway, pairs):
    """A malformed request resets its stream, and the next one is answered."""
    with connection(gateway) as client:
        client.send(frame(HEADERS, END_STREAM | END_HEADERS, 1, fields(pairs)))
        code = int.from_bytes(client.wait(RESET, 1))
        if code != 1:
            raise AssertionError(f"it is reset with the code {code}")
        client.send(get(3))
        status(client, 3, "200")


def status(client, stream, wanted):
    found = dict(hpack.Decoder().decode(client.wait(HEADERS, stream)))
    if found.get(":status") != wanted:
        raise AssertionError(f"{found}")


def upper_case_name(gateway):
    refused(gateway, GET + [("X-Name", "v")])


def fields_of_a_connection(gateway):
    for pair in [("connection", "close"), ("transfer-encoding", "chunked"), ("upgrade", "h2c"),
                 ("keep-alive", "1"), ("proxy-connection", "close"), ("te", "gzip")]:
        refused(gateway, GET + [pair])


def bad_pseudo_fields(gateway):
    for pairs in [GET[1:], GET[:1] + GET[2:], GET[:3], GET + [(":path", "/again")],
                  GET[:3] + [("name", "v")] + GET[3:], GET + [(":status", "200")],
                  GET + [(":unknown", "v")], GET[:3] + [(":path", "")]]:
        refused(gateway, pairs)


def controls_in_values(gateway):
    for value in (b"a\r\nb: c", b"a\0b", b"a\nb"):
        refused(gateway, GET + [("name", value)])


# MARK: broken rules of the connection

def ended(gateway, data, codes, before=b""):
    with connection(gateway) as client:
        client.send(before + data)
        code = client.goaway()
        if code not in codes:
            raise AssertionError(f"it ends with the code {code}")


def data_on_an_idle_stream(gateway):
    ended(gateway, frame(DATA, stream=5, payload=b"x"), [1])


def continuation_alone(gateway):
    ended(gateway, frame(CONTINUATION, END_HEADERS, 1, b""), [1])


def another_frame_within_a_header_section(gateway):
    ended(gateway, frame(PING, payload=bytes(8)), [1], get(1, flags=0))


def even_stream(gateway):
    ended(gateway, get(2), [1])


def stream_that_goes_back(gateway):
    """nghttp2 does not remember which streams there were: it takes one that was skipped for one that
    has ended, and ignores it."""
    with connection(gateway) as client:
        client.send(get(5) + get(1) + get(7))
        seen = [stream for kind, _, stream, _ in client.frames() if kind == HEADERS]
        if seen != [5, 7]:
            raise AssertionError(f"responses on {seen}")


def push_of_a_client(gateway):
    ended(gateway, frame(PUSH, END_HEADERS, 1, struct.pack(">I", 2) + fields(GET)), [1])


def frame_too_large(gateway):
    ended(gateway, frame(DATA, stream=1, payload=bytes(16385)), [6], get(1, flags=END_HEADERS))


def window_of_nothing(gateway):
    ended(gateway, frame(WINDOW, payload=bytes(4)), [1])


def window_too_large(gateway):
    ended(gateway, 2 * frame(WINDOW, payload=struct.pack(">I", 2**31 - 1)), [3])


def settings_out_of_range(gateway):
    ended(gateway, frame(SETTINGS, payload=struct.pack(">HI", 4, 2**31)), [3])
    ended(gateway, frame(SETTINGS, payload=struct.pack(">HI", 5, 1)), [1])
    ended(gateway, frame(SETTINGS, payload=b"12345"), [6])


def padding_longer_than_the_frame(gateway):
    ended(gateway, frame(DATA, PADDED, 1, b"\xff" + bytes(10)), [1], get(1, flags=END_HEADERS))


# MARK: prefaces

def truncated_preface(gateway):
    for count in (1, 3, 14, 23):
        with connection(gateway, preface=False) as client:
            client.send(PREFACE[:count])
            client.goaway()
        with connection(gateway, preface=False) as client:
            client.send(PREFACE[:count])
            client.socket.shutdown(socket.SHUT_WR)
            client.goaway()


def preface_and_silence(gateway):
    with connection(gateway, preface=False) as client:
        client.send(PREFACE)
        client.goaway()


def garbage_after_the_preface(gateway):
    with connection(gateway, preface=False) as client:
        client.send(PREFACE + b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 10)
        client.goaway()
    with connection(gateway, preface=False) as client:
        client.send(PREFACE + bytes(range(256)) * 100)
        client.goaway()


def no_settings_first(gateway):
    with connection(gateway, preface=False) as client:
        client.send(PREFACE + get(1))
        if client.goaway() != 1:
            raise AssertionError("a request before SETTINGS is no error")


def one_byte_at_a_time(gateway):
    with connection(gateway, preface=False) as client:
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in PREFACE + frame(SETTINGS) + get(1):
            client.send(bytes([byte]))
        status(client, 1, "200")


# MARK: clients that hold what they have

def tiny_windows(gateway):
    """Windows of a byte, opened by a byte now and then: no response gets anywhere."""
    with connection(gateway, struct.pack(">HI", 4, 1)) as client:
        numbers = range(1, 200, 2)
        client.send(b"".join(get(number, path="/openapi.json") for number in numbers))
        for _ in range(10):
            time.sleep(0.1)
            client.send(b"".join(
                frame(WINDOW, stream=number, payload=struct.pack(">I", 1)) for number in numbers[:5]))
        seen = set()
        for kind, _, stream, payload in client.frames():
            if kind == RESET:
                seen.add(stream)
            if len(seen) == len(numbers):
                return
        raise AssertionError(f"{len(seen)} of {len(numbers)} streams were ended")


def bodies_that_never_come(gateway):
    with connection(gateway) as client:
        for number in range(1, 200, 2):
            head = [(":method", "POST"), *GET[1:3], (":path", "/push"),
                    ("content-type", "application/json"), ("padding", "x" * 10000)]
            client.send(frame(HEADERS, END_HEADERS, number, fields(head)))
        answered = set()
        for kind, _, stream, _ in client.frames():
            if kind == HEADERS:
                answered.add(stream)
            if len(answered) == 100:
                return
        raise AssertionError(f"{len(answered)} of 100 requests were answered")


def nothing_is_read(gateway):
    with connection(gateway, struct.pack(">HI", 4, 2**31 - 1), small=True) as client:
        client.send(frame(WINDOW, payload=struct.pack(">I", 2**30)))
        client.send(b"".join(get(number, path="/openapi.json") for number in range(1, 200, 2)))
        until("the connection is gone", lambda: levels(gateway)[0] == 1, GONE)


def subscribers_that_vanish(gateway):
    with connection(gateway) as client:
        client.send(b"".join(get(number, path="/events") for number in range(1, 100, 2)))
        until("50 subscribers", lambda: len(gateway.subscribers()) == 50)
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    until("no subscriber", lambda: not gateway.subscribers(), 2)


def a_library_is_content(gateway):
    """What no attack is: Python's h2, with a subscriber and operations on one connection."""
    with connection(gateway, preface=False) as client:
        state = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        state.initiate_connection()
        head = dict(GET)
        state.send_headers(1, list({**head, ":path": "/events"}.items()), end_stream=True)
        client.send(state.data_to_send())
        bodies = {1: b"", 3: b"", 5: b""}
        cid = None
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            for event in state.receive_data(client.socket.recv(65536)):
                if isinstance(event, h2.events.DataReceived):
                    bodies[event.stream_id] += event.data
                    state.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            if cid is None and b"connected" in bodies[1]:
                cid = gateway.push(record("over http/2")).encode()
                state.send_headers(3, GET, end_stream=True)
            client.send(state.data_to_send())
            if cid and cid in bodies[1] and bodies[3]:
                return
        raise AssertionError(f"{bodies}")


ATTACKS = [
    flood_of_ping, flood_of_ping_answers, flood_of_settings, flood_of_priorities,
    flood_of_empty_data, flood_of_empty_data_to_events, flood_of_window_updates,
    flood_of_continuations, flood_of_pings_unread, rapid_reset, reset_after_the_answer_has_begun,
    made_reset, too_many_streams, header_bomb, header_section_too_large,
    header_section_without_end, upper_case_name, fields_of_a_connection, bad_pseudo_fields,
    controls_in_values, data_on_an_idle_stream, continuation_alone,
    another_frame_within_a_header_section, even_stream, stream_that_goes_back, push_of_a_client,
    frame_too_large, window_of_nothing, window_too_large, settings_out_of_range,
    padding_longer_than_the_frame, truncated_preface, preface_and_silence,
    garbage_after_the_preface, no_settings_first, one_byte_at_a_time, tiny_windows,
    bodies_that_never_come, nothing_is_read, subscribers_that_vanish, a_library_is_content,
]


def plainly(gateway):
    """A connection of HTTP/1.1."""
    if gateway.context:
        return http.client.HTTPSConnection(
            "127.0.0.1", gateway.port, timeout=10, context=gateway.context)
    return http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=10)


def levels(gateway):
    """The connections, with that of the question, and the bytes of memory."""
    client = plainly(gateway)
    try:
        client.request("GET", "/metrics")
        text = client.getresponse().read().decode()
    finally:
        client.close()
    found = [re.search(rf"^directory_gateway_{name} (\S+)$", text, re.M)
             for name in ("connections", "memory_bytes")]
    return [float(match[1]) for match in found]


def answers(gateway):
    start = time.monotonic()
    client = plainly(gateway)
    client.request("GET", "/healthz")
    response = client.getresponse()
    response.read()
    client.close()
    took = time.monotonic() - start
    if response.status != 200 or took > AT_ONCE:
        raise AssertionError(f"/healthz gives {response.status} after {took:.2f} s")


def main():
    program, *names = [word for word in sys.argv[1:] if word != "--tls"]
    attacks = [attack for attack in ATTACKS if not names or attack.__name__ in names]
    failed = 0
    with tempfile.TemporaryDirectory() as directory:
        authority = Authority(directory) if "--tls" in sys.argv else None
        gateway = Gateway(program, directory, *LIMITS, "allowed_hosts=a", authority=authority)
        if authority:
            gateway.authority = open(authority.path).read()
        quiet = levels(gateway)
        for attack in attacks:
            name = attack.__name__.replace("_", " ")
            try:
                attack(gateway)
                answers(gateway)
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
