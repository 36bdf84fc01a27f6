"""Measures what TLS handshakes of others cost the streams that are open: 500 of them a second.

Usage: handshakes.py GATEWAY LOAD
       handshakes.py --connect HOST:PORT RATE SECONDS

One gateway over TLS with one loop, 100 subscribers, 100 events a second, in turns without and with
clients that connect, handshake and leave. The second form is that client: a process of its own.
"""

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import events
import servers
from load import Load, is_whole
from machine import cores, raise_limit

ROUNDS, EVENTS, INTERVAL, SUBSCRIBERS, RATE = 5, 500, 10, 100, 500


def connect(address, rate, seconds):
    """Handshakes so often for so long; prints how many there were."""
    host, port = address.split(":")
    # Each is a whole handshake: no session is resumed.
    context = events.trusting()
    began, count = time.monotonic(), 0
    while (now := time.monotonic()) < began + seconds:
        if count >= (now - began) * rate:
            time.sleep(0.0005)
            continue
        with socket.create_connection((host, int(port)), 5) as plain:
            context.wrap_socket(plain).close()
        count += 1
    print(count / seconds, flush=True)


def measure(load, core, is_busy):
    if not is_busy:
        return load.paced(EVENTS, INTERVAL), 0
    seconds = EVENTS * INTERVAL / 1000
    others = subprocess.Popen(
        [sys.executable, __file__, "--connect", load.server.subscribe_address, str(RATE), str(seconds)],
        stdout=subprocess.PIPE, text=True, preexec_fn=lambda: os.sched_setaffinity(0, {core}))
    result = load.paced(EVENTS, INTERVAL)
    return result, float(others.communicate(timeout=30)[0])


def main():
    if sys.argv[1] == "--connect":
        return connect(sys.argv[2], float(sys.argv[3]), float(sys.argv[4]))
    gateway, load_program = sys.argv[1:]
    servers.Gateway.program = gateway
    raise_limit()
    server_core, load_core = cores()
    found = {False: [], True: []}
    rates = []
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        server = servers.GatewayTLS(directory, server_core)
        server.run()
        try:
            load = Load(load_program, server, events.prepare(server.subscribe_address, True), load_core)
            load.connect(SUBSCRIBERS)
            load.paced(EVENTS // 5, INTERVAL)
            for number in range(ROUNDS):
                print(f"bench: handshakes, round {number + 1} of {ROUNDS}", file=sys.stderr)
                for is_busy in (False, True):
                    result, rate = measure(load, load_core, is_busy)
                    if not is_whole(result):
                        raise SystemExit(f"bench: void: {result}")
                    found[is_busy].append(result)
                    if is_busy:
                        rates.append(rate)
            load.stop()
        finally:
            server.stop()
    print(f"### Live streams over TLS while others handshake\n\n"
          f"{SUBSCRIBERS} subscribers, {1000 // INTERVAL} events a second, one loop; "
          f"{statistics.median(rates):,.0f} handshakes a second.\n")
    print("| | p50 ms | p99 ms | max ms |\n|---|---|---|---|")
    for is_busy, words in ((False, "quiet"), (True, "with handshakes")):
        cells = [statistics.median(each[name] for each in found[is_busy]) for name in ("p50_ms", "p99_ms", "max_ms")]
        print(f"| {words} | " + " | ".join(f"{cell:.2f}" for cell in cells) + " |")
    ratio = statistics.median(
        busy["p99_ms"] / quiet["p99_ms"] for quiet, busy in zip(found[False], found[True]))
    print(f"\nThe 99th percentile is {ratio:.2f} times the quiet one.")


main()
