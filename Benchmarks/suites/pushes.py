"""Measures what it costs to push durable records, one client alone and 64 at a time.

Usage: pushes.py GATEWAY BENCH-LOAD BENCH-INSERT

The same over gRPC: each a call of StoreService/Push. Beside it stands a bare insert of the same rows
with GRDB, in one commit for each and for 64.
"""

import json
import statistics
import subprocess
import sys
import tempfile

import events
import servers
from gateway import record
from google.protobuf import json_format, struct_pb2
from load import Load, text

ROUNDS = 5
ALONE, TOGETHER, CLIENTS = 400, 6400, 64


def pushes(first, count):
    return [servers.post("/push", record(number).encode(), "Content-Type: application/json")
            for number in range(first, first + count)]


def messages(first, count):
    """The same as messages of gRPC: a record is a struct in field 1."""
    return [text(1, json_format.Parse(record(number), struct_pb2.Struct()).SerializeToString())
            for number in range(first, first + count)]


def measure(load, make, next_record):
    rates, costs = {1: [], CLIENTS: []}, {1: [], CLIENTS: []}
    for number in range(ROUNDS + 1):
        for clients, count in ((1, ALONE), (CLIENTS, TOGETHER)):
            result = load.push(make(next_record, count), clients)
            next_record += count
            if number > 0:
                rates[clients].append(count / result["seconds"])
                costs[clients].append(result["cpu_us"] / count)
    return rates, costs


def insert(program, batch):
    """Microseconds of CPU and of time for one record in commits of `batch`."""
    with tempfile.TemporaryDirectory() as directory:
        count = ALONE if batch == 1 else TOGETHER
        ran = subprocess.run([program, directory, str(batch), str(count)], capture_output=True,
                             text=True, check=True)
        return json.loads(ran.stdout)


def main():
    gateway, load_program, insert_program = sys.argv[1:]
    servers.Gateway.program = gateway
    results = {}
    print(f"bench: pushing, 1 client and {CLIENTS}", file=sys.stderr)
    with tempfile.TemporaryDirectory() as directory:
        for kind, make, first in ((servers.Gateway, pushes, 1000),
                                  (servers.GatewayGRPC, messages, 1000000)):
            server = kind(directory, None)
            server.run()
            try:
                own = events.prepare(server.subscribe_address)
                load = Load(load_program, server, own, None)
                results[kind] = measure(load, make, first)
                load.stop()
            finally:
                server.stop()
    print("### Pushing durable records\n")
    print("| | a second | CPU µs each |\n|---|---|---|")
    for kind, over in ((servers.Gateway, "HTTP"), (servers.GatewayGRPC, "gRPC")):
        rates, costs = results[kind]
        for clients in rates:
            words = "1 client" if clients == 1 else f"{clients} clients"
            print(f"| {words}, {over} | {statistics.median(rates[clients]):,.0f} | "
                  f"{statistics.median(costs[clients]):.0f} |")
    rates, over_grpc = results[servers.Gateway][0], results[servers.GatewayGRPC][0]
    for batch in (1, CLIENTS):
        bare = insert(insert_program, batch)
        print(f"| bare GRDB insert, {batch} a commit | {1e6 / bare['time_us']:,.0f} | "
              f"{bare['cpu_us']:.0f} |")
    ratio = statistics.median(many / one for one, many in zip(rates[1], rates[CLIENTS]))
    part = statistics.median(over_grpc[CLIENTS]) / statistics.median(rates[CLIENTS])
    print(f"\n{CLIENTS} clients push at {ratio:.1f} times the rate of one; over gRPC at {part:.2f} of "
          "the rate of HTTP.")


if __name__ == "__main__":
    main()
