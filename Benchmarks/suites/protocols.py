"""Measures what a delivery over HTTP/2, TLS or gRPC costs, beside the raw limit.

Usage: protocols.py h2|tls|grpc GATEWAY RAW LOAD [--rounds N] [--shapes CONNECTIONSxSTREAMS,…] [--idle N]

As in fanout.py all servers are up at once, short bursts go round through them, and ratios are taken
within a round. `raw` and `raw-writev` have as many subscribers over HTTP/1.1 in the clear.
"""

import argparse
import contextlib
import sys
import tempfile

import events
import servers
from load import Load, is_whole
from machine import cores, raise_limit
from report import Table, spread

BASES = [servers.Raw, servers.RawGathering]
SUITES = {
    "h2": ("HTTP/2 in the clear", [(servers.RawHTTP2, servers.GatewayHTTP2)]),
    "tls": ("TLS", [(servers.RawTLS, servers.GatewayTLS),
                    (servers.RawTLSHTTP2, servers.GatewayTLSHTTP2)]),
    "grpc": ("gRPC", [(servers.RawHTTP2, servers.GatewayGRPC)]),
}
# Servers of others that speak the same.
PEERS = {"grpc": [servers.GRPCGo, servers.GRPCPython]}
MODES = {"one": ("one event at a time", "raw"), "burst": ("bursts of 64 events", "raw-writev")}


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def start(stack, load_program, kinds):
    """Starts servers with their loads, without subscribers."""
    server_core, load_core = cores()
    directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-"))
    own = []
    for kind in kinds:
        server = kind(directory, server_core)
        stack.callback(server.stop)
        server.run()
        if issubclass(kind, servers.Gateway):
            # Every gateway needs the records; the events of the first are those of all.
            found = events.prepare(server.subscribe_address, server.speaks_tls)
            own = own or found
        load = Load(load_program, server, own, load_core)
        stack.callback(load.stop)
        yield load


def open_all(load, connections, streams):
    if load.server.speaks_http2:
        return load.connect(connections, streams)
    return load.connect(connections * streams)


def measure(options, pairs, peers, connections, streams, table):
    count = connections * streams
    say(f"{connections} connections × {streams} streams")
    kinds = [gateway for _, gateway in pairs] + BASES + [raw for raw, _ in pairs] + peers
    with contextlib.ExitStack() as stack:
        loads = list(start(stack, options.load, kinds))
        for load in loads:
            table.versions[load.server.name] = load.server.version()
            open_all(load, connections, streams)
            load.one_at_a_time(1)
        for mode in MODES:
            for number in range(-1, options.rounds):
                for index in range(len(loads)):
                    load = loads[(index + number) % len(loads)]
                    # A burst that `raw` sends event by event would last longer than the machine
                    # stays the same, and is not compared.
                    if mode == "burst" and load.server.name == "raw":
                        continue
                    if mode == "one":
                        result = load.one_at_a_time(max(20, 6400 // count))
                    else:
                        result = load.burst(max(2, 640 // count))
                    if number >= 0:
                        table.add((mode, (connections, streams)), load.server.name, number, result,
                                  is_whole(result))


def costs(title, pairs, peers, table, shapes):
    for mode, (words, base) in MODES.items():
        print(f"### {title}, {words}\n")
        print(f"| connections × streams | server | CPU µs a delivery | × {base} | × its raw |\n"
              "|---|---|---|---|---|")
        for shape in shapes:
            rows = [(base, base)]
            for raw, gateway in pairs:
                rows += [(raw.name, raw.name), (gateway.name, raw.name)]
            rows += [(peer.name, pairs[0][0].name) for peer in peers]
            for server, own in rows:
                work = (mode, shape)
                void = "; ".join(table.void.get(work, {}).get(server, []))
                cost = spread(list(table.costs[work][server].values()))
                print(f"| {shape[0]:,} × {shape[1]} | {server} | "
                      f"{f'void: {void}; ' if void else ''}{cost} | "
                      f"{spread(table.ratios(work, server, base))} | "
                      f"{spread(table.ratios(work, server, own)) if own != server else ''} |")
        print()


def idle(options, pairs):
    """What connections cost that receive nothing, and further streams of them."""
    print("| idle | server | resident bytes each | CPU µs to accept | × its raw |\n"
          "|---|---|---|---|---|")
    shapes = [("connection with one stream", options.idle, 1),
              ("further stream", options.idle // 10, 90)]
    for pair in pairs:
        each = {}
        for words, connections, of_each in shapes:
            if of_each > 1 and not pair[0].speaks_http2:
                continue
            accepted = 0
            for kind in pair:
                with contextlib.ExitStack() as stack:
                    # A gateway makes the events that every load has to know.
                    is_gateway = issubclass(kind, servers.Gateway)
                    kinds = [kind] if is_gateway else [servers.Gateway, kind]
                    load = list(start(stack, options.load, kinds))[-1]
                    empty = load.server.resident()
                    opened = open_all(load, connections, of_each)
                    used = load.server.resident() - empty
                size = used / connections
                if of_each == 1:
                    each[kind] = size
                else:
                    size = (size - each[kind]) / (of_each - 1)
                cpu = opened["cpu_us"] / (connections * of_each)
                accepted = accepted or cpu
                print(f"| {words} | {kind.name} | {size:,.0f} | {cpu:.1f} | "
                      f"{f'{cpu / accepted:.2f}' if is_gateway else ''} |")
    print()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("suite", choices=list(SUITES))
    parser.add_argument("gateway")
    parser.add_argument("raw")
    parser.add_argument("load")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--shapes", default="64x1,1000x1,20x50")
    parser.add_argument("--idle", type=int, default=1000, help="connections; 0 leaves it out")
    options = parser.parse_args()
    servers.Gateway.program, servers.Raw.program = options.gateway, options.raw
    raise_limit()
    title, pairs = SUITES[options.suite]
    peers = PEERS.get(options.suite, [])
    shapes = [tuple(map(int, shape.split("x"))) for shape in options.shapes.split(",")]
    table = Table()
    for shape in shapes:
        measure(options, pairs, peers, *shape, table)
    for peer in peers:
        print(f"- {peer.name}: {table.versions[peer.name]}")
    if peers:
        print()
    costs(title, pairs, peers, table, shapes)
    if options.idle:
        idle(options, pairs)


if __name__ == "__main__":
    main()
