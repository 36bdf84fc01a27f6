"""A server for the tests of outgoing requests.

    hello_server.py [HOST]

Answers every GET with "hello", over HTTP/1.1 connections that it keeps; with HOST over TLS, with a new
certificate for that host. Prints its port and the file of the certificate on the first line, then
serves until standard input ends.
"""

import http.server
import ssl
import subprocess
import sys
import tempfile
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")


host = sys.argv[1] if len(sys.argv) > 1 else ""
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
with tempfile.TemporaryDirectory() as folder:
    certificate = ""
    if host:
        certificate = folder + "/certificate.pem"
        subprocess.run(
            [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=" + host,
                "-addext", "subjectAltName=DNS:" + host,
                "-keyout", folder + "/key.pem", "-out", certificate,
            ],
            check=True, capture_output=True,
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, folder + "/key.pem")
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    # One text: an unbuffered output would write each part by itself.
    print(f"{server.server_address[1]} {certificate}", flush=True)
    sys.stdin.read()
