"""A gateway process for the tests of the README and of the proxies: its program as it was built."""

import itertools
import json
import os
import re
import signal
import ssl
import subprocess
import threading
import urllib.error
import urllib.request

from support import free_port, record, secret


def wide_record(name, labels=1, width=1):
    """A valid record with a number of skills, each with a long name if wanted."""
    return record(name, *(f"skill-{n}-" + "x" * width for n in range(labels)))


def keep(said, stderr):
    """Reads what a gateway says to its end, and keeps it where GATEWAY_OUTPUT names a folder."""
    directory = os.environ.get("GATEWAY_OUTPUT")
    if not directory:
        stderr.read()
        return
    with open(os.path.join(directory, f"gateway-{os.getpid()}.log"), "a") as output:
        for line in itertools.chain(said, stderr):
            output.write(line)
            output.flush()


class Gateway:
    """A gateway on one port and one data directory, which can be started again. With an authority
    (`certificates.Authority`) its connections are over TLS."""

    def __init__(self, program, directory, *settings, authority=None, config=None):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.context = None
        if authority:
            certificate, key = authority.issue(
                "server", dns=["localhost"], addresses=["127.0.0.1"])
            settings = (f"tls.certificate={certificate}", f"tls.key={key}", *settings)
            self.url = f"https://127.0.0.1:{self.port}"
            self.context = ssl.create_default_context(cafile=authority.path)
        program = [program] if isinstance(program, str) else program
        self.command = [
            *program, "--listen-address", f"127.0.0.1:{self.port}", "--data-dir",
            os.path.join(directory, "data"), "--set", "drain_timeout=5s",
            *(word for setting in settings for word in ("--set", setting)),
            *(["--config", config] if config else [])]
        self.directory = directory
        for setting in settings:
            for token in re.findall(r"\btoken=([^\s,]+)", setting):
                secret(token)
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            self.command, cwd=self.directory, stderr=subprocess.PIPE, text=True)
        said = []
        for line in self.process.stderr:
            said.append(line)
            if "url=http" in line:
                break
        else:
            raise AssertionError("the gateway did not start: " + "".join(said))
        threading.Thread(target=keep, args=(said, self.process.stderr), daemon=True).start()

    def stop(self, how=signal.SIGTERM):
        """Ends it; a second call does nothing."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        self.process.wait(20)

    def restart(self, how=signal.SIGTERM):
        self.stop(how)
        self.start()

    def get(self, path):
        return json.loads(self.ask(urllib.request.Request(self.url + path)))

    def post(self, path, body, kind="application/json"):
        """Posts JSON, or text of another kind as it is; returns the parsed or the plain response."""
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        text = self.ask(urllib.request.Request(self.url + path, data, {"Content-Type": kind}))
        return json.loads(text) if kind == "application/json" else text

    def ask(self, message):
        try:
            with urllib.request.urlopen(message, timeout=60, context=self.context) as response:
                return response.read().decode()
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{message.full_url}: {error.code} {error.read().decode()}")

    def push(self, body):
        """Pushes a record; returns its cid."""
        return self.post("/push", body)["cid"]

    def disconnect(self, number):
        """Ends the stream of a subscriber."""
        url = f"http://127.0.0.1:{self.port}/subscribers/{number}"
        urllib.request.urlopen(urllib.request.Request(url, method="DELETE"), timeout=10).close()

    def subscribers(self):
        return self.get("/subscribers")["subscribers"]


def lose(gateway, halt, go_on):
    """Publishes while a reader is halted until it has lost events."""
    lines = "\n".join(json.dumps(wide_record(f"r{n}", 40, 50)) for n in range(100))
    halt()
    try:
        for _ in range(40):
            gateway.post("/push", lines, "application/x-ndjson")
            if any(subscriber["dropped"] for subscriber in gateway.subscribers()):
                break
        else:
            raise AssertionError("nothing was lost in 4000 events")
    finally:
        go_on()
