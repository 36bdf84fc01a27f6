"""Measures how long an event takes from its publication to an idle subscriber, on loopback.

Usage: latency.py PROGRAM

Starts PROGRAM on a port and data directory of its own, subscribes a bare socket to /events, pushes
records one after the other, and takes for each the time between the event's own timestamp (set when
it is published) and the moment its bytes are here. Both clocks are the same machine's. Beside it
stands what the loopback itself takes: the same bytes between two sockets of this process.
"""

import re
import socket
import statistics
import sys
import tempfile
import time
from datetime import datetime

from gateway import Gateway, record
from sockets import connect, read_until

ROUNDS = 2000
WARM_UP = 200


def measure(address):
    stream = connect(address)
    stream.sendall(b"GET /events?types=RECORD_PUSHED HTTP/1.1\r\nHost: localhost\r\n\r\n")
    read_until(stream, b": connected\n\n")
    push = connect(address)
    latencies, pushes = [], []
    for number in range(ROUNDS + WARM_UP):
        body = record(number).encode()
        head = (
            f"POST /push HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode()
        began = time.time()
        push.sendall(head + body)
        frame = read_until(stream, b"\n\n\r\n")
        received = time.time()
        read_until(push, b"}\n")
        answered = time.time()
        stamp = re.search(rb'"timestamp":"([^"]+)Z"', frame).group(1).decode()
        published = datetime.fromisoformat(stamp + "+00:00").timestamp()
        if number >= WARM_UP:
            latencies.append(received - published)
            pushes.append(answered - began)
    return latencies, pushes


def loopback():
    """One write of 400 bytes from a socket to another, and reading it."""
    server = socket.create_server(("127.0.0.1", 0))
    near = socket.create_connection(server.getsockname())
    near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    far, _ = server.accept()
    times = []
    for _ in range(ROUNDS):
        began = time.time()
        near.sendall(b"x" * 400)
        far.recv(65536)
        times.append(time.time() - began)
    return times


def row(name, times):
    cuts = statistics.quantiles(times, n=100)
    print(f"| {name} | {cuts[49] * 1e3:.3f} | {cuts[98] * 1e3:.3f} | {max(times) * 1e3:.3f} |")


def main():
    with tempfile.TemporaryDirectory() as directory:
        with Gateway(sys.argv[1], directory) as gateway:
            print(f"bench: {ROUNDS} pushes, one subscriber", file=sys.stderr)
            latencies, pushes = measure(gateway.address)
    print("### Latency of one event, one subscriber\n")
    print("| ms | p50 | p99 | max |\n|---|---|---|---|")
    row("publish to receive", latencies)
    row("push to answer, durable", pushes)
    row("loopback alone, 400 bytes", loopback())


main()
