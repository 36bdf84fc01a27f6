"""A gRPC server that passes on what it is given: the peer in Python.

Usage: grpcio-server.py HOST:PORT PUBLISH-HOST:PORT
A POST to the second address is a message to everybody who listens at the first.
"""

import asyncio
import re
import sys

import grpc

queues = set()


async def listen(request, context):
    queue = asyncio.Queue()
    queues.add(queue)
    try:
        await context.send_initial_metadata(())
        while True:
            yield await queue.get()
    finally:
        queues.discard(queue)


async def publish(reader, writer):
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            message = await reader.readexactly(int(re.search(rb"(?i)content-length: *(\d+)", head)[1]))
            for queue in queues:
                queue.put_nowait(message)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    except asyncio.IncompleteReadError:
        writer.close()


async def main():
    address, publish_address = sys.argv[1:]
    server = grpc.aio.server(options=(("grpc.max_concurrent_streams", 200),))
    methods = {"Listen": grpc.unary_stream_rpc_method_handler(listen)}
    server.add_generic_rpc_handlers(
        [grpc.method_handlers_generic_handler("agntcy.dir.events.v1.EventService", methods)])
    server.add_insecure_port(address)
    await server.start()
    host, port = publish_address.split(":")
    await asyncio.start_server(publish, host, int(port))
    await server.wait_for_termination()


asyncio.run(main())
