"""A gateway in front of an upstream that misbehaves, made with grpcio and with bare sockets: the gateway
goes on, passes on what is right, and says what is wrong.

Usage: hostile_upstream.py PROGRAM
"""

import concurrent.futures
import http.client
import json
import queue
import socket
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import uuid

import grpc
from agntcy.dir.core.v1 import record_pb2 as core
from agntcy.dir.events.v1 import event_service_pb2 as events
from agntcy.dir.store.v1 import store_service_pb2 as store
from agntcy.dir.store.v1 import sync_service_pb2 as sync
from google.protobuf import empty_pb2, json_format

from readme_gateway import Gateway
from support import expect, free_port, record, until

LISTEN = "/agntcy.dir.events.v1.EventService/Listen"
STORE = "/agntcy.dir.store.v1.StoreService/"
SYNC = "/agntcy.dir.store.v1.SyncService/"
CID = "baeareih47nx2vjmqxx5xlar766ufi7jbxyedv634kcgagqrmnt42xjor3u"


def event(resource, kind=1, number=None, at=1_760_000_000, **more):
    """A ListenResponse, as bytes."""
    message = events.Event(
        id=str(uuid.UUID(int=number, version=4)) if number is not None else str(uuid.uuid4()),
        type=kind, resource_id=resource, labels=["/skills/s"], **more)
    message.timestamp.seconds = at
    return events.ListenResponse(event=message).SerializeToString()


class Upstream(grpc.GenericRpcHandler):
    """A server whose methods are functions of the test, from an iterator of bytes to one of bytes."""

    def __init__(self):
        self.port = free_port()
        self.methods = {LISTEN: self.listen}
        self.outbox = queue.Queue()
        self.listens = 0
        self.server = None

    def service(self, details):
        method = self.methods.get(details.method)
        if method is None:
            return None
        return grpc.stream_stream_rpc_method_handler(method)

    def start(self):
        self.server = grpc.server(
            concurrent.futures.ThreadPoolExecutor(32), handlers=[self],
            options=[("grpc.max_send_message_length", -1), ("grpc.so_reuseport", 0)])
        until("the port is still taken", lambda: self.bind())
        self.server.start()

    def bind(self):
        try:
            return self.server.add_insecure_port(f"127.0.0.1:{self.port}")
        except RuntimeError:
            return 0

    def stop(self, grace=0):
        self.server.stop(grace).wait()

    def listen(self, _, context):
        """Sends what the test puts into the outbox; an exception there ends the stream."""
        self.listens += 1
        while context.is_active():
            try:
                item = self.outbox.get(timeout=0.05)
            except queue.Empty:
                continue
            if isinstance(item, grpc.StatusCode):
                context.abort(item, "as the test wants it")
            if item is None:
                return
            yield item

    def send(self, *messages):
        for message in messages:
            self.outbox.put(message)


class Stream:
    """A stream of events of the gateway, read in a thread."""

    def __init__(self, gateway):
        self.connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=60)
        self.connection.request("GET", "/events", headers={"Accept": "text/event-stream"})
        self.response = self.connection.getresponse()
        expect("the status of the stream", self.response.status, 200)
        self.blocks = []
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        name = None
        for line in self.response:
            text = line.decode().rstrip("\n")
            if text.startswith("event: "):
                name = text[7:]
            elif text.startswith("data: ") and name:
                self.blocks.append((name, json.loads(text[6:])))
                name = None

    def resources(self, kind="RECORD_PUSHED"):
        return [data["resource_id"] for name, data in list(self.blocks) if name == kind]

    def resets(self):
        return [data["cause"] for name, data in list(self.blocks) if name == "reset"]

    def wait_for(self, resource, kind="RECORD_PUSHED", seconds=20):
        until(lambda: f"no {kind} {resource}: {self.blocks[-5:]}",
              lambda: resource in self.resources(kind), seconds)


def ask(gateway, path, body=None, method=None):
    """The status and the JSON of a response, whatever the status."""
    data = None if body is None else json.dumps(body).encode()
    message = urllib.request.Request(
        gateway.url + path, data, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(message, timeout=30) as response:
            return response.status, json.loads(response.read() or b"{}")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"{}")


def problem(what, found, status, name):
    expect(f"the status of {what}", found[0], status)
    expect(f"the problem of {what}", found[1].get("type", "").rsplit(":", 1)[-1], name)


def metric(gateway, name):
    with urllib.request.urlopen(f"{gateway.url}/metrics", timeout=30) as page:
        for line in page.read().decode().splitlines():
            if line.startswith(f"directory_gateway_{name} "):
                return int(line.split()[-1])
    raise AssertionError(f"there is no metric {name}")


def ready(gateway):
    return ask(gateway, "/readyz")[0] == 200


def wrong_messages(gateway, upstream, stream):
    refused = metric(gateway, "upstream_events_refused_total")
    bad = [b"", b"\xff\xff\xff", b"\x0a\x05abc", event("x", kind=0), event("x", kind=11),
           event("x", kind=2_000_000_000), event(""), event("x", at=1 << 60),
           events.ListenResponse(event=events.Event(id="no uuid", type=1, resource_id="x"))
           .SerializeToString(),
           event("x", metadata={f"k{n}": "v" * 100 for n in range(2000)})]
    upstream.send(*bad, event("after-wrong"))
    stream.wait_for("after-wrong")
    expect("what was refused", metric(gateway, "upstream_events_refused_total") - refused, len(bad))
    expect("what came of it", [name for name in stream.resources() if name == "x"], [])


def order_and_repetition(gateway, upstream, stream):
    upstream.send(event("late", number=9, at=2_000_000_000), event("early", number=3, at=1000),
                  event("late", number=9, at=2_000_000_000), event("end-of-order", number=1))
    stream.wait_for("end-of-order")
    found = [name for name in stream.resources() if name in ("late", "early", "end-of-order")]
    expect("the order of arrival, each once", found, ["late", "early", "end-of-order"])
    [data] = [data for name, data in stream.blocks if data.get("resource_id") == "early"]
    expect("the id of the upstream", data["id"], str(uuid.UUID(int=3, version=4)))
    expect("the time of the upstream", data["timestamp"], "1970-01-01T00:16:40.000000Z")


def flood(gateway, upstream, stream):
    count = 20_000
    upstream.send(*(event("flood") for _ in range(count)), event("after-flood"))
    expect("the health in a flood", ask(gateway, "/healthz")[0], 200)
    stream.wait_for("after-flood", seconds=60)
    dropped = sum(data["dropped"] for name, data in stream.blocks if name == "dropped")
    expect("what was delivered or declared",
           len([name for name in stream.resources() if name == "flood"]) + dropped, count)


def too_large(gateway, upstream, stream):
    resets = len(stream.resets())
    upstream.send(b"\x0a" + b"\xff" * (20 << 20))
    until("no reset after a message that is too large", lambda: len(stream.resets()) > resets)
    upstream.send(event("after-large"))
    stream.wait_for("after-large")


def streams_that_end(gateway, upstream, stream):
    for item, what in [(None, "a stream that ends"),
                       (grpc.StatusCode.INTERNAL, "a stream that fails")]:
        resets = len(stream.resets())
        upstream.send(item)
        until(f"no reset after {what}", lambda: len(stream.resets()) > resets)
    until("not ready again", lambda: ready(gateway))

    # One that ends at once, again and again, must not be asked in a loop.
    normal = upstream.methods[LISTEN]
    count = []

    def ends(_, context):
        count.append(1)
        return iter(())

    upstream.methods[LISTEN] = ends
    upstream.send(None)
    until("not asked again", lambda: len(count) >= 2)
    time.sleep(1)
    if len(count) > 12:
        raise AssertionError(f"asked {len(count)} times in about a second")
    expect("ready without events", ready(gateway), False)
    upstream.methods[LISTEN] = normal
    until("not ready after it listens again", lambda: ready(gateway), 60)


def unimplemented(gateway, upstream, stream):
    problem("a listing without a search service", ask(gateway, "/records"), 501,
            "upstream-unsupported")
    normal = upstream.methods.pop(LISTEN)
    upstream.send(None)
    until("still ready without Listen", lambda: not ready(gateway))
    until("the reason is not told", lambda: "unimplemented" in json.dumps(ask(gateway, "/readyz")[1]))
    # Operations go on.
    upstream.methods[STORE + "Delete"] = lambda requests, _: iter(
        [empty_pb2.Empty().SerializeToString() for _ in [list(requests)]])
    expect("a delete without events", ask(gateway, f"/records/{CID}", method="DELETE")[0], 204)
    upstream.methods[LISTEN] = normal
    until("not ready with Listen again", lambda: ready(gateway), 60)


def answers(gateway, upstream, stream):
    """What the methods of an upstream must not answer."""
    upstream.methods[STORE + "Pull"] = lambda requests, _: iter([b"\xff\xff"])
    problem("a record that is not protobuf", ask(gateway, f"/records/{CID}"), 500, "record-damaged")
    other = core.Record(data=json_format.ParseDict(record("other"), core.Record().data))
    upstream.methods[STORE + "Pull"] = lambda requests, _: iter([other.SerializeToString()])
    problem("another record", ask(gateway, f"/records/{CID}"), 500, "record-damaged")
    upstream.methods[STORE + "Pull"] = lambda requests, _: iter([])
    problem("no record", ask(gateway, f"/records/{CID}"), 502, "upstream-failed")

    def endless(requests, context):
        while context.is_active():
            yield other.SerializeToString() * 100

    upstream.methods[STORE + "Pull"] = endless
    problem("endless records", ask(gateway, f"/records/{CID}"), 502, "upstream-failed")

    def silent(requests, context):
        while context.is_active():
            time.sleep(0.05)
        return iter(())

    upstream.methods[STORE + "Pull"] = silent
    problem("a pull without an answer", ask(gateway, f"/records/{CID}"), 503,
            "upstream-unavailable")

    def fails(requests, context):
        context.abort(grpc.StatusCode.PERMISSION_DENIED, "not you")

    upstream.methods[STORE + "Pull"] = fails
    problem("a pull that is forbidden", ask(gateway, f"/records/{CID}"), 502, "upstream-failed")

    def missing(requests, context):
        context.abort(grpc.StatusCode.NOT_FOUND, "record not found: " + CID)

    upstream.methods[STORE + "Lookup"] = missing
    upstream.methods[STORE + "Push"] = lambda requests, _: iter([b""])
    problem("a push without a cid", ask(gateway, "/push", record("a")), 502, "upstream-failed")
    upstream.methods[STORE + "Push"] = lambda requests, _: iter([])
    problem("a push without an answer", ask(gateway, "/push", record("a")), 502, "upstream-failed")


def own_events(gateway, upstream, stream):
    """Types that this upstream does not emit come from the gateway; those that it does, only once."""
    state = [sync.SyncStatus.SYNC_STATUS_IN_PROGRESS]
    upstream.methods[SYNC + "CreateSync"] = lambda requests, _: iter(
        [sync.CreateSyncResponse(sync_id="sync-1").SerializeToString() for _ in [list(requests)]])
    upstream.methods[SYNC + "GetSync"] = lambda requests, _: iter(
        [sync.GetSyncResponse(sync_id="sync-1", status=state[0]).SerializeToString()
         for _ in [list(requests)]])
    status, reply = ask(gateway, "/sync", {"remote_directory_url": "http://dir.example.org"})
    expect("the reply to a sync", (status, reply), (202, {"sync_id": "sync-1"}))
    stream.wait_for("sync-1", "SYNC_CREATED")
    state[0] = sync.SyncStatus.SYNC_STATUS_COMPLETED
    stream.wait_for("sync-1", "SYNC_COMPLETED", 30)

    # This upstream emits RECORD_SIGNED, a little later than it answers.
    def push_referrer(requests, context):
        for request in requests:
            threading.Timer(0.3, lambda: upstream.send(event(CID, kind=9))).start()
            yield store.PushReferrerResponse(success=True).SerializeToString()

    upstream.methods[STORE + "PushReferrer"] = push_referrer
    channel = grpc.insecure_channel(f"127.0.0.1:{gateway.port}")
    push = channel.stream_stream(STORE + "PushReferrer")
    request = store.PushReferrerRequest(record_ref=core.RecordRef(cid=CID))
    request.referrer.type = "agntcy.dir.sign.v1.Signature"
    request.referrer.data.update({"signature": "x"})
    for _ in range(2):
        [reply] = push(iter([request.SerializeToString()]))
        expect("the reply to a signature",
               store.PushReferrerResponse.FromString(reply).success, True)
    until("not two signatures", lambda: len(stream.resources("RECORD_SIGNED")) == 2)
    time.sleep(1.5)
    expect("each signature once", len(stream.resources("RECORD_SIGNED")), 2)
    channel.close()


def relayed(gateway, upstream, stream):
    """Calls of gRPC come through as they are, with their status."""
    def later(requests, context):
        expect("what was sent", list(requests), [b"\x0a\x01a\xfa\x06\x01x"])
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, "é: later")

    upstream.methods["/agntcy.dir.naming.v1.NamingService/Resolve"] = later
    with grpc.insecure_channel(f"127.0.0.1:{gateway.port}") as channel:
        call = channel.unary_unary("/agntcy.dir.naming.v1.NamingService/Resolve")
        try:
            call(b"\x0a\x01a\xfa\x06\x01x")
            raise AssertionError("the call did not fail")
        except grpc.RpcError as error:
            expect("the status", (error.code(), error.details()),
                   (grpc.StatusCode.FAILED_PRECONDITION, "é: later"))
        try:
            channel.unary_stream("/agntcy.dir.search.v1.SearchService/SearchCIDs")(b"").next()
            raise AssertionError("the call did not fail")
        except grpc.RpcError as error:
            expect("a method that the upstream lacks", error.code(), grpc.StatusCode.UNIMPLEMENTED)


def goes_away(gateway, upstream, stream):
    for grace, what in [(1, "an upstream that goes away"), (0, "an upstream that is gone")]:
        resets = len(stream.resets())
        upstream.stop(grace)
        until(f"still ready after {what}", lambda: not ready(gateway))
        problem(f"an operation after {what}", ask(gateway, f"/records/{CID}"), 503,
                "upstream-unavailable")
        upstream.start()
        until(f"no reset after {what}", lambda: len(stream.resets()) > resets, 60)
        upstream.send(event(f"after {what}"))
        stream.wait_for(f"after {what}")
    expect("the causes", set(stream.resets()), {"upstream-lost"})


def bare_sockets(gateway, upstream, stream):
    """What listens on the port of the upstream speaks no HTTP/2."""

    def closes(peer):
        peer.close()

    def speaks_http1(peer):
        peer.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        time.sleep(0.2)
        peer.close()

    def is_silent(peer):
        time.sleep(6)
        peer.close()

    def half_closes(peer):
        peer.shutdown(socket.SHUT_WR)
        time.sleep(2)
        peer.close()

    def sends_settings_for_ever(peer):
        try:
            while True:
                peer.sendall(b"\x00\x00\x00\x04\x00\x00\x00\x00\x00" * 1000)
        except OSError:
            peer.close()

    def goes_away_at_once(peer):
        peer.sendall(b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
                     b"\x00\x00\x08\x07\x00\x00\x00\x00\x00" + b"\x00" * 7 + b"\x02")
        time.sleep(0.5)
        peer.close()

    # Two at a time: the pauses between attempts grow until one succeeds.
    for group in [(closes, is_silent), (speaks_http1, half_closes),
                  (sends_settings_for_ever, goes_away_at_once)]:
        upstream.stop()
        for behave in group:
            with socket.socket() as server:
                server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                server.bind(("127.0.0.1", upstream.port))
                server.listen()
                server.settimeout(40)
                peer, _ = server.accept()
                thread = threading.Thread(target=behave, args=[peer], daemon=True)
                thread.start()
                thread.join(10)
                expect(f"ready while the upstream {behave.__name__}", ready(gateway), False)
                expect("the health", ask(gateway, "/healthz")[0], 200)
                peer.close()
        upstream.start()
        until("not ready after them", lambda: ready(gateway), 60)
        upstream.send(event(f"after {group[0].__name__}"))
        stream.wait_for(f"after {group[0].__name__}")


def main(program):
    upstream = Upstream()
    upstream.start()
    with tempfile.TemporaryDirectory() as directory:
        gateway = Gateway(
            program, directory, f"upstream.address=127.0.0.1:{upstream.port}",
            "upstream.timeout=2s", "events.subscriber_buffer_size=1000")
        try:
            until("not ready", lambda: ready(gateway))
            stream = Stream(gateway)
            upstream.send(event("first"))
            stream.wait_for("first")
            for part in [wrong_messages, order_and_repetition, flood, too_large, answers,
                         unimplemented, own_events, relayed, streams_that_end, goes_away,
                         bare_sockets]:
                began = time.monotonic()
                part(gateway, upstream, stream)
                print(f"{part.__name__}: {time.monotonic() - began:.1f} s", file=sys.stderr)
        finally:
            gateway.stop()
            upstream.stop()
    expect("the end of the gateway", gateway.process.returncode, 0)


if __name__ == "__main__":
    main(sys.argv[1])
