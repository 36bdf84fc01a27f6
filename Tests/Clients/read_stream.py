"""Reads the stream with an SSE client that others wrote, while hostile texts are sent into it.

Usage: read_stream.py httpx-sse|sseclient-py URL
Prints ok, or what went wrong. Sends a bounded number of requests and stops by itself.
"""

import json
import sys

import httpx
import httpx_sse
import requests
import sseclient

LIBRARY, URL = sys.argv[1:]

# Every text that one client or another could take for the end of a line, or for markup of the
# stream itself.
HOSTILE = [
    "plain",
    "line\nfeed",
    "carriage\rreturn",
    "both\r\nof them",
    "\n\nid: 1\nevent: forged\ndata: {}\n\n",
    "a\revent: forged\rdata: x\r\r",
    "nul\0byte",
    "next line \u0085 here",
    "separators \u2028 and \u2029 here",
    "vertical \x0b form \x0c file \x1c group \x1d record \x1e unit \x1f",
    "\ufeffmark",
    "delete \x7f and c1 \x9b",
    "quotes \" and \\ backslashes",
    "é e\u0301 漢 🚀",
]


def record(text):
    return {
        "schema_version": "1.0.0",
        "name": text,
        "version": "v1",
        "description": "d",
        "authors": ["a"],
        "created_at": "2025-10-18T14:23:15Z",
        "skills": [{"name": text}],
    }


def operations():
    """Carries out the operations; returns what the stream must tell, in order."""
    expected = []
    for text in HOSTILE:
        answer = requests.post(f"{URL}/push", json=record(text), timeout=10)
        answer.raise_for_status()
        expected.append(("RECORD_PUSHED", answer.json()["cid"], [f"/skills/{text}"]))
        cid = answer.json()["cid"]
        requests.delete(f"{URL}/records/{cid}", timeout=10).raise_for_status()
        expected.append(("RECORD_DELETED", cid, None))
    return expected


def with_httpx_sse():
    with httpx.Client(timeout=10) as client:
        with httpx_sse.connect_sse(client, "GET", f"{URL}/events") as source:
            source.response.raise_for_status()
            events = source.iter_sse()
            # This library reports a block that only says `retry` as a message without data.
            opening = next(events)
            assert (opening.retry, opening.data, opening.id) == (3000, "", ""), opening
            compare(events, operations())


def with_sseclient():
    with requests.get(f"{URL}/events", stream=True, timeout=10) as response:
        response.raise_for_status()
        compare(sseclient.SSEClient(response).events(), operations())


def compare(events, expected):
    """Compares what a client read with what happened."""
    for kind, resource, labels in expected:
        event = next(events)
        told = json.loads(event.data)
        assert event.event == kind, (event.event, kind)
        assert event.id == told["id"], (event.id, told)
        assert told["type"] == f"EVENT_TYPE_{kind}", told
        assert told["resource_id"] == resource, (told, resource)
        assert told.get("labels") == labels, (told, labels)


{"httpx-sse": with_httpx_sse, "sseclient-py": with_sseclient}[LIBRARY]()
print("ok")
