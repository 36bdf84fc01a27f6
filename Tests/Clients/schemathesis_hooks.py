"""What schemathesis must not make up: a remote that is not on this machine, the end of the stream that
`schemathesis_run.py` holds, and the key of another request."""

import itertools
import os
import re

import schemathesis

# One record on each line: a text.
schemathesis.serializer.alias("application/x-ndjson", "text/plain")


LONGEST_URL = 2000


@schemathesis.hook
def map_body(context, body):
    """A remote, and the receiver of a webhook, is a port of this machine on which nothing listens."""
    if isinstance(body, dict):
        for member in ("remote_directory_url", "url"):
            address = body.get(member)
            # What is too long stays so.
            if (isinstance(address, str) and address.startswith(("http://", "https://"))
                    and len(address) <= LONGEST_URL):
                body = {**body, member: f"http://127.0.0.1:{os.environ['CLOSED_PORT']}"}
    return body


# Parameters whose items are any text.
LISTS = {"labels", "label", "cids", "q", "names", "skills", "authors"}


@schemathesis.hook
def filter_query(context, query):
    """What no longer breaks the schema once it is text in an address: an empty item of a list is ignored, a
    number alone is a list of one text, and an object without members is not sent at all."""
    for name, value in (query or {}).items():
        if isinstance(value, dict) and not value:
            return False
        if name in LISTS and (not isinstance(value, list) or "" in value):
            return False
    return True


keys = itertools.count(1)


@schemathesis.hook
def before_call(context, case, kwargs):
    """The first subscriber holds the only stream of this address, so that no other one is without an end. A
    key that is valid is a new one: with the example for all, every second request would be refused."""
    if case.method == "DELETE" and case.operation.path == "/subscribers/{id}":
        if str(case.path_parameters.get("id")) == "1":
            case.path_parameters["id"] = 1_000_001
    for name, value in list((case.headers or {}).items()):
        if name.lower() == "idempotency-key" and re.fullmatch("[!-~]{1,255}", str(value)):
            case.headers[name] = f"key-{next(keys)}"
