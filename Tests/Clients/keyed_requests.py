"""Requests with an Idempotency-Key while the gateway is killed: each is carried out once.

    keyed_requests.py PROGRAM [ROUNDS]

Several clients push and publish, each request with a key of its own, and repeat what they got no response
for. The gateway is killed ROUNDS (10) times meanwhile. In the end the event log tells of each exactly once.
"""

import collections
import itertools
import json
import signal
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

from readme_gateway import Gateway
from support import expect, record, until

CLIENTS = 4


class Client:
    """Sends one request after the other, each until it has a response."""

    def __init__(self, gateway, number, done):
        self.gateway, self.number, self.done = gateway, number, done
        self.finished, self.repeated, self.replayed = [], 0, 0
        self.fault = None
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        try:
            for count in itertools.count():
                if self.done.is_set():
                    return
                name = f"keyed-{self.number}-{count}"
                cid = self.send("/push", record(name), f"push-{name}")["cid"]
                self.send("/publish", {"cids": [cid]}, f"publish-{name}")
                self.finished.append(cid)
        except Exception as error:
            self.fault = error

    def send(self, path, body, key):
        while True:
            message = urllib.request.Request(
                self.gateway.url + path, json.dumps(body).encode(),
                {"Content-Type": "application/json", "Idempotency-Key": key})
            try:
                with urllib.request.urlopen(message, timeout=30) as response:
                    self.replayed += response.headers.get("Idempotent-Replayed") == "true"
                    return json.loads(response.read())
            except urllib.error.HTTPError as error:
                raise AssertionError(f"{key}: {error.code} {error.read()}") from error
            except OSError:
                # Killed: it is not known whether it was carried out.
                self.repeated += 1
                time.sleep(0.01)


def history(gateway):
    """How often each event is in the log: type and cid."""
    found, after = collections.Counter(), ""
    while True:
        page = gateway.get(f"/events/history?limit=1000{after}")
        found.update((event["type"], event["resource_id"]) for event in page["events"])
        if "next" not in page:
            return found
        after = f"&after={page['next']}"


def main(program, rounds="10"):
    with tempfile.TemporaryDirectory() as directory:
        gateway = Gateway(program, directory, "events.history.max_events=1000000")
        done = threading.Event()
        clients = [Client(gateway, number, done) for number in range(CLIENTS)]
        try:
            for number in range(int(rounds)):
                before = sum(len(client.finished) for client in clients)
                until("progress", lambda before=before: any(c.fault for c in clients) or sum(
                    len(client.finished) for client in clients) > before + 5 + 7 * number % 30)
                gateway.restart(signal.SIGKILL)
        finally:
            done.set()
            for client in clients:
                client.thread.join()
        for client in clients:
            if client.fault:
                raise client.fault
        cids = [cid for client in clients for cid in client.finished]
        wanted = collections.Counter(
            (f"EVENT_TYPE_RECORD_{what}", cid) for cid in cids for what in ("PUSHED", "PUBLISHED"))
        found = history(gateway)
        gateway.stop()
        faults = {event: number for event, number in (found - wanted).items()}
        expect("events more than once, or of nothing that was done", faults, {})
        expect("events that are missing", dict(wanted - found), {})
        print(f"{rounds} kills: {len(cids)} records, each pushed and published once; "
              f"{sum(c.repeated for c in clients)} repetitions, "
              f"{sum(c.replayed for c in clients)} of which got the stored response")


if __name__ == "__main__":
    main(*sys.argv[1:])
