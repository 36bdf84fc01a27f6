"""Runs the programs of examples/consumers against a gateway that is restarted and killed meanwhile.

Usage: consumers.py PROGRAM
PROGRAM is the gateway. A language that is not installed is skipped, with the reason. The Swift program
is run by Tests/GatewayTests/ConsumerTests.swift. The last line is `N passed, M failed`.
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import urllib.request

from readme_gateway import Gateway, lose
from support import expect, record, until

PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
EXAMPLES = pathlib.Path(__file__).resolve().parent.parent.parent / "examples/consumers"
TOKEN = "a-token-of-the-tests-for-the-consumers"


def commands(folder):
    """The command of each language, or why there is none."""
    def find(name, *words):
        path = shutil.which(name)
        return [path, *words] if path else f"{name} is not installed"

    go = shutil.which("go")
    if go:
        program = os.path.join(folder, "listen")
        subprocess.run(
            [go, "build", "-o", program, EXAMPLES / "listen.go"], check=True,
            env={**os.environ, "GO111MODULE": "off", "GOFLAGS": "", "GOTOOLCHAIN": "local",
                 "GOCACHE": os.path.join(folder, "cache")})
    return {
        "Python": [sys.executable, "-u", str(EXAMPLES / "listen.py")],
        "JavaScript": find("node", str(EXAMPLES / "listen.mjs")),
        "Go": [program] if go else "go is not installed",
        "bash": find("bash", str(EXAMPLES / "listen.sh")) if shutil.which("jq") else "jq is not installed",
    }


class Consumer:
    """A program that listens, and the lines that it has printed."""

    def __init__(self, command, gateway, state, **environment):
        self.lines, self.notes = [], []
        self.process = subprocess.Popen(
            [*command, gateway.url, state], text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
            env={**os.environ, "no_proxy": "*", **environment})
        for stream, lines in ((self.process.stdout, self.lines), (self.process.stderr, self.notes)):
            threading.Thread(target=self.read, args=(stream, lines), daemon=True).start()

    @staticmethod
    def read(stream, lines):
        for line in stream:
            lines.append(line.rstrip("\n"))

    def says(self, line):
        until(lambda: f"{line!r} in {self.lines[-5:]} {self.notes[-5:]}", lambda: line in self.lines, 30)

    def all(self, how):
        os.killpg(self.process.pid, how)

    def end(self):
        if self.process.poll() is None:
            self.all(signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.all(signal.SIGKILL)
                self.process.wait(5)


def resumes(command, folder):
    """With an event log nothing is missed, neither by a restart of the gateway nor of the program."""
    gateway = Gateway(PROGRAM, folder, "events.history.max_events=1000", "events.retry=200ms")
    state = os.path.join(folder, "state")
    consumer = Consumer(command, gateway, state)
    wanted = []

    def push(name):
        wanted.append(f"RECORD_PUSHED {gateway.push(record(name))}")

    try:
        until("the subscriber", gateway.subscribers)
        push("first")
        consumer.says(wanted[-1])
        gateway.restart()
        push("after a restart")
        consumer.says(wanted[-1])
        gateway.restart(signal.SIGKILL)
        push("after a crash")
        consumer.says(wanted[-1])
        identifier = gateway.get("/events/history?types=RECORD_PUSHED")["events"][-1]["id"]
        until("the state", lambda: pathlib.Path(state).read_text().strip() == identifier)
        consumer.end()
        push("while it is away")
        before = consumer.lines
        consumer = Consumer(command, gateway, state)
        consumer.says(wanted[-1])
        expect("all that it has printed", before + consumer.lines, wanted)
    finally:
        consumer.end()
        gateway.stop()


def compares(command, folder):
    """Without one it compares after each reconnection, and after a loss."""
    gateway = Gateway(PROGRAM, folder, "events.retry=200ms", "events.subscriber_buffer_size=2")
    consumer = Consumer(command, gateway, os.path.join(folder, "state"))
    try:
        until("the subscriber", gateway.subscribers)
        first = gateway.push(record("first"))
        consumer.says(f"RECORD_PUSHED {first}")
        gateway.restart()
        until("the subscriber", gateway.subscribers)
        consumer.says(f"STORED {first}")
        lose(gateway, lambda: consumer.all(signal.SIGSTOP), lambda: consumer.all(signal.SIGCONT))
        until(lambda: f"the loss in {consumer.notes[-5:]}",
              lambda: any("dropped" in note for note in consumer.notes), 30)
        consumer.says(f"RECORD_PUSHED {gateway.push(record('last'))}")
    finally:
        consumer.end()
        gateway.stop()


def stops(command, folder):
    """A refusal that does not pass ends it; a token in the environment is sent."""
    scopes = "scopes=events:read|records:read|records:write|admin"
    gateway = Gateway(PROGRAM, folder, "auth.mode=token", f"auth.tokens=name=t token={TOKEN} {scopes}")
    try:
        refused = Consumer(command, gateway, os.path.join(folder, "state"))
        until("the end of the program", lambda: refused.process.poll() is not None, 30)
        expect("exit code", refused.process.returncode, 1)
        until("the reason", lambda: any("Authorization" in note for note in refused.notes))
        allowed = Consumer(command, gateway, os.path.join(folder, "state"),
                           DIRECTORY_CLIENT_AUTH_TOKEN=TOKEN)
        try:
            until(lambda: f"a stream, but {allowed.notes}", lambda: streams(gateway), 30)
        finally:
            allowed.end()
    finally:
        gateway.stop()


def streams(gateway):
    message = urllib.request.Request(
        gateway.url + "/subscribers", headers={"Authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(message, timeout=10) as response:
        return json.load(response)["subscribers"]


def main():
    passed = failed = 0
    with tempfile.TemporaryDirectory() as shared:
        for language, command in commands(shared).items():
            if isinstance(command, str):
                print(f"skipped: {language}: {command}", flush=True)
                continue
            for test in (resumes, compares, stops):
                with tempfile.TemporaryDirectory() as folder:
                    try:
                        test(command, folder)
                        passed += 1
                        print(f"ok: {language} {test.__name__}", flush=True)
                    except Exception as error:
                        failed += 1
                        print(f"failed: {language} {test.__name__}: {type(error).__name__}: {error}")
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
