"""A receiver of webhooks that verifies signatures (Standard Webhooks 1.0.0).

Usage: SECRET=whsec_… python3 receiver.py [PORT]
"""

import base64
import hashlib
import hmac
import http.server
import json
import os
import sys
import time

KEY = base64.b64decode(os.environ["SECRET"].removeprefix("whsec_"))
TOLERANCE = 300  # seconds that a message may be old, or ahead
seen = set()  # ids of messages; a real receiver keeps them with its data


def is_genuine(headers, body):
    """Whether the message was signed with the secret, and lately."""
    ident, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not stamp.isascii() or not stamp.isdigit() or abs(time.time() - int(stamp)) > TOLERANCE:
        return False
    digest = hmac.new(KEY, f"{ident}.{stamp}.".encode() + body, hashlib.sha256).digest()
    wanted = b"v1," + base64.b64encode(digest)
    # During a rotation of the secret there are two signatures.
    given = headers.get("webhook-signature", "").encode().split(b" ")
    return any(hmac.compare_digest(wanted, signature) for signature in given)


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        status = 204
        if not is_genuine(self.headers, body):
            status = 401
        elif self.headers["webhook-id"] not in seen:
            # Each message arrives at least once: this one is new.
            seen.add(self.headers["webhook-id"])
            message = json.loads(body)
            print(message["type"], message["data"].get("resource_id", ""), flush=True)
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(
    ("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 0), Receiver)
print("listening on", server.server_address[1], flush=True)
server.serve_forever()
