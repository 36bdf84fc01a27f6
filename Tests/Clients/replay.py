"""Replays of the event log: to one reader that is slow, and to a crowd that comes back at once.

    replay.py PROGRAM [EVENTS] [READERS]

Publishes EVENTS (100,000) events. One slow reader then gets all of them while the memory of the gateway
stays flat; READERS (1,000) come back at the same time, each with the id of an event among the newest
2,000, and get exactly what follows it. Meanwhile a live subscriber gets its events in time. Prints the
figures.
"""

import json
import multiprocessing
import random
import resource
import selectors
import socket
import sys
import tempfile
import threading
import time
import urllib.request

from readme_gateway import Gateway
from support import expect, record, until

RECORDS = 1000
NEWEST = 2000
GROWTH = 24  # MiB that a replay may need: its page, the buffers of the system, the caches of SQLite
LIVE = 1.0  # seconds that a live event may take at most, on a machine that tests run on


def resident(gateway):
    """The memory of the gateway, MiB."""
    with open(f"/proc/{gateway.process.pid}/status") as file:
        [line] = [line for line in file if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


def fill(gateway, events):
    """Publishes events; returns the ids of the newest ones, oldest first."""
    lines = "\n".join(json.dumps(record(f"r{n}")) for n in range(RECORDS))
    gateway.post("/push", lines, "application/x-ndjson")
    for _ in range(events // RECORDS - 1):
        gateway.post("/publish", {"all": True})
    newest = []
    after = gateway.get("/events/history?limit=1")["next"]
    position = int(after) + events - NEWEST - 1
    while len(newest) < NEWEST:
        page = gateway.get(f"/events/history?limit=1000&after={position}")
        newest += [event["id"] for event in page["events"]]
        position += 1000
    expect("the newest events", newest, sorted(newest))
    return newest


class Live:
    """A live subscriber, and a client that pushes for it: how long each event takes."""

    def __init__(self, gateway):
        self.gateway = gateway
        self.times, self.sent = [], {}
        self.running = True
        self.stream = urllib.request.urlopen(
            gateway.url + "/events?types=RECORD_PUSHED&labels=/skills/live", timeout=60)
        self.threads = [threading.Thread(target=each, daemon=True) for each in (self.read, self.push)]
        for thread in self.threads:
            thread.start()

    def read(self):
        for line in self.stream:
            if line.startswith(b"data: "):
                began = self.sent.get(json.loads(line[6:]).get("resource_id"))
                if began:
                    self.times.append(time.monotonic() - began)

    def push(self):
        """Records whose cids are known from an earlier push, so that the time is taken before."""
        bodies = [record(f"live {n}", "live") for n in range(50)]
        cids = [self.gateway.push(body) for body in bodies]
        self.times.clear()
        number = 0
        while self.running:
            number = (number + 1) % len(bodies)
            self.sent[cids[number]] = time.monotonic()
            self.gateway.push(bodies[number])
            time.sleep(0.02)  # the pace of the live events

    def figures(self):
        """The 99th percentile since the last call, in seconds."""
        times, self.times = sorted(self.times), []
        if not times:
            raise AssertionError("no live event arrived")
        return times[int(len(times) * 0.99)]

    def stop(self):
        self.running = False
        self.threads[1].join(10)


class Reader:
    """A stream that is read without blocking, and its ids."""

    def __init__(self, port, query="", after=None, narrow=False):
        self.socket = socket.socket()
        if narrow:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        self.socket.connect(("127.0.0.1", port))
        field = f"Last-Event-ID: {after}\r\n" if after else ""
        # HTTP/1.0: the body without chunks.
        self.socket.sendall(f"GET /events{query} HTTP/1.0\r\nHost: localhost\r\n{field}\r\n".encode())
        self.socket.setblocking(False)
        self.rest = b""
        self.first = self.last = None
        self.count = 0
        self.other = []

    def read(self, most=65536):
        try:
            data = self.socket.recv(most)
        except BlockingIOError:
            return
        if not data:
            raise AssertionError(f"the stream ended after {self.count} events")
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            if line.startswith(b"id: "):
                found = line[4:].decode()
                if self.last and found <= self.last:
                    raise AssertionError(f"{found} after {self.last}")
                self.first, self.last = self.first or found, found
                self.count += 1
            elif line.startswith(b"event: ") and line[7:8].islower():
                self.other.append(line)


def read_all(port, events, found):
    """Reads a replay, in a process of its own: a thread would delay the live subscriber of this one."""
    reader = Reader(port, "?since=1h&types=RECORD_PUSHED,RECORD_PUBLISHED&labels=/skills/s", narrow=True)
    ready = selectors.DefaultSelector()
    ready.register(reader.socket, selectors.EVENT_READ)
    while reader.count < events and ready.select(60):
        reader.read(16384)
        time.sleep(0.0001)  # slow
    found.put((reader.count, reader.last, reader.other))


def one_slow_reader(gateway, live, events, newest):
    quiet = live.figures()
    before = resident(gateway)
    found = multiprocessing.Queue()
    reading = multiprocessing.Process(target=read_all, args=(gateway.port, events, found), daemon=True)
    most, began = before, time.monotonic()
    reading.start()
    while found.empty():
        time.sleep(0.05)
        most = max(most, resident(gateway))
        if time.monotonic() - began > 600:
            raise AssertionError(f"{events} events were not read in 10 minutes")
    took = time.monotonic() - began
    during = live.figures()
    expect("the events of the slow reader", found.get(), (events, newest[-1], []))
    reading.join(10)
    print(f"one slow reader: {events} events in {took:.1f} s, {before:.0f} MiB before, "
          f"{most:.0f} MiB at most; live p99 {quiet * 1000:.1f} ms before, {during * 1000:.1f} ms during")
    if most - before > GROWTH:
        raise AssertionError(f"the memory grew by {most - before:.0f} MiB")
    if during > LIVE:
        raise AssertionError(f"a live event took {during:.2f} s")


def a_crowd_that_comes_back(gateway, live, readers, newest):
    live.times = []
    chosen = random.Random(readers)
    places = [chosen.randrange(len(newest) - 1) for _ in range(readers)]
    selector = selectors.DefaultSelector()
    began = time.monotonic()
    crowd = []
    for place in places:
        reader = Reader(gateway.port, "?labels=/skills/s", after=newest[place])
        reader.wanted = len(newest) - 1 - place
        reader.place = place
        crowd.append(reader)
        selector.register(reader.socket, selectors.EVENT_READ, reader)
    times = []
    left = len(crowd)
    while left:
        ready = selector.select(60)
        if not ready:
            raise AssertionError(f"nothing in 60 s; {left} readers are left")
        for key, _ in ready:
            reader = key.data
            had = reader.count
            reader.read()
            if had < reader.wanted <= reader.count:
                times.append(time.monotonic() - began)
                left -= 1
    during = live.figures()
    for reader in crowd:
        expect("the events of a reader", (reader.first, reader.last, reader.count, reader.other),
               (newest[reader.place + 1], newest[-1], reader.wanted, []))
        reader.socket.close()
    times.sort()
    total = sum(reader.wanted for reader in crowd)
    print(f"{readers} readers: {total} events in {times[-1]:.1f} s ({total / times[-1]:.0f}/s), "
          f"median {times[len(times) // 2]:.1f} s; live p99 {during * 1000:.1f} ms")
    if during > LIVE:
        raise AssertionError(f"a live event took {during:.2f} s")
    until("the readers are gone", lambda: len(gateway.subscribers()) == 1)


def main(program, events=100_000, readers=1000):
    events, readers = int(events) // RECORDS * RECORDS, int(readers)
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with tempfile.TemporaryDirectory() as directory:
        gateway = Gateway(program, directory, f"events.history.max_events={10 * events}")
        try:
            newest = fill(gateway, events)
            live = Live(gateway)
            until("live events", lambda: len(live.times) > 100, 60)
            one_slow_reader(gateway, live, events, newest)
            a_crowd_that_comes_back(gateway, live, readers, newest)
            live.stop()
        finally:
            gateway.stop()
    print("ok")


main(*sys.argv[1:])
