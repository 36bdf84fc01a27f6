"""A gateway in front of the real one that changes some of what it says: to play an older one, or a state that is
hard to make.

`served(changes)` passes every request on to the gateway. `changes` has functions by method and path,
`"GET /metrics"`: each gets the request and gives a status, a type and a body. The routes of `paths` are
added to the description of the routes.
"""

import contextlib
import http.server
import json
import threading
import urllib.error
import urllib.parse
import urllib.request


def handler(gateway, changes, paths):
    class Passing(http.server.BaseHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

        def answer(self, status, kind, body, **fields):
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            for name, value in fields.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(data)

        def serve(self):
            size = int(self.headers.get("Content-Length") or 0)
            self.body = self.rfile.read(size) if size else None
            url = urllib.parse.urlparse(self.path)
            self.query = dict(urllib.parse.parse_qsl(url.query))
            if url.path == "/openapi.json":
                return self.answer(200, "application/json", described(gateway, paths))
            change = changes.get(f"{self.command} {url.path}")
            change = change or next((function for key, function in changes.items() if key.endswith("*")
                                     and f"{self.command} {url.path}".startswith(key[:-1])), None)
            found = change(self) if change else None
            if found:
                return self.answer(*found)
            self.forward()

        def forward(self):
            kept = {name: value for name, value in self.headers.items()
                    if name.lower() in ("accept", "content-type", "if-none-match")}
            message = urllib.request.Request(gateway.url + self.path, self.body, kept, method=self.command)
            try:
                response = urllib.request.urlopen(message, timeout=60)
            except urllib.error.HTTPError as error:
                response = error
            with response:
                self.send_response(response.status)
                for name, value in response.headers.items():
                    if name.lower() not in ("transfer-encoding", "connection", "date", "server"):
                        self.send_header(name, value)
                self.send_header("Connection", "close")
                self.end_headers()
                with contextlib.suppress(OSError):
                    while self.command != "HEAD" and (part := response.read1(65536)):
                        self.wfile.write(part)
                        self.wfile.flush()
            self.close_connection = True

        do_GET = do_POST = do_DELETE = do_HEAD = serve

    return Passing


def described(gateway, paths):
    description = gateway.get("/openapi.json")
    for path, methods in paths.items():
        for method, parameters in methods.items():
            operation = description["paths"].setdefault(path, {}).setdefault(method, {})
            operation.setdefault("parameters", []).extend({"name": name, "in": "query"} for name in parameters)
    return description


@contextlib.contextmanager
def served(gateway, changes, paths=None):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler(gateway, changes, paths or {}))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://localhost:{server.server_address[1]}"
    finally:
        server.shutdown()
