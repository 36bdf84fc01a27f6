"""How the gateway speaks gRPC, to clients that others wrote: grpcio's health and reflection clients,
deadlines, cancellation, compression, and calls that are wrong in every way.

Usage: grpc_manners.py PROGRAM
"""

import concurrent.futures
import contextlib
import subprocess
import sys
import tempfile
import threading
import time

import grpc
from agntcy.dir.core.v1 import record_pb2 as core
from agntcy.dir.events.v1 import event_service_pb2 as events
from agntcy.dir.events.v1 import event_service_pb2_grpc as events_grpc
from agntcy.dir.store.v1 import store_service_pb2_grpc as store_grpc
from google.protobuf import descriptor_pool, json_format
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase)

from readme_gateway import Gateway
from support import expect, record, until

IDENTITY = lambda message: message  # noqa: E731 — bytes go out as they are
PUSH = "/agntcy.dir.store.v1.StoreService/Push"
CHECK = "/grpc.health.v1.Health/Check"


def message(name, size=0):
    """A record of about this many bytes."""
    body = record(name, "s", *(f"{n}-" + "x" * 1900 for n in range(size // 1900)))
    return core.Record(data=json_format.ParseDict(body, core.Record().data))


def status(call):
    """The status and the message with which a call fails."""
    try:
        found = call()
        list(found) if hasattr(found, "__iter__") else found
    except grpc.RpcError as error:
        return error.code(), error.details()
    raise AssertionError("the call did not fail")


def health(channel):
    stub = health_pb2_grpc.HealthStub(channel)
    serving = health_pb2.HealthCheckResponse.SERVING
    for name in ["", "agntcy.dir.events.v1.EventService", "grpc.health.v1.Health"]:
        expect(f"the health of {name!r}",
               stub.Check(health_pb2.HealthCheckRequest(service=name)).status, serving)
    expect("the health of an unknown service",
           status(lambda: stub.Check(health_pb2.HealthCheckRequest(service="x")))[0],
           grpc.StatusCode.NOT_FOUND)
    watch = stub.Watch(health_pb2.HealthCheckRequest())
    expect("the first of a watch", next(watch).status, serving)
    watch.cancel()
    watch = stub.Watch(health_pb2.HealthCheckRequest(service="x"))
    expect("a watch of an unknown service", next(watch).status,
           health_pb2.HealthCheckResponse.SERVICE_UNKNOWN)
    watch.cancel()


def reflection(channel):
    database = ProtoReflectionDescriptorDatabase(channel)
    services = set(database.get_services())
    for name in ["agntcy.dir.events.v1.EventService", "agntcy.dir.store.v1.StoreService",
                 "agntcy.dir.store.v1.SyncService", "agntcy.dir.routing.v1.RoutingService",
                 "agntcy.dir.routing.v1.PublicationService", "agntcy.dir.search.v1.SearchService",
                 "agntcy.dir.naming.v1.NamingService", "agntcy.dir.sign.v1.SignService",
                 "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
                 "grpc.reflection.v1alpha.ServerReflection"]:
        if name not in services:
            raise AssertionError(f"{name} is not listed")
    pool = descriptor_pool.DescriptorPool(database)
    service = pool.FindServiceByName("agntcy.dir.events.v1.EventService")
    expect("a method by reflection", service.methods_by_name["Listen"].output_type.full_name,
           "agntcy.dir.events.v1.ListenResponse")
    expect("a message by reflection",
           pool.FindMessageTypeByName("agntcy.dir.core.v1.Record").fields[0].message_type.full_name,
           "google.protobuf.Struct")
    try:
        pool.FindMessageTypeByName("agntcy.dir.core.v1.Nothing")
    except KeyError:
        pass
    else:
        raise AssertionError("a message that is not there was found")


def wrong_calls(channel):
    def unary(path, payload=b"", **more):
        return status(lambda: channel.unary_unary(path, IDENTITY, IDENTITY)(payload, **more))

    expect("an unknown service", unary("/example.Nothing/Do"),
           (grpc.StatusCode.UNIMPLEMENTED, "unknown service example.Nothing"))
    expect("an unknown method", unary("/grpc.health.v1.Health/Do"),
           (grpc.StatusCode.UNIMPLEMENTED, "unknown method Do for service grpc.health.v1.Health"))
    for payload in [b"\xff", b"\x0a\x05a", b"\x0b", b"\x0a\x01\xff"]:
        expect(f"{payload!r} as a message", unary(CHECK, payload)[0], grpc.StatusCode.INTERNAL)
    push = channel.stream_stream(PUSH, IDENTITY, IDENTITY)
    for payload in [b"\xff", b"\x0a\x02\x0a\xff"]:
        expect(f"{payload!r} as a record", status(lambda: push(iter([payload])))[0],
               grpc.StatusCode.INTERNAL)
    large = core.Record(data=json_format.ParseDict(
        {"x": "y" * (5 << 20)}, core.Record().data)).SerializeToString()
    expect("a message that is too large", status(lambda: push(iter([large])))[0],
           grpc.StatusCode.RESOURCE_EXHAUSTED)
    bomb = b"\x0a" + b"\xff\xff\xff\x0f" + b"\0" * 1000
    expect("a length beyond the message", status(lambda: push(iter([bomb])))[0],
           grpc.StatusCode.INTERNAL)
    code, _ = status(lambda: channel.stream_stream(PUSH, IDENTITY, IDENTITY)(
        iter([b"\0" * (64 << 20)]), compression=grpc.Compression.Gzip))
    expect("a compressed bomb", code, grpc.StatusCode.RESOURCE_EXHAUSTED)
    code, _ = status(lambda: channel.stream_stream(PUSH, IDENTITY, IDENTITY)(
        iter([b"\0" * 1000]), compression=grpc.Compression.Deflate))
    expect("another compression", code, grpc.StatusCode.UNIMPLEMENTED)
    many = [(f"x-{n}", "y" * 200) for n in range(200)]
    small = [(f"x-{n}", "y") for n in range(2000)]
    same = [("x-same", "y" * 100)] * 150
    for flood in (many, small, same, [("x-large", "y" * 20_000)], [("x-bin", b"\0" * 20_000)]):
        expect(f"{len(flood)} entries of metadata, {flood[0][0]}", unary(CHECK, metadata=flood)[0],
               grpc.StatusCode.RESOURCE_EXHAUSTED)
    expect("a stream with a flood of metadata",
           unary("/agntcy.dir.events.v1.EventService/Listen", metadata=many)[0],
           grpc.StatusCode.RESOURCE_EXHAUSTED)
    expect("the next call", channel.unary_unary(CHECK, IDENTITY, IDENTITY)(b""), b"\x08\x01")


def wrong_requests(gateway):
    """Requests over HTTP/2 that are no calls."""
    def ask(*words):
        result = subprocess.run(
            ["curl", "-s", "--http2-prior-knowledge", "-o", "/dev/null", "-w", "%{http_code}",
             *words, gateway.url + CHECK], capture_output=True, text=True, timeout=20)
        return result.stdout
    for kind in ["application/json", "application/grpc-web", "application/grpc+json",
                 "application/grpcx"]:
        expect(f"a call with {kind}", ask("-H", f"content-type: {kind}", "-X", "POST"), "415")
    expect("a call with GET", ask("-H", "content-type: application/grpc"), "405")
    expect("a call", ask("-H", "content-type: application/grpc+proto", "-d", "x"), "200")


def compression(channel):
    stub = store_grpc.StoreServiceStub(channel)
    sent = message("packed", 100_000)
    [ref] = stub.Push(iter([sent]), compression=grpc.Compression.Gzip)
    for option in [grpc.Compression.Gzip, None]:
        [got] = stub.Pull(iter([ref]), compression=option)
        expect("a record of 100 kB", got, sent)


def deadlines(channel):
    stub = events_grpc.EventServiceStub(channel)
    for seconds in [0.001, 0.2]:
        began = time.monotonic()
        code, _ = status(lambda: stub.Listen(events.ListenRequest(), timeout=seconds))
        expect(f"a deadline of {seconds} s", code, grpc.StatusCode.DEADLINE_EXCEEDED)
        if time.monotonic() - began > 5:
            raise AssertionError("a deadline was not kept")
    push = store_grpc.StoreServiceStub(channel)

    def slowly():
        yield message("slow")
        time.sleep(1)
        yield message("slow 2")
    code, _ = status(lambda: push.Push(slowly(), timeout=0.3))
    expect("a deadline between two messages", code, grpc.StatusCode.DEADLINE_EXCEEDED)


def cancellation(channel, gateway):
    stub = store_grpc.StoreServiceStub(channel)
    call = stub.Push(message(f"cancelled-{n}") for n in range(1000))
    for _ in range(10):
        next(call)
    call.cancel()
    expect("a cancelled push", status(lambda: call)[0], grpc.StatusCode.CANCELLED)
    # The gateway goes on, and what it acknowledged is there.
    listed = gateway.get("/records?name=cancelled-9")["records"]
    expect("a record that was acknowledged", len(listed), 1)
    until("handlers are left", lambda: stub.Lookup(iter([core.RecordRef(cid=listed[0]["cid"])])))


def concurrency(address):
    """200 calls at the same time on each of two channels, one with the smallest windows."""
    for options in [[], [("grpc.http2.lookahead_bytes", 1024), ("grpc.http2.bdp_probe", 0)]]:
        with grpc.insecure_channel(address, options) as channel:
            stub = store_grpc.StoreServiceStub(channel)
            sent = [message(f"parallel-{n}", n * 100) for n in range(200)]
            with concurrent.futures.ThreadPoolExecutor(50) as pool:
                refs = list(pool.map(lambda record: next(stub.Push(iter([record]))), sent))
                got = list(pool.map(lambda ref: next(stub.Pull(iter([ref]))), refs))
            expect("the records of 200 calls", got, sent)


ODD = [
    [("grpc.http2.lookahead_bytes", 1), ("grpc.http2.bdp_probe", 0)],
    [("grpc.http2.lookahead_bytes", 65_537), ("grpc.http2.bdp_probe", 0)],
    [("grpc.http2.max_frame_size", 16_385), ("grpc.http2.hpack_table_size.decoder", 0)],
    [("grpc.http2.hpack_table_size.encoder", 0), ("grpc.http2.lookahead_bytes", 12_345)],
]


def odd_windows(address, gateway):
    """Events and records that are larger than the windows arrive whole, in order."""
    for number, options in enumerate(ODD):
        with grpc.insecure_channel(address, options) as channel:
            label = f"odd-{number}"
            stream = events_grpc.EventServiceStub(channel).Listen(
                events.ListenRequest(label_filters=[label]), timeout=60)
            stream.initial_metadata()
            sent = [{**record(label), "version": f"v{n}", "skills": [
                {"name": f"{label}-{item}-" + "x" * 1900} for item in range(10)]} for n in range(10)]
            cids = [gateway.push(body) for body in sent]
            found = [next(stream).event for _ in cids]
            expect(f"the events with {options}", [event.resource_id for event in found], cids)
            expect("the labels of one", len(found[0].labels), 10)
            stream.cancel()
            store = store_grpc.StoreServiceStub(channel)
            large = message(f"large-{number}", 200_000)
            [ref] = store.Push(iter([large]))
            [got] = store.Pull(iter([ref]))
            expect(f"a record with {options}", got, large)


def streams(address, gateway):
    """200 streams on one channel: as many as a connection may have are live, and the others follow as
    these end."""
    heard = {}

    def read(call):
        # Ends with the cancellation.
        with contextlib.suppress(grpc.RpcError):
            for response in call:
                heard[call] = response.event.resource_id

    with grpc.insecure_channel(address) as channel:
        stub = events_grpc.EventServiceStub(channel)
        calls = [stub.Listen(events.ListenRequest(label_filters=["crowd"]), timeout=120) for _ in range(200)]
        for call in calls:
            threading.Thread(target=read, args=[call], daemon=True).start()
        for wanted in (100, 200):
            until("streams are live", lambda: len(gateway.subscribers()) == 100, 60)
            cid = gateway.push({**record("crowd", "crowd"), "version": f"v{wanted}"})
            # The channel chooses which of them wait.
            until(lambda: f"{len(heard)} of {wanted} streams have the event", lambda: len(heard) == wanted, 60)
            expect("streams with the event", list(heard.values()).count(cid), 100)
            for call in list(heard):
                call.cancel()
    until("no stream is left", lambda: not gateway.subscribers(), 60)


def short_deadlines(channel):
    """Calls whose deadline passes before, while or after they are handled."""
    store = store_grpc.StoreServiceStub(channel)
    codes = set()
    for number in range(200):
        try:
            list(store.Push(iter([message(f"brief-{number}")]), timeout=0.001 * (number % 4 + 1)))
            codes.add(grpc.StatusCode.OK)
        except grpc.RpcError as error:
            codes.add(error.code())
    if not codes <= {grpc.StatusCode.OK, grpc.StatusCode.DEADLINE_EXCEEDED}:
        raise AssertionError(f"calls with short deadlines end with {codes}")
    health = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest())
    expect("the health afterwards", health.status, health_pb2.HealthCheckResponse.SERVING)


def notices(address, gateway):
    """A client that does not read loses events, and is told if it wants to."""
    lost = {}
    for wants in [True, False]:
        options = [("grpc.http2.lookahead_bytes", 1024), ("grpc.http2.bdp_probe", 0)]
        with grpc.insecure_channel(address, options) as channel:
            metadata = [("directory-notices", "1")] if wants else None
            call = events_grpc.EventServiceStub(channel).Listen(
                events.ListenRequest(label_filters=["wide"]), metadata=metadata)
            call.initial_metadata()

            def pushed(count):
                wide = {**record("wide"), "skills": [{"name": f"wide-{n}-" + "x" * 1900}
                                                     for n in range(20)]}
                for n in range(count):
                    gateway.push({**wide, "version": f"{wants}-{n}"})
            pushed(150)
            [row] = gateway.subscribers()
            if not row["dropped"]:
                raise AssertionError(f"no event was dropped: {row}")
            seen, told = 0, 0
            for response in call:
                if response.event.type == events.EVENT_TYPE_UNSPECIFIED:
                    told += int(response.event.metadata["dropped"])
                else:
                    seen += 1
                if seen + row["dropped"] >= 150 and (told or not wants):
                    break
            expect("the events that arrived", seen, 150 - row["dropped"])
            expect("the drops that were told", told, row["dropped"] if wants else 0)
            lost[wants] = told
            call.cancel()
        until("the stream is still counted", lambda: not gateway.subscribers())


def main(program):
    with tempfile.TemporaryDirectory() as directory:
        gateway = Gateway(program, directory, "events.subscriber_buffer_size=20")
        address = f"127.0.0.1:{gateway.port}"
        try:
            with grpc.insecure_channel(address) as channel:
                health(channel)
                reflection(channel)
                wrong_calls(channel)
                wrong_requests(gateway)
                compression(channel)
                deadlines(channel)
                short_deadlines(channel)
                cancellation(channel, gateway)
            concurrency(address)
            odd_windows(address, gateway)
            streams(address, gateway)
            notices(address, gateway)
            # A watch ends with the gateway.
            with grpc.insecure_channel(address) as channel:
                watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest())
                next(watch)
                stopping = threading.Thread(target=gateway.stop)
                stopping.start()
                expect("a watch at shutdown", status(lambda: watch)[0],
                       grpc.StatusCode.UNAVAILABLE)
                stopping.join()
        finally:
            gateway.stop()


main(sys.argv[1])
print("ok")
