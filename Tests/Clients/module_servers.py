"""Gateways that behave in a special way towards the browser module."""

import contextlib
import http.server
import threading
import time


@contextlib.contextmanager
def served(handler):
    """Serves until the block ends; gives the address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()


class Stream(http.server.BaseHTTPRequestHandler):
    """Answers with an event stream of these pieces, one after the other."""
    pieces = []

    def log_message(self, *arguments):
        pass

    def head(self, status=200, type="text/event-stream", **fields):
        self.send_response(status)
        self.send_header("Content-Type", type)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Access-Control-Expose-Headers", "Retry-After")
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def do_GET(self):
        self.head()
        for piece in self.pieces:
            self.wfile.write(piece)
            self.wfile.flush()
            time.sleep(0.1)


class Lossy(Stream):
    pieces = [b'retry: 60000\n\nevent: dropped\ndata: {"dropped":17}\n\n']


class Full(Stream):
    """Has no room, and says so after its response has begun."""
    pieces = [b"retry: 60000\n", b"event: retry-later\n", b'data: {"reason":"it is full","retry":60000}\n\n']


EVENT = '{"id":"i1","type":"EVENT_TYPE_RECORD_PUSHED","timestamp":"2026-01-02T03:04:05.000006Z","resource_id":"é€🦉"}'


class Pieces(Stream):
    """Ends its lines in every way there is, and parts them anywhere, characters too."""
    text = (f": connected\r\n\r\nevent: FUTURE_TYPE\rdata: {EVENT}\r\r"
            f"id: i1\nevent:RECORD_PUSHED\ndata: {EVENT}\n\n"
            f"event: RECORD_PUSHED\r\ndata: {EVENT}\r\n\r\n"
            f"event: RECORD_PUSHED\ndata: {EVENT}\n").encode()

    def do_GET(self):
        self.head()
        for byte in self.text:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            time.sleep(0.0005)


class Page(Stream):
    """A page in place of a stream, as a wrong proxy gives it."""

    def do_GET(self):
        self.head(type="text/html")
        self.wfile.write(b"<p>hello")


class Busy(Stream):
    def do_GET(self):
        self.head(503, "application/problem+json", Retry_After="40")
        self.wfile.write(b'{"detail":"it is busy"}')


class Passing(Stream):
    """Refuses the first that asks, and lets the next in."""
    asked = 0
    pieces = [b"retry: 60000\n\n"]

    def do_GET(self):
        Passing.asked += 1
        if Passing.asked == 1:
            return self.head(403)
        super().do_GET()
