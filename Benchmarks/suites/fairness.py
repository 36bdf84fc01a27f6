"""Measures what one busy crowd costs the others of its loop.

Usage: fairness.py GATEWAY BENCH-LOAD [SUBSCRIBERS]

One loop, 10,000 subscribers: how long `/healthz` takes while single events go to all of them, and
how evenly their heartbeats are spread over an interval.
"""

import http.client
import os
import statistics
import sys
import tempfile
import threading
import time

import events
import servers
from load import Load, is_whole
from machine import cores, raise_limit

EVENTS, PAUSE = 40, 250
INTERVAL = 10


def poll(address, stop, times):
    connection = http.client.HTTPConnection(address, timeout=10)
    while not stop.is_set():
        began = time.monotonic()
        connection.request("GET", "/healthz")
        connection.getresponse().read()
        times.append((time.monotonic() - began) * 1e3)
        time.sleep(0.001)


def fan_outs(load, address):
    stop, times = threading.Event(), []
    try:
        os.nice(-15)  # or the load, on the same core, would be in the figure
    except PermissionError:
        pass
    poller = threading.Thread(target=poll, args=(address, stop, times))
    poller.start()
    result = load.paced(EVENTS, PAUSE)
    stop.set()
    poller.join()
    return result, times


def heartbeats(load):
    """CPU of the gateway in each twentieth of a heartbeat interval, two intervals long."""
    clock = (~load.server.process.pid << 3) | 2  # the process's CPU clock, see clock_getcpuclockid
    used = []
    last = time.clock_gettime(clock)
    for _ in range(40):
        time.sleep(INTERVAL / 20)
        now = time.clock_gettime(clock)
        used.append((now - last) * 1e3)
        last = now
    return used


def main():
    gateway, load_program = sys.argv[1:3]
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 10_000
    hard = raise_limit()
    if count + 200 > hard:
        count = hard - 200
    servers.Gateway.program = gateway
    server_core, load_core = cores()
    with tempfile.TemporaryDirectory() as directory:
        server = servers.Gateway(directory, server_core)
        server.settings = (f"events.heartbeat_interval={INTERVAL}s",)
        server.run()
        try:
            load = Load(load_program, server, events.prepare(server.subscribe_address), load_core)
            print(f"bench: {count:,} subscribers on one loop", file=sys.stderr)
            load.connect(count)
            result, times = fan_outs(load, server.subscribe_address)
            print("bench: heartbeats", file=sys.stderr)
            time.sleep(INTERVAL)
            used = heartbeats(load)
            load.stop()
        finally:
            server.stop()
    if not is_whole(result):
        raise SystemExit(f"bench: void, not every event arrived: {result}")
    cuts = statistics.quantiles(times, n=1000)
    print(f"### Fairness, {count:,} subscribers on one loop\n")
    print("| | p50 | p99 | p99.9 | max |\n|---|---|---|---|---|")
    print(f"| `/healthz` while events go to all, ms | {cuts[499]:.2f} | {cuts[989]:.2f} | "
          f"{cuts[998]:.2f} | {max(times):.2f} |\n")
    print(f"Each event took {result['p99_ms']:.0f} ms (p99) to reach a subscriber. Heartbeats every "
          f"{INTERVAL} s: in each {INTERVAL / 20:.1f} s the gateway used {statistics.mean(used):.1f} "
          f"ms of CPU on average and {max(used):.1f} ms at most.")


if __name__ == "__main__":
    main()
