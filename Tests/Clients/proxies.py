"""Reads the stream through nginx, HAProxy, Caddy and Varnish, as config/proxies sets them up.

Usage: proxies.py PROGRAM [NAME...]
Starts PROGRAM (the gateway) behind each of them, or behind those that are named. The last line is `N passed, M failed`.
"""

import contextlib
import json
import socket
import ssl
import statistics
import subprocess
import sys
import threading
import time

import grpc

from proxies_programs import ALL, HEARTBEAT, NAME, DelayingHAProxy
from readme_gateway import wide_record
from support import expect, record, until

PROGRAM = sys.argv[1]
LONGEST = 0.1  # seconds that an event may take, from before its push to its arrival
TYPES = {"SSE": "text/event-stream", "NDJSON": "application/x-ndjson"}
HEARTBEATS = {"SSE": "\n:", "NDJSON": "\r\n\n"}


class Request:
    """An HTTP/1.1 request on a connection of its own; what comes back is read as it comes."""

    def __init__(self, proxy, head, body=b""):
        connection = socket.create_connection(("127.0.0.1", proxy.port), 10)
        if proxy.secure:
            context = ssl.create_default_context(cafile=proxy.certificate)
            connection = context.wrap_socket(connection, server_hostname=NAME)
        connection.settimeout(None)
        self.connection, self.text, self.arrivals = connection, "", []
        connection.sendall(f"{head} HTTP/1.1\r\nHost: {NAME}\r\n".encode() + body)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        with contextlib.suppress(OSError):
            while data := self.connection.recv(65536):
                now = time.monotonic()
                self.text += data.decode()
                self.arrivals.append((now, len(self.text)))

    def arrival(self, what):
        """When a text came; waits for it."""
        until(lambda: f"{what} in …{self.text[-300:]!r}", lambda: what in self.text)
        length = self.text.index(what) + len(what)
        return next(now for now, sum in self.arrivals if sum >= length)

    def leave(self):
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
        self.reader.join(10)
        self.connection.close()


def stream(proxy, kind):
    until("the end of the stream", lambda: not proxy.gateway.subscribers())
    request = Request(proxy, "GET /events", f"Accept: {TYPES[kind]}\r\n\r\n".encode())
    until("a subscriber", proxy.gateway.subscribers)
    return request


def median(proxy, request):
    """The median of several events, in seconds."""
    times = []
    for number in range(9):
        start = time.monotonic()
        cid = proxy.gateway.push(record(f"event {number}"))
        times.append(request.arrival(cid) - start)
        # A proxy that waits for more would send it with the next.
        time.sleep(0.02)
    return statistics.median(times)


def ready(proxy):
    def answers():
        if proxy.process.poll() is not None:
            raise AssertionError(f"{proxy.name} has ended: {proxy.log()}")
        with contextlib.suppress(OSError):
            request = Request(proxy, "GET /healthz", b"Connection: close\r\n\r\n")
            request.reader.join(2)
            request.leave()
            return " 200 " in request.text
    until(f"{proxy.name} answers", answers)


def events_come_at_once(proxy, kind):
    request = stream(proxy, kind)
    if kind == "SSE":
        request.arrival("retry: 200\n: connected\n\n")
    found = median(proxy, request)
    print(f"   {proxy.name}, {kind}: {found * 1000:.1f} ms", flush=True)
    request.leave()
    if found > LONGEST:
        raise AssertionError(f"the median of several events is {found * 1000:.0f} ms")


def silence_is_broken(proxy, kind):
    request = stream(proxy, kind)
    beat = HEARTBEATS[kind]
    for count in (1, 2):
        seen = request.text.count(beat)
        until(f"heartbeat {count}", lambda: request.text.count(beat) > seen, 5)
    request.leave()


def who_leaves_is_noticed(proxy, kind):
    """At once, not when the next heartbeat cannot be delivered."""
    request = stream(proxy, kind)
    beat = HEARTBEATS[kind]
    seen = request.text.count(beat)
    until("a heartbeat", lambda: request.text.count(beat) > seen, 5)
    request.leave()
    until("the subscriber is gone", lambda: not proxy.gateway.subscribers(), HEARTBEAT * 0.8)


def goodbye_passes(proxy, kind):
    request = stream(proxy, kind)
    proxy.gateway.stop()
    request.arrival("goodbye")
    request.arrival("0\r\n\r\n")
    request.leave()
    proxy.gateway.start()
    ready(proxy)
    again = stream(proxy, kind)
    again.arrival(proxy.gateway.push(record("after the restart")))
    again.leave()


def http2(proxy):
    """curl over HTTP/2, while the gateway sees HTTP/1.1."""
    process = subprocess.Popen(
        ["curl", "-sN", "--http2", "--cacert", proxy.certificate, "-w", "%{http_version}",
         "--resolve", f"{NAME}:{proxy.port}:127.0.0.1", f"https://{NAME}:{proxy.port}/events"],
        stdout=subprocess.PIPE)
    text = []
    reader = threading.Thread(
        target=lambda: text.extend(iter(lambda: process.stdout.read1(65536), b"")), daemon=True)
    try:
        reader.start()
        until("a subscriber", proxy.gateway.subscribers)
        start = time.monotonic()
        cid = proxy.gateway.push(record("http/2")).encode()
        until("the event", lambda: cid in b"".join(text))
        if time.monotonic() - start > 1:
            raise AssertionError(f"it took {time.monotonic() - start:.1f} s")
        # The end of the stream, where curl tells the version.
        proxy.gateway.restart()
        until("the end", lambda: process.poll() is not None)
        reader.join(10)
        expect("the version", b"".join(text)[-1:], b"2")
    finally:
        process.kill()
        process.wait()
    ready(proxy)


def grpc_passes(proxy):
    """A Directory SDK behind the proxy: HTTP/2 on both sides."""
    with open(proxy.certificate, "rb") as file:
        credentials = grpc.ssl_channel_credentials(file.read())
    names = (("grpc.ssl_target_name_override", NAME), ("grpc.default_authority", NAME))
    with grpc.secure_channel(f"127.0.0.1:{proxy.port}", credentials, names) as channel:
        call = channel.unary_stream("/agntcy.dir.events.v1.EventService/Listen")(b"")
        until("a subscriber", proxy.gateway.subscribers)
        times = []
        for number in range(9):
            start = time.monotonic()
            cid = proxy.gateway.push(record(f"call {number}"))
            expect("the event", cid.encode() in next(call), True)
            times.append(time.monotonic() - start)
        found = statistics.median(times)
        print(f"   {proxy.name}, gRPC: {found * 1000:.1f} ms", flush=True)
        if found > LONGEST:
            raise AssertionError(f"the median of several events is {found * 1000:.0f} ms")
        call.cancel()
    until("the subscriber is gone", lambda: not proxy.gateway.subscribers())


def many_records(proxy, kind):
    """A stream of records without a length: each gets its result, none is lost on the way."""
    lines = "".join(json.dumps(wide_record(f"record {n}", 10, 40)) + "\n" for n in range(2000))
    scheme = "https" if proxy.secure else "http"
    command = ["curl", "-s", "--http1.1", "-T", "-", "-X", "POST", "-H",
               "Content-Type: application/x-ndjson", "--resolve", f"{NAME}:{proxy.port}:127.0.0.1"]
    if kind == "without Expect":
        command += ["-H", "Expect:"]
    if proxy.secure:
        command += ["--cacert", proxy.certificate]
    ran = subprocess.run([*command, f"{scheme}://{NAME}:{proxy.port}/push"], input=lines, text=True,
                         capture_output=True, timeout=60)
    expect("exit code of curl", ran.returncode, 0)
    results = [json.loads(line) for line in ran.stdout.splitlines()]
    expect("results", len(results), 2000)
    expect("their lines", {result["line"] for result in results}, set(range(1, 2001)))
    expect("results that are errors", [r for r in results if r["status"] not in (200, 201)], [])


def http_no_delay_is_needed(proxy):
    """What the sample says of HAProxy's default is still so."""
    request = stream(proxy, "SSE")
    found = median(proxy, request)
    print(f"   {proxy.name}: {found * 1000:.1f} ms", flush=True)
    request.leave()
    if found < LONGEST:
        raise AssertionError(f"{found * 1000:.1f} ms: the sample's comment is no longer true")


def checks(kind):
    if kind is DelayingHAProxy:
        return [(http_no_delay_is_needed, ())]
    both = (events_come_at_once, silence_is_broken, who_leaves_is_noticed, goodbye_passes)
    found = [(check, (form,)) for check in both for form in TYPES]
    if kind.passes_grpc:
        found.append((grpc_passes, ()))
    return found + ([(http2, ())] if kind.secure else []) + [
        (many_records, ("with Expect",)), (many_records, ("without Expect",))]


def main():
    passed = failed = 0
    names = sys.argv[2:]
    for kind in [kind for kind in [*ALL, DelayingHAProxy] if not names or kind.name in names]:
        with kind(PROGRAM) as proxy:
            todo = checks(kind)
            try:
                ready(proxy)
            except Exception as error:
                failed += len(todo)
                print(f"failed: {kind.name}: {error}")
                continue
            for check, arguments in todo:
                name = ", ".join([kind.name, check.__name__.replace("_", " "), *arguments])
                try:
                    check(proxy, *arguments)
                    passed += 1
                    print(f"ok: {name}", flush=True)
                except Exception as error:
                    failed += 1
                    print(f"failed: {name}: {type(error).__name__}: {error}", flush=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
