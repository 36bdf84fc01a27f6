"""What several test programs use: a free port, a record, waiting, comparing."""

import os
import socket
import time


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def record(name, *skills):
    """A valid record with one skill, or with those given."""
    return {
        "schema_version": "1.0.0", "name": name, "version": "v1", "description": "d",
        "authors": ["a"], "created_at": "2025-10-18T14:23:15Z",
        "skills": [{"name": skill} for skill in skills or ["s"]],
    }


def until(what, condition, seconds=20):
    """Waits until a condition holds and returns its value. `what` is a text, or a function that makes
    one after the timeout."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(0.02)


def secret(text):
    """Returns a text that must be in no output of a gateway: it is kept where GATEWAY_OUTPUT names a folder."""
    directory = os.environ.get("GATEWAY_OUTPUT")
    if directory:
        with open(os.path.join(directory, "secrets"), "a") as file:
            file.write(text.replace("\n", " ") + "\n")
    return text


def expect(what, found, wanted):
    if found != wanted:
        raise AssertionError(f"{what}: found {found!r}, wanted {wanted!r}")
