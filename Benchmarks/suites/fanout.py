"""Measures what a delivery costs, beside the raw limit and beside other servers.

Usage: fanout.py GATEWAY RAW LOAD [--rounds N] [--only NAME,…] [--subscribers N,…]

All servers are up at once, each with its own subscribers; short bursts go round through them, so
that neighbouring figures see the same machine, and ratios are taken within a round. The servers
run on one core and the load on another. Every delivery is counted: a figure for which one was
missing, doubled or out of order is marked void.
"""

import argparse
import contextlib
import shutil
import sys
import tempfile
import time

import events
import report
import servers
from load import BrokenOff, Load, is_whole
from machine import cores, raise_limit


# Who sends event by event takes minutes for a round of bursts to more than this number.
SLOW = {"pushpin": 100, "node": 1000, "raw": 1000}


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def choose(only):
    wanted = [servers.Raw, servers.RawGathering, servers.Gateway]
    for peer, program, package in (
            (servers.Nchan, "nginx", "libnginx-mod-nchan"), (servers.Node, "node", "nodejs"),
            (servers.Pushpin, "pushpin", "pushpin")):
        if shutil.which(program):
            wanted.append(peer)
        else:
            say(f"without {peer.name}: `{program}` is not there (apt-get install {package})")
    return [kind for kind in wanted if not only or kind.name in only]


def events_of_a_round(mode, count):
    """Long enough for the clock, short enough that the next server sees the same machine."""
    if mode == "burst":
        return {100: 10, 1000: 2}.get(count, 1)
    return {100: 64, 1000: 20}.get(count, 4)


def measure(loads, mode, count, rounds, table):
    for number in range(-1, rounds):
        # Another order each time: none is always behind the same neighbour.
        shift = number % len(loads)
        for load in loads[shift:] + loads[:shift]:
            name = load.server.name
            if mode == "burst" and count > SLOW.get(name, count):
                continue
            # To wait for what does not come takes seconds, and the figure is void already.
            if table.void_rounds((mode, count), name) >= 2:
                continue
            ask = load.burst if mode == "burst" else load.one_at_a_time
            try:
                result = ask(events_of_a_round(mode, count))
            except BrokenOff as fault:
                if not load.server.is_peer:
                    raise
                say(f"{fault}; going on without it")
                table.add_end((mode, count), name, number)
                loads.remove(load)
                continue
            if number >= 0:
                table.add((mode, count), name, number, result, is_whole(result))
        if number >= 0:
            print(f"\rbench: {count} subscribers, {mode}: round {number + 1} of {rounds}",
                  end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)


def open_all(stack, kinds, directory, own):
    server_core, load_core = cores()
    for kind in kinds:
        server = kind(directory, server_core)
        stack.callback(server.stop)
        server.run()
        if kind is servers.Gateway:
            own.extend(events.prepare(server.subscribe_address))
        yield server, load_core


def session(options, count, table):
    """Everything that is measured with a number of subscribers."""
    say(f"{count} subscribers: starting {', '.join(kind.name for kind in options.kinds)}")
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-"))
        own, loads = [], []
        # The gateway first: the others send its events.
        kinds = sorted(options.kinds, key=lambda kind: kind is not servers.Gateway)
        for server, core in open_all(stack, kinds, directory, own):
            load = Load(options.load, server, own, core)
            stack.callback(load.stop)
            empty = server.resident()
            try:
                opened = load.connect(count)
            except BrokenOff as fault:
                if not server.is_peer:
                    raise
                say(f"{fault}; going on without it")
                continue
            if opened["retries"]:
                say(f"{server.name} refused {opened['retries']} subscriptions at first")
            idle = server.resident()
            load.one_at_a_time(1)
            # Fewer would measure the allocator's reserves.
            if count >= 10_000:
                table.add_idle(count, server.name, opened, empty, idle, server.resident())
            loads.append(load)
            table.versions[server.name] = server.version()
        time.sleep(2)  # some say that a subscription is there before it is
        for mode in options.modes:
            measure(loads, mode, count, options.rounds, table)
        if count == 1000 and "paced" in options.also:
            for load in loads:
                say(f"latency of {load.server.name}: 10 events/s to {count} subscribers")
                result = load.paced(options.paced, 100)
                table.add_latency(count, load.server.name, result, is_whole(result))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("gateway")
    parser.add_argument("raw")
    parser.add_argument("load")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--only", default="")
    parser.add_argument("--subscribers", default="100,1000,10000")
    parser.add_argument("--modes", default="one,burst")
    parser.add_argument("--also", default="paced")
    parser.add_argument("--paced", type=int, default=100, help="events of the latency run")
    parser.add_argument("--markdown", help="also write the tables to this file")
    options = parser.parse_args()
    servers.Gateway.program, servers.Raw.program = options.gateway, options.raw
    options.kinds = choose([name for name in options.only.split(",") if name])
    options.modes = options.modes.split(",")
    hard = raise_limit()
    table = report.Table()
    for count in map(int, options.subscribers.split(",")):
        if count + 200 > hard:
            say(f"{count} subscribers need more open files than {hard} (ulimit -Hn): left out")
            continue
        session(options, count, table)
    text = table.text()
    print(text)
    if options.markdown:
        with open(options.markdown, "w") as file:
            file.write(text + "\n")


if __name__ == "__main__":
    main()
