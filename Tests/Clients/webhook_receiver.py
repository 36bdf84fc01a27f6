"""A receiver of webhooks that behaves as its path says, and remembers what it was sent."""

import http.server
import socket
import ssl
import struct
import threading
import time


class Receiver:
    """`http://127.0.0.1:PORT/NAME/MODE`: NAME is what the requests are remembered under.

    Modes: `ok`, `slow` (half a second), `hang` (no response), `500`, `410`, `429` (once, with
    Retry-After), `redirect`, `reset`, `endless`, `flaky` (each second request fails), `long`.
    """

    def __init__(self, certificate=None):
        self.lock = threading.Lock()
        self.requests = {}
        self.modes = {}
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.receiver = self
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.url = f"http{'s' if certificate else ''}://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def of(self, name):
        """The requests under a name: time, path, headers and body of each."""
        with self.lock:
            return list(self.requests.get(name, []))

    def ids(self, name):
        return [headers["webhook-id"] for _, _, headers, _ in self.of(name)]

    def set_mode(self, name, mode):
        """Changes the mode of a name, whatever its path says."""
        with self.lock:
            self.modes[name] = mode

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024

    def handle_error(self, request, client_address):
        pass


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        receiver = self.server.receiver
        parts = self.path.split("?")[0].strip("/").split("/")
        name, mode = parts[0], parts[1] if len(parts) > 1 else "ok"
        headers = {key.lower(): value for key, value in self.headers.items()}
        with receiver.lock:
            entry = receiver.requests.setdefault(name, [])
            entry.append((time.monotonic(), self.path, headers, body))
            number = len(entry)
            mode = receiver.modes.get(name, mode)
        getattr(self, "mode_" + mode)(number)

    def answer(self, status, body=b"ok", **fields):
        self.send_response(status)
        for key, value in fields.items():
            self.send_header(key.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def mode_ok(self, number):
        self.answer(200)

    def mode_slow(self, number):
        time.sleep(0.5)
        self.answer(200)

    def mode_hang(self, number):
        time.sleep(30)

    def mode_500(self, number):
        self.answer(500, b"it is broken")

    def mode_410(self, number):
        self.answer(410)

    def mode_429(self, number):
        if number == 1:
            self.answer(429, Retry_After="2")
        else:
            self.answer(200)

    def mode_redirect(self, number):
        self.answer(307, Location=f"http://127.0.0.1:{self.server.receiver.port}/elsewhere/ok")

    def mode_reset(self, number):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def mode_endless(self, number):
        self.send_response(200)
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"x" * 65536)
        except OSError:
            self.close_connection = True

    def mode_flaky(self, number):
        self.answer(200 if number % 2 else 503)

    def mode_long(self, number):
        self.answer(200, b"y" * 100_000)

    def log_message(self, *arguments):
        pass
