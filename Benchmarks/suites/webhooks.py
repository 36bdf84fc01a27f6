"""Measures what webhooks cost: deliveries to receivers on loopback, and webhooks that wait.

Usage: webhooks.py PROGRAM

The receivers are HTTP/1.1 servers of this process that keep connections open and respond 204 at once.
"""

import asyncio
import json
import statistics
import sys
import tempfile
import threading
import time

from gateway import Gateway, record

WEBHOOKS, EVENTS = 32, 200
# Twice: the second ones are measured.
IDLE = 10_000
ROUNDS = 5
RESPONSE = b"HTTP/1.1 204 No Content\r\n\r\n"


class Receiver(asyncio.Protocol):
    """Takes requests with a body of known length."""
    received = 0

    def connection_made(self, transport):
        self.transport = transport
        self.rest = b""

    def data_received(self, data):
        self.rest += data
        while True:
            head, mark, body = self.rest.partition(b"\r\n\r\n")
            if not mark:
                return
            length = int(head.lower().partition(b"content-length:")[2].partition(b"\r")[0])
            if len(body) < length:
                return
            self.rest = body[length:]
            Receiver.received += 1
            self.transport.write(RESPONSE)


def listening():
    """Starts the receiver on a thread of its own; returns its port."""
    ready, ports = threading.Event(), []

    async def serve():
        server = await asyncio.get_running_loop().create_server(Receiver, "127.0.0.1", 0)
        ports.append(server.sockets[0].getsockname()[1])
        ready.set()
        await server.serve_forever()

    threading.Thread(target=lambda: asyncio.run(serve()), daemon=True).start()
    ready.wait(10)
    return ports[0]


def add(gateway, port, path, **more):
    gateway.request("POST", "/webhooks", json.dumps({"url": f"http://127.0.0.1:{port}/{path}", **more}))


def deliver(gateway, first):
    """Deliveries a second of CPU of the gateway, and of time."""
    lines = b"\n".join(record(number).encode() for number in range(first, first + EVENTS))
    goal = Receiver.received + WEBHOOKS * EVENTS
    before, began = gateway.cpu(), time.monotonic()
    gateway.request("POST", "/push", lines, "application/x-ndjson")
    while Receiver.received < goal:
        if time.monotonic() - began > 120:
            raise SystemExit(f"bench: {goal - Receiver.received} deliveries are missing")
        time.sleep(0.002)
    total = WEBHOOKS * EVENTS
    return total / (gateway.cpu() - before), total / (time.monotonic() - began)


def main():
    port = listening()
    settings = ("--set", "outbound.allowed_remotes=loopback")
    with tempfile.TemporaryDirectory() as directory, Gateway(sys.argv[1], directory, *settings) as gateway:
        print(f"bench: {EVENTS} events to {WEBHOOKS} webhooks, {ROUNDS} times", file=sys.stderr)
        for number in range(WEBHOOKS):
            add(gateway, port, number, types=["RECORD_PUSHED"])
        runs = [deliver(gateway, 1000 + EVENTS * number) for number in range(ROUNDS + 1)][1:]
    with tempfile.TemporaryDirectory() as directory, Gateway(sys.argv[1], directory, *settings) as gateway:
        print(f"bench: two times {IDLE:,} webhooks that wait", file=sys.stderr)
        # What all share, such as the cache of the store, is full before.
        for number in range(IDLE):
            add(gateway, port, number, types=["SYNC_FAILED"])
        before = gateway.resident()
        for number in range(IDLE):
            add(gateway, port, number, types=["SYNC_FAILED"])
        idle = (gateway.resident() - before) * 1024 / IDLE
    print("### Webhooks\n")
    print("| | |\n|---|---|")
    print(f"| deliveries a second of CPU, {EVENTS} events to {WEBHOOKS} webhooks | "
          f"{statistics.median(cpu for cpu, _ in runs):,.0f} |")
    print(f"| the same, deliveries a second | {statistics.median(wall for _, wall in runs):,.0f} |")
    print(f"| resident bytes of a webhook that waits | {idle:,.0f} |")


main()
