"""What schemathesis must not make up: a remote that is not on this machine."""

import os

import schemathesis

# One record on each line: a text.
schemathesis.serializer.alias("application/x-ndjson", "text/plain")


@schemathesis.hook
def map_body(context, body):
    """A remote is a port of this machine on which nothing listens."""
    if context.operation.path == "/sync" and isinstance(body, dict):
        address = body.get("remote_directory_url")
        if isinstance(address, str) and address.startswith(("http://", "https://")):
            return {**body, "remote_directory_url": f"http://127.0.0.1:{os.environ['CLOSED_PORT']}"}
    return body
