"""A peer that vanished without a word, and one that only stopped to read.

    vanished_peer.py PROGRAM [SECONDS]

Runs the gateway PROGRAM in a network namespace, with a subscriber in each of two others. The first
loses its address, so that it neither answers nor says that it is gone: its stream must end after
SECONDS (60, the gateway's `limits.peer_timeout`) and within half as much again. The second takes nothing any more but answers the
probes of its window: its stream must not end.

Prints "ok", or "skipped: " and the reason where namespaces cannot be made.
"""

import ctypes
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

PROGRAM = os.path.abspath(sys.argv[1])
TIMEOUT = float(sys.argv[2]) if len(sys.argv) > 2 else 60
SERVER, VANISHING, STOPPING = (f"gateway-{os.getpid()}-{name}" for name in ("srv", "gone", "slow"))
NAMESPACES = {VANISHING: ("192.0.2.1", "192.0.2.2"), STOPPING: ("192.0.2.5", "192.0.2.6")}
# Looked at twice, a quarter of the timeout apart.
LATEST = TIMEOUT * 1.5 + 10
LIBC = ctypes.CDLL(None, use_errno=True)


def ip(*arguments, namespace=None):
    command = ["ip", *(["-n", namespace] if namespace else []), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class Inside:
    """What is opened between `with` and its end belongs to a namespace."""

    def __init__(self, namespace):
        self.path = f"/run/netns/{namespace}"

    def __enter__(self):
        self.own = os.open("/proc/self/ns/net", os.O_RDONLY)
        self.enter(os.open(self.path, os.O_RDONLY))

    def __exit__(self, *_):
        self.enter(self.own)

    @staticmethod
    def enter(descriptor):
        code = LIBC.setns(descriptor, 0)
        os.close(descriptor)
        if code != 0:
            raise OSError(ctypes.get_errno(), "setns")


def hardware_address(namespace, device):
    return json.loads(ip("-json", "link", "show", device, namespace=namespace))[0]["address"]


def make_networks():
    ip("netns", "add", SERVER)
    ip("link", "set", "lo", "up", namespace=SERVER)
    for number, (namespace, (server, client)) in enumerate(NAMESPACES.items()):
        ip("netns", "add", namespace)
        ip("link", "add", f"s{number}", "netns", SERVER, "type", "veth",
           "peer", "name", "c0", "netns", namespace)
        for owner, device, address in ((SERVER, f"s{number}", server), (namespace, "c0", client)):
            ip("addr", "add", f"{address}/30", "dev", device, namespace=owner)
            ip("link", "set", device, "up", namespace=owner)
        # Known for ever: the neighbour's silence must not be reported as an unreachable host.
        ip("neigh", "replace", client, "lladdr", hardware_address(namespace, "c0"),
           "nud", "permanent", "dev", f"s{number}", namespace=SERVER)


def remove_networks():
    for namespace in (SERVER, *NAMESPACES):
        subprocess.run(["ip", "netns", "del", namespace], capture_output=True, check=False)


def start_gateway(directory):
    process = subprocess.Popen(
        ["ip", "netns", "exec", SERVER, PROGRAM, "--listen-address", "0.0.0.0:8080",
         "--data-dir", directory, "--set", "auth.mode=open", "--set", "log.access=false",
         "--set", "loops=1", "--set", "events.heartbeat_interval=1s",
         "--set", "events.log_slow_consumers=false",
         "--set", f"limits.peer_timeout={TIMEOUT:.0f}s"],
        stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if re.search(r"http://", line):
            return process
    raise SystemExit("the gateway did not start")


def subscribe(namespace, receive_buffer=None):
    with Inside(namespace):
        client = socket.socket()
    if receive_buffer:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    client.settimeout(10)
    client.connect((NAMESPACES[namespace][0], 8080))
    client.sendall(b"GET /events HTTP/1.1\r\nHost: a\r\n\r\n")
    received = b""
    while b": connected" not in received:
        received += client.recv(1000)
    return client


def request(method, path, body=None):
    with Inside(SERVER):
        connection = http.client.HTTPConnection("127.0.0.1", 8080, timeout=10)
        connection.connect()
    connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    if answer.status >= 300:
        raise SystemExit(f"{method} {path}: {answer.status} {content[:300]!r}")
    return content


def subscribers():
    return {entry["address"] for entry in json.loads(request("GET", "/subscribers"))["subscribers"]}


def unsent(client):
    """Bytes that wait at the gateway for this client."""
    with Inside(SERVER):
        lines = subprocess.run(["ss", "-tnH", "dst", NAMESPACES[client][1]],
                               check=True, capture_output=True, text=True).stdout.split()
    return int(lines[2]) if lines else 0


def push(number):
    request("POST", "/push", json.dumps({
        "schema_version": "1.0.0", "name": f"test/{number}", "version": "v1", "description": "d",
        "authors": ["a"], "created_at": "2025-10-18T14:23:15Z",
        "skills": [{"name": f"skill/{'x' * 500}/{index}"} for index in range(20)],
    }))


def main():
    vanished = subscribe(VANISHING)
    stopped = subscribe(STOPPING, receive_buffer=4096)
    if subscribers() != {"192.0.2.2", "192.0.2.6"}:
        raise SystemExit(f"not both subscribe: {subscribers()}")
    # The one that stopped fills up, until what waits for it no longer leaves.
    number = 0
    while unsent(STOPPING) < 20_000:
        number += 1
        push(number)
        if number > 500:
            raise SystemExit(f"the reader that stopped does not fall behind: {unsent(STOPPING)}")
    vanished.settimeout(0.2)
    try:
        while vanished.recv(1 << 16):
            pass
    except TimeoutError:
        pass
    began = time.monotonic()
    ip("addr", "flush", "dev", "c0", namespace=VANISHING)
    while "192.0.2.2" in subscribers():
        if time.monotonic() - began > LATEST:
            raise SystemExit("the peer that vanished still has its stream")
        time.sleep(1)
    took = time.monotonic() - began
    if took < TIMEOUT * 0.9:
        raise SystemExit(f"the peer that vanished lost its stream after {took:.0f} s already")
    # Long enough that its own timeout would have passed as well.
    while time.monotonic() - began < LATEST + 10:
        if "192.0.2.6" not in subscribers():
            raise SystemExit("the reader that stopped to read lost its stream")
        time.sleep(1)
    if unsent(STOPPING) < 20_000:
        raise SystemExit("the reader that stopped has read after all")
    vanished.close()
    stopped.close()
    print("ok")


if __name__ == "__main__":
    if not (shutil.which("ip") and shutil.which("ss")):
        print("skipped: iproute2 is not installed")
        sys.exit()
    try:
        make_networks()
    except subprocess.CalledProcessError as error:
        remove_networks()
        print(f"skipped: no network namespaces: {error.stderr.strip()}")
        sys.exit()
    try:
        with tempfile.TemporaryDirectory() as directory:
            gateway = start_gateway(directory)
            try:
                main()
            finally:
                gateway.kill()
                gateway.wait()
    finally:
        remove_networks()
