"""Measures what a gateway in front of another one adds to the time of an event, at 100 events a second.

Usage: upstream.py PROGRAM

Starts PROGRAM twice, the second in front of the first, and subscribes a bare socket to each. Records are
pushed at the first, one each 10 ms. For each event it takes the time between the event's own timestamp
(set where it is published) and the moment its bytes are at either subscriber, and the difference of the
two. The promise is 1 ms more at the 99th percentile.
"""

import re
import selectors
import statistics
import sys
import tempfile
import threading
import time
from datetime import datetime

from gateway import Gateway, record
from sockets import connect, read_until

EVENTS = 3000
WARM_UP = 200
INTERVAL = 0.01


def push(gateway, stop):
    client = connect(gateway.address)
    due = time.monotonic()
    for number in range(EVENTS + WARM_UP):
        if stop.is_set():
            return
        body = record(number).encode()
        client.sendall(
            f"POST /push HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        read_until(client, b"}\n")
        due += INTERVAL
        time.sleep(max(0, due - time.monotonic()))


def subscribe(gateway):
    stream = connect(gateway.address)
    stream.sendall(b"GET /events?types=RECORD_PUSHED HTTP/1.1\r\nHost: localhost\r\n\r\n")
    read_until(stream, b": connected\n\n")
    stream.setblocking(False)
    return stream


def measure(back, front):
    streams = {"back": subscribe(back), "front": subscribe(front)}
    seen = {name: {} for name in streams}
    rest = dict.fromkeys(streams, b"")
    selector = selectors.DefaultSelector()
    for name, stream in streams.items():
        selector.register(stream, selectors.EVENT_READ, name)
    stop = threading.Event()
    pusher = threading.Thread(target=push, args=[back, stop])
    pusher.start()
    try:
        while min(len(events) for events in seen.values()) < EVENTS + WARM_UP:
            ready = selector.select(20)
            if not ready:
                raise SystemExit(f"events are missing: {[len(e) for e in seen.values()]}")
            for key, _ in ready:
                part = key.fileobj.recv(1 << 16)
                now = time.time()
                if not part:
                    raise SystemExit(f"the {key.data} closed the stream")
                *frames, rest[key.data] = (rest[key.data] + part).split(b"\n\n")
                for frame in frames:
                    found = re.search(rb'"id":"([^"]+)".*"timestamp":"([^"]+)Z"', frame)
                    if found:
                        stamp = datetime.fromisoformat(found[2].decode() + "+00:00").timestamp()
                        seen[key.data][found[1]] = (now, now - stamp)
    finally:
        stop.set()
        pusher.join()
    ids = list(seen["back"])[WARM_UP:]
    return ([seen["back"][id][1] for id in ids], [seen["front"][id][1] for id in ids],
            [seen["front"][id][0] - seen["back"][id][0] for id in ids])


def row(name, times):
    cuts = statistics.quantiles(times, n=100)
    print(f"| {name} | {cuts[49] * 1e3:.3f} | {cuts[98] * 1e3:.3f} | {max(times) * 1e3:.3f} |")


def main():
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        with Gateway(sys.argv[1], one) as back:
            with Gateway(
                    sys.argv[1], two, "--set", f"upstream.address={back.address}") as front:
                print(f"bench: {EVENTS} events, 100 a second, through a gateway in front",
                      file=sys.stderr)
                at_back, at_front, between = measure(back, front)
    print("### A gateway in front of a gateway, 100 events a second\n")
    print("| ms | p50 | p99 | max |\n|---|---|---|---|")
    row("publish to receive, at the gateway with the records", at_back)
    row("publish to receive, at the gateway in front", at_front)
    row("the difference for each event", between)


main()
