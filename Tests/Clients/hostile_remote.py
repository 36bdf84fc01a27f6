"""A remote that misbehaves, for the tests of sync.

    hostile_remote.py FAULT

Prints its port on the first line, then serves until standard input ends. It lists three records and
serves them as the fault says.
"""

import base64
import hashlib
import http.server
import json
import sys
import threading
import time

FAULT = sys.argv[1]


def record(name):
    document = {
        "authors": ["a"], "created_at": "2025-10-18T14:23:15Z", "description": "d",
        "name": name, "schema_version": "1.0.0", "skills": [{"name": "s"}], "version": "v1",
    }
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def cid_of(content):
    digest = b"\x01\x01\x12\x20" + hashlib.sha256(content).digest()
    return "b" + base64.b32encode(digest).decode().lower().rstrip("=")


RECORDS = {cid_of(content): content for content in map(record, ("one", "two", "three"))}
BAD = list(RECORDS)[1]
asked = {}

SIGNATURE = (
    "MEUCIQDnTvMEjuFDrlPvk6Y5j8r/pa280dRd28GOqFGQK4XRrQIgBJOkW/ql"
    "an/p2cTVg+LA7xNueKeq6/nSi/nkInoInPo="
)
KEY = """-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAENB4mChTenS8GzDtGeDd5W64hCtBX
T0LiaJZpTEExNpUQqUqNaDIvjsRGMAgwLxzXtJ4+St64s+njSyUS0/0a4Q==
-----END PUBLIC KEY-----
"""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def answer(self, body, status=200, fields=()):
        self.send_response(status)
        for name, value in fields:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def endless(self):
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        for _ in range(4096):
            self.wfile.write(b" " * 65536)

    def drip(self):
        self.send_response(200)
        self.send_header("Content-Length", "60000")
        self.end_headers()
        for _ in range(600):
            self.wfile.write(b" ")
            self.wfile.flush()
            time.sleep(0.05)

    def do_GET(self):
        path, _, query = self.path.partition("?")
        asked[path] = asked.get(path, 0) + 1
        try:
            self.serve(path, query)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def serve(self, path, query):
        if path == "/asked":
            return self.answer(json.dumps(asked).encode())
        if path == "/records":
            return self.listing(query)
        cid = path.split("/")[2]
        if path.endswith("/signatures"):
            return self.signatures()
        if FAULT == "busy" and asked[path] < 3:
            return self.answer(b"", 503, [("Retry-After", "0")])
        if cid == BAD and FAULT == "wrong-bytes":
            return self.answer(RECORDS[cid].replace(b"two", b"owt"))
        if cid == BAD and FAULT == "no-record":
            return self.answer(b'{"name":"x"}')
        if cid == BAD and FAULT == "endless-record":
            return self.endless()
        if cid == BAD and FAULT == "redirect-record":
            return self.answer(b"", 302, [("Location", "http://169.254.169.254/")])
        if cid == BAD and FAULT == "gone-record":
            return self.answer(b"{}", 404)
        if cid == BAD and FAULT == "drip":
            return self.drip()
        if cid == BAD and FAULT == "hang-up":
            self.close_connection = True
            return self.connection.close()
        if cid == BAD and FAULT == "slow":
            time.sleep(30)
        if cid == BAD and FAULT == "slow-once" and asked[path] == 1:
            time.sleep(30)
        self.answer(RECORDS[cid])

    def signatures(self):
        if FAULT == "bad-signature":
            # A good key with a good signature, over another cid.
            body = {"signatures": [{"signature": SIGNATURE, "public_key": KEY}]}
            return self.answer(json.dumps(body).encode())
        if FAULT in ("no-signatures", "absurd-numbers", "negative-numbers"):
            return self.answer(b"<html>")
        self.answer(b'{"signatures":[]}')

    def listing(self, query):
        if FAULT == "html":
            return self.answer(b"<html>hello</html>", fields=[("Content-Type", "text/html")])
        if FAULT == "not-found":
            return self.answer(b"nothing", 404)
        if FAULT == "redirect":
            return self.answer(b"", 301, [("Location", "http://127.0.0.1:1/")])
        if FAULT == "endless":
            return self.endless()
        if FAULT == "always-busy":
            return self.answer(b"", 503)
        if FAULT == "hang-up-all":
            self.close_connection = True
            return self.connection.close()
        if FAULT == "many-values":
            return self.answer(b'{"records":[],"x":[' + b"0," * 600000 + b"0]}")
        if FAULT == "refused":
            return self.answer(b"", 401)
        if FAULT == "no-http":
            self.close_connection = True
            return self.wfile.write(b"220 mail.example.org ESMTP\r\n")
        items = [{"cid": cid} for cid in RECORDS]
        page = {"records": items}
        if FAULT == "bad-cid":
            page["records"] = [{"cid": "../../healthz"}] + items
        if FAULT == "long-name":
            page["records"] = [{"cid": "a" + "\u0301" * 100000}] + items
        if FAULT == "absurd-numbers":
            for item in items:
                item["signatures"] = 9200000000000000000
        if FAULT == "negative-numbers":
            for item in items:
                item["signatures"] = -1e308
        if FAULT == "long-cursor":
            page["next"] = "x" * 2000
        if FAULT == "odd-cursor":
            page["next"] = 7
        if FAULT == "twice":
            page["records"] = items * 3
        if FAULT == "circle":
            page["next"] = "again"
        if FAULT == "pages":
            index = int(query.rpartition("after=")[2]) if "after=" in query else 0
            page = {"records": items[index : index + 1]}
            if index < 2:
                page["next"] = str(index + 1)
        self.answer(json.dumps(page).encode())


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
sys.stdin.read()
