"""Who may do what over gRPC: tokens, scopes and the event filter of a token.

Usage: grpc_access.py PROGRAM
"""

import hashlib
import sys
import tempfile

import grpc
from agntcy.dir.core.v1 import record_pb2 as core
from agntcy.dir.events.v1 import event_service_pb2 as events
from agntcy.dir.events.v1 import event_service_pb2_grpc as events_grpc
from agntcy.dir.store.v1 import store_service_pb2_grpc as store_grpc
from google.protobuf import json_format
from grpc_health.v1 import health_pb2, health_pb2_grpc

from readme_gateway import Gateway
from support import expect, record, secret

TOKENS = {name: secret(f"a-token-of-the-{name}-which-is-long") for name in ["owner", "listener"]}
SCOPES = {"owner": "scopes=events:read|records:read|records:write",
          "listener": "scopes=events:read labels=/skills/x"}


def message(name, skill):
    return core.Record(data=json_format.ParseDict(record(name, skill), core.Record().data))


def bearer(name):
    return [("authorization", f"Bearer {TOKENS[name]}")]


def code(call):
    try:
        list(call())
    except grpc.RpcError as error:
        return error.code()
    return grpc.StatusCode.OK


def main(program):
    entries = ",".join(
        f"name={name} sha256={hashlib.sha256(token.encode()).hexdigest()} {SCOPES[name]}"
        for name, token in TOKENS.items())
    with tempfile.TemporaryDirectory() as data:
        gateway = Gateway(program, data, "auth.mode=token", f"auth.tokens={entries}")
        try:
            with grpc.insecure_channel(f"127.0.0.1:{gateway.port}") as channel:
                check(channel)
        finally:
            gateway.stop()
    print("ok")


def check(channel):
    store = store_grpc.StoreServiceStub(channel)
    push = lambda name, **more: store.Push(iter([message(name, "y")]), **more)  # noqa: E731
    expect("a push without a token", code(lambda: push("a")), grpc.StatusCode.UNAUTHENTICATED)
    expect("a push with a wrong token",
           code(lambda: push("a", metadata=[("authorization", "Bearer hello")])),
           grpc.StatusCode.UNAUTHENTICATED)
    expect("a push without its scope", code(lambda: push("a", metadata=bearer("listener"))),
           grpc.StatusCode.PERMISSION_DENIED)
    expect("a push with its scope", code(lambda: push("a", metadata=bearer("owner"))),
           grpc.StatusCode.OK)
    health = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest())
    expect("health without a token", health.status, health_pb2.HealthCheckResponse.SERVING)

    stub = events_grpc.EventServiceStub(channel)
    expect("a stream without a token", code(lambda: stub.Listen(events.ListenRequest())),
           grpc.StatusCode.UNAUTHENTICATED)
    stream = stub.Listen(events.ListenRequest(), metadata=bearer("listener"), timeout=20)
    stream.initial_metadata()
    for name, skill in [("hidden", "y"), ("shown", "x")]:
        list(store.Push(iter([message(name, skill)]), metadata=bearer("owner")))
    heard = next(stream)
    expect("the first event of a filtered token", list(heard.event.labels), ["/skills/x"])
    stream.cancel()


if __name__ == "__main__":
    main(sys.argv[1])
