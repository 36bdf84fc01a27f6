"""Measures what the event log costs, and how fast it is read.

Usage: history.py GATEWAY BENCH-LOAD BENCH-LOG [EVENTS]

EVENTS is how many events the long log has (10,000,000). What is compared runs in turns, within one round.
"""

import selectors
import statistics
import subprocess
import sys
import tempfile
import time

import events
import servers
from gateway import Gateway
from load import Load
from pushes import pushes
from report import spread
from sockets import connect

ROUNDS = 8
PUSHES, CLIENTS = 3200, 64
SUBSCRIBERS, EVENTS = 1000, 64
READERS, REPLAYED = 100, 20_000
NEWEST, RESUMPTIONS = 1000, 30
HISTORY = "events.history.max_events=1000000"


class WithoutLog(servers.Gateway):
    name = "off"
    path = "/events?types=RECORD_PUBLISHED"


class WithLog(WithoutLog):
    name = "on"
    settings = (*WithoutLog.settings, HISTORY)


def started(kind, directory, load_program, first):
    """A gateway that runs, its load, and how many records it was asked to take so far."""
    server = kind(directory, None)
    server.run()
    own = events.prepare(server.subscribe_address)
    load = Load(load_program, server, own, None)
    load.connect(SUBSCRIBERS)
    return {"server": server, "load": load, "next": first}


def costs(load_program):
    """The costs of pushes and of fan-out with a log, beside those without, round by round."""
    pushed, sent = [], []
    with tempfile.TemporaryDirectory() as directory:
        both = []
        try:
            for kind in (WithoutLog, WithLog):
                both.append(started(kind, directory, load_program, 1000))
            for number in range(ROUNDS + 1):
                turn = both if number % 2 else both[::-1]
                push, fan_out = {}, {}
                for it in turn:
                    name, load = it["server"].name, it["load"]
                    result = load.one_at_a_time(EVENTS)
                    fan_out[name] = result["cpu_us"] / result["delivered"]
                    result = load.push(pushes(it["next"], PUSHES), CLIENTS)
                    it["next"] += PUSHES
                    push[name] = result["cpu_us"] / PUSHES
                if number > 0:
                    pushed.append(push["on"] / push["off"])
                    sent.append(fan_out["on"] / fan_out["off"])
        finally:
            for it in both:
                it["load"].stop()
                it["server"].stop()
    return pushed, sent


def filled(program, directory, count, newest):
    """Makes a log; returns the id before the newest events."""
    ran = subprocess.run([program, directory, str(count), str(newest)], capture_output=True, text=True, check=True)
    return ran.stdout.strip()


def resume(address, last_id):
    stream = connect(address)
    stream.sendall(f"GET /events HTTP/1.0\r\nHost: localhost\r\nLast-Event-ID: {last_id}\r\n\r\n".encode())
    return stream


class Reader:
    """Counts the events of a stream."""
    MARK = b"\nid: "

    def __init__(self, address, last_id):
        self.stream = resume(address, last_id)
        self.count = 0
        self.tail = b""

    def read(self):
        data = self.stream.recv(1 << 20)
        if not data:
            raise SystemExit("bench: the gateway closed a stream")
        data = self.tail + data
        self.count += data.count(self.MARK)
        # The mark may have been cut.
        self.tail = data[1 - len(self.MARK):]


def replay(gateway, last_id):
    """Events a second of CPU of the gateway, and of time, to all readers at once."""
    readers = selectors.DefaultSelector()
    before, began = gateway.cpu(), time.monotonic()
    for _ in range(READERS):
        reader = Reader(gateway.address, last_id)
        readers.register(reader.stream, selectors.EVENT_READ, reader)
    while readers.get_map():
        for key, _ in readers.select(30):
            key.data.read()
            if key.data.count >= REPLAYED:
                readers.unregister(key.fileobj)
                key.fileobj.close()
    total = READERS * REPLAYED
    return total / (gateway.cpu() - before), total / (time.monotonic() - began)


def resumption(gateway, last_id):
    """Milliseconds from the request to the newest event."""
    times = []
    for _ in range(RESUMPTIONS):
        began = time.monotonic()
        reader = Reader(gateway.address, last_id)
        while reader.count < NEWEST:
            reader.read()
        times.append((time.monotonic() - began) * 1e3)
        reader.stream.close()
    return times


def main():
    program, load_program, log_program, *more = sys.argv[1:]
    servers.Gateway.program = program
    long = int(more[0]) if more else 10_000_000
    print(f"bench: pushes and fan-out, {ROUNDS} rounds with the log off and on", file=sys.stderr)
    pushed, sent = costs(load_program)
    rows = [(f"CPU of a push, {CLIENTS} clients, log on ÷ off", spread(pushed)),
            (f"CPU of a delivery, one event to {SUBSCRIBERS:,}, log on ÷ off", spread(sent))]
    with tempfile.TemporaryDirectory() as directory:
        first = filled(log_program, directory, REPLAYED + 1, REPLAYED)
        with Gateway(program, directory, "--set", HISTORY) as gateway:
            print(f"bench: {REPLAYED:,} events to {READERS} readers", file=sys.stderr)
            runs = [replay(gateway, first) for _ in range(4)][1:]
            rows += [(f"replay of {REPLAYED:,} events to {READERS} readers, events a second of CPU",
                      f"{statistics.median(cpu for cpu, _ in runs):,.0f}"),
                     ("the same, events a second", f"{statistics.median(wall for _, wall in runs):,.0f}")]
    for count in (10_000, long):
        with tempfile.TemporaryDirectory() as directory:
            print(f"bench: a log of {count:,} events", file=sys.stderr)
            last = filled(log_program, directory, count, NEWEST)
            with Gateway(program, directory, "--set", f"events.history.max_events={2 * count}") as gateway:
                times = resumption(gateway, last)
                rows.append((f"resume with the newest {NEWEST:,} of {count:,}, ms", spread(times)))
    print("### The event log\n")
    print("| | |\n|---|---|")
    for name, value in rows:
        print(f"| {name} | {value} |")


if __name__ == "__main__":
    main()
