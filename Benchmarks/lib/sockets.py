"""Bare sockets for measurements that a client library would disturb."""

import socket


def connect(address):
    host, port = address.split(":")
    client = socket.create_connection((host, int(port)), timeout=10)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def read_until(client, mark, rest=b""):
    while mark not in rest:
        part = client.recv(65536)
        if not part:
            raise SystemExit("the gateway closed the connection")
        rest += part
    return rest
