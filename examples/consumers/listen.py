"""Follows the events of a gateway through restarts, losses and resets.

Usage: listen.py [URL] [STATE]
STATE is a file with the id of the last event, so that the next run goes on where this one has ended.
The standard library is enough (Python 3.9 or later).
"""

import http.client
import json
import os
import pathlib
import random
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

URL = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080"
STATE = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None
FILTER = {"types": "RECORD_PUSHED,RECORD_DELETED"}
SILENCE = 45  # seconds without a byte: three heartbeats


def request(path, query):
    token = os.environ.get("DIRECTORY_CLIENT_AUTH_TOKEN")
    fields = {"Accept": "application/x-ndjson" if path == "/events" else "application/json"}
    if token:
        fields["Authorization"] = f"Bearer {token}"
    address = f"{URL}{path}?{urllib.parse.urlencode(query, quote_via=urllib.parse.quote)}"
    return urllib.request.urlopen(urllib.request.Request(address, headers=fields), timeout=SILENCE)


def handle(event):
    """Your work. An event may come twice, if this program ends before it has stored the id."""
    print(event["type"].removeprefix("EVENT_TYPE_"), event["resource_id"], flush=True)


def catch_up():
    """Events are missing: compare what you have with what the gateway has."""
    after = {}
    while True:
        with request("/records", {"limit": 1000, **after}) as response:
            page = json.load(response)
        for record in page["records"]:
            print("STORED", record["cid"], flush=True)
        if "next" not in page:
            return
        after = {"after": page["next"]}


def listen(last):
    """Reads one stream to its end; yields the id of each event, and returns the pause after it."""
    pause = None
    with request("/events", {**FILTER, **({"last_event_id": last} if last else {})}) as stream:
        yield last  # the stream is live
        for line in stream:
            if not line.strip():
                continue  # a heartbeat
            frame = json.loads(line)
            if "type" in frame:
                handle(frame)
                yield frame["id"]
            elif "dropped" in frame or "reset" in frame:
                print("events are missing:", frame, file=sys.stderr)
                catch_up()
            elif "goodbye" in frame:
                pause = frame["goodbye"]["retry"] / 1000
    return pause


def main():
    last = STATE.read_text().strip() if STATE and STATE.exists() else None
    failures = 0
    while True:
        pause = None
        try:
            stream = listen(last)
            while True:
                try:
                    last = next(stream)
                except StopIteration as end:
                    pause = end.value
                    break
                failures = 0
                if STATE and last:
                    STATE.write_text(last)
            print("the stream has ended", file=sys.stderr)
        except urllib.error.HTTPError as error:
            if error.code < 500 and error.code not in (408, 429):
                sys.exit(f"refused: {error.read().decode()}")  # to try again would not help
            pause = float(error.headers.get("Retry-After") or 0)
            print("refused for now:", error.code, file=sys.stderr)
        except (OSError, ValueError, http.client.HTTPException) as error:
            print("no stream:", error, file=sys.stderr)
        failures += 1
        backoff = min(60, 2 ** min(failures - 1, 6)) * random.uniform(0.5, 1)
        time.sleep(backoff if pause is None else pause + random.uniform(0, 0.5))


main()
