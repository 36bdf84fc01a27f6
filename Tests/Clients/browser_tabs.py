"""Thirty tabs of a browser, each with a stream of its own, over TLS: one connection carries all of them.

Usage: browser_tabs.py PROGRAM PUBLIC
Over HTTP/1.1 a browser opens six connections to an origin, and the seventh tab would wait for ever.
Prints ok, or what went wrong.
"""

import json
import ssl
import subprocess
import sys
import tempfile
import urllib.request

from browser import Browser, Gateway
from support import expect, free_port, record, until

PROGRAM, PUBLIC = sys.argv[1:]
TABS = 30


def certificate(directory):
    path, key = f"{directory}/certificate.pem", f"{directory}/key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-keyout", key, "-out", path, "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True)
    return path, key


class SecureGateway(Gateway):
    """A gateway over TLS."""

    def __init__(self, directory):
        path, key = certificate(directory)
        port = free_port()
        super().__init__(PROGRAM, PUBLIC, port, directory, "--set", f"tls.certificate={path}",
                         "--set", f"tls.key={key}")
        self.url, self.context = f"https://localhost:{port}", ssl.create_default_context(cafile=path)

    def ask(self, path, body=None):
        message = urllib.request.Request(
            self.url + path, body and json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(message, timeout=10, context=self.context) as answer:
            return answer.read().decode()


def connections(gateway):
    lines = gateway.ask("/metrics").splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("directory_gateway_connections "))


def main():
    with tempfile.TemporaryDirectory() as directory:
        gateway = SecureGateway(directory)
        browser = Browser("--ignore-certificate-errors")
        try:
            tabs = []
            for _ in range(TABS):
                tabs.append(browser.tab(f"{gateway.url}/icon.svg"))
                browser.run("""
                    window.received = [];
                    window.source = new EventSource("/events?types=RECORD_PUSHED");
                    source.addEventListener("RECORD_PUSHED", ({ data }) => received.push(JSON.parse(data).resource_id));
                """)
            until("thirty subscribers", lambda: len(json.loads(gateway.ask("/subscribers"))["subscribers"]) == TABS)
            found = connections(gateway)
            if found > 6:
                raise AssertionError(f"{found:.0f} connections for {TABS} tabs")
            cid = json.loads(gateway.ask("/push", record("seen in thirty tabs")))["cid"]
            for tab in tabs:
                browser.driver.switch_to.window(tab)
                browser.wait("the event", "received.length === 1")
                expect("the event", browser.run("return received[0]"), cid)
        finally:
            browser.driver.quit()
            gateway.stop()
    print("ok")


main()
