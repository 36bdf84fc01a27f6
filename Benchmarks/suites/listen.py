"""Measures what a listener costs: dirctl beside curl, both writing the same events to a file.

Usage: listen.py DIRCTL [EVENTS]

A server of this file sends EVENTS (200,000) events at 20,000 a second to one client at a time, as
the gateway writes them, and the CPU time of the client is taken when it has the last. Then, as fast
as the client reads.
"""

import os
import resource
import socket
import subprocess
import sys
import tempfile
import threading
import time

RATE = 20_000
BURST = 200


def event(number):
    identifier = f"0199f5a3-7c1e-7b52-9d1a-{number:012x}"
    data = (
        f'{{"id":"{identifier}","type":"EVENT_TYPE_RECORD_PUSHED",'
        f'"timestamp":"2025-10-18T14:23:15.123456Z",'
        f'"resource_id":"baeareibgbyis3erzj6aswtu5j7pmukkeuqghfbt7pdegjgcoea5dueb4te",'
        f'"labels":["/skills/natural_language_processing/text_completion","/domains/education"]}}'
    )
    frame = f"id: {identifier}\nevent: RECORD_PUSHED\ndata: {data}\n\n".encode()
    return b"%x\r\n%b\r\n" % (len(frame), frame)


def serve(server, events, rate, late):
    client, _ = server.accept()
    client.recv(65536)
    opening = b"retry: 3000\n: connected\n\n"
    client.sendall(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        + b"%x\r\n%b\r\n" % (len(opening), opening))
    began = time.monotonic()
    for start in range(0, len(events), BURST):
        if rate:
            wait = began + start / rate - time.monotonic()
            if wait > 0:
                time.sleep(wait)
        client.sendall(b"".join(events[start:start + BURST]))
    late.append(time.monotonic() - began)
    client.sendall(b"0\r\n\r\n")
    client.close()


def measure(command, events, rate):
    server = socket.create_server(("127.0.0.1", 0))
    late = []
    thread = threading.Thread(target=serve, args=(server, events, rate, late))
    thread.start()
    with tempfile.NamedTemporaryFile() as out:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        process = subprocess.Popen(
            command(server.getsockname()[1]), stdout=out, stderr=subprocess.DEVNULL,
            env={**os.environ, "XDG_CONFIG_HOME": "/nowhere"})
        mark = b"%012x" % (len(events) - 1)
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            time.sleep(0.02)
            size = os.fstat(out.fileno()).st_size
            if mark in os.pread(out.fileno(), 2000, max(0, size - 2000)):
                break
        else:
            raise SystemExit(f"{command(0)[0]} did not get every event")
        took = late[0] if late else 0
        process.terminate()
        process.wait()
        thread.join()
        server.close()
        with open(out.name, "rb") as text:
            lines = sum(line.startswith((b"{", b"data: {")) for line in text)
        if lines != len(events):
            raise SystemExit(f"{command(0)[0]} wrote {lines} of {len(events)} events")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = sum(getattr(after, f) - getattr(before, f) for f in ("ru_utime", "ru_stime"))
    return cpu, took


def main():
    dirctl = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 200_000
    events = [event(number) for number in range(count)]
    commands = {
        "dirctl -o jsonl": lambda port: [
            dirctl, "events", "listen", "-o", "jsonl", "--server-addr", f"127.0.0.1:{port}"],
        "curl -N": lambda port: ["curl", "-sN", f"http://127.0.0.1:{port}/events"],
    }
    print("### `dirctl events listen`\n")
    print(f"| {count:,} events | CPU per event at {RATE:,}/s | CPU per event at full speed "
          "| events/s at full speed |\n|---|---|---|---|")
    for name, command in commands.items():
        print(f"listen: {name}", file=sys.stderr)
        paced, _ = measure(command, events, RATE)
        fast, took = measure(command, events, 0)
        print(f"| {name} | {paced / count * 1e6:.1f} µs | {fast / count * 1e6:.1f} µs "
              f"| {count / took:,.0f} |")


main()
