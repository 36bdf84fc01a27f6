"""The 64 events that the fan-out benchmark is made of: records pushed to a gateway and published."""

import json
import socket
import ssl
import urllib.request

from gateway import record
from load import Event

COUNT = 64


def prepare(address, tls=False):
    """Pushes the records and returns the events of their publication, as they are on the wire."""
    context = trusting() if tls else None
    cids = []
    for number in range(COUNT):
        answer = call(address, "/push", record(number).encode(), context)
        cids.append(answer["cid"])
    host, port = address.split(":")
    stream = socket.create_connection((host, int(port)), timeout=10)
    if context:
        stream = context.wrap_socket(stream)
    stream.sendall(b"GET /events?types=RECORD_PUBLISHED HTTP/1.0\r\nHost: localhost\r\n\r\n")
    seen = b""
    while b": connected\n\n" not in seen:
        seen += receive(stream)
    call(address, "/publish", json.dumps({"cids": cids}).encode(), context)
    seen = seen.partition(b": connected\n\n")[2]
    while seen.count(b"\n\n") < COUNT:
        seen += receive(stream)
    stream.close()
    return [Event(frame + b"\n\n") for frame in seen.split(b"\n\n")[:COUNT]]


def receive(stream):
    part = stream.recv(65536)
    if not part:
        raise SystemExit("bench: the gateway closed the stream")
    return part


def trusting():
    """A TLS context for a certificate without an authority."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def call(address, path, body, context=None):
    scheme = "https" if context else "http"
    request = urllib.request.Request(
        f"{scheme}://{address}{path}", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30, context=context) as answer:
        return json.load(answer)
