"""Drives one `bench-load`: a process with all the subscribers of one server."""

import datetime
import json
import os
import subprocess


class BrokenOff(Exception):
    """The load has ended before its time; it has said why."""


class Event:
    """One event of the gateway as it is on the wire, which the other servers send too."""

    def __init__(self, frame):
        self.frame = frame
        self.json = frame.split(b"\ndata: ")[1].rstrip(b"\n")
        self.cid = json.loads(self.json)["resource_id"]

    @property
    def message(self):
        """The same as a message of `EventService/Listen`."""
        it = json.loads(self.json)
        time, fraction = it["timestamp"].rstrip("Z").split(".")
        seconds = int(datetime.datetime.fromisoformat(time + "+00:00").timestamp())
        clock = number(1, seconds) + number(2, int(fraction.ljust(9, "0")))
        event = (text(1, it["id"]) + number(2, TYPES[it["type"]]) + text(3, clock)
                 + text(4, it["resource_id"]) + b"".join(text(5, label) for label in it["labels"]))
        return text(1, event)


TYPES = {"EVENT_TYPE_RECORD_PUBLISHED": 4}


def varint(value):
    parts = []
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    return bytes([*parts, value])


def number(field, value):
    """A field of protobuf with a number."""
    return varint(field << 3) + varint(value)


def text(field, value):
    """A field of protobuf with text, bytes or a message."""
    data = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(data)) + data


class Load:
    """The subscribers of `server`."""

    def __init__(self, program, server, events, core):
        self.server = server
        directory = server.directory
        with open(f"{directory}/marks", "w") as file:
            file.writelines(f"{event.cid}\n" for event in events)
        write_set(f"{directory}/one", [(server.one(event), 1, 1) for event in events])
        blob, answers = server.many(events)
        write_set(f"{directory}/burst", [(blob, len(events), answers)])
        pin = (lambda: os.sched_setaffinity(0, {core})) if core is not None else None
        self.process = subprocess.Popen(
            [program, server.subscribe_address, server.path, server.publish_address,
             f"{directory}/marks", ",".join(map(str, server.pids)),
             *(["tls"] if server.speaks_tls else []), *(["grpc"] if server.speaks_grpc else [])],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, preexec_fn=pin)

    def ask(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise BrokenOff(f"the load of {self.server.name} broke off (see above)")
        return json.loads(line)

    def connect(self, count, streams=None):
        """Opens subscriptions: connections of HTTP/1.1, or of HTTP/2 with a number of streams each."""
        return self.ask("connect", count, *([] if streams is None else [streams]))

    def one_at_a_time(self, count):
        return self.ask("burst", f"{self.server.directory}/one", count)

    def burst(self, count):
        return self.ask("burst", f"{self.server.directory}/burst", count)

    def paced(self, count, interval):
        return self.ask("paced", f"{self.server.directory}/one", count, interval)

    def push(self, bodies, clients):
        """Sends each request once, by a number of clients at a time."""
        write_set(f"{self.server.directory}/pushes", [(body, 1, 1) for body in bodies])
        return self.ask("push", f"{self.server.directory}/pushes", clients)

    def stop(self):
        self.process.stdin.close()
        self.process.wait(30)


def write_set(path, items):
    with open(path, "wb") as file:
        for blob, events, answers in items:
            file.write(f"{events} {answers} {len(blob)}\n".encode() + blob)


def is_whole(result):
    """Whether every subscriber got every event once and in order."""
    return (result["delivered"] == result["expected"]
            and not any(result[fault] for fault in ("missing", "duplicate", "out_of_order", "closed")))
