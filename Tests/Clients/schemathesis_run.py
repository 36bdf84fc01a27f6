"""Compares a gateway with its own descriptions.

Usage: schemathesis_run.py PROGRAM [SECONDS [SEED]]
PROGRAM is the gateway. /openapi.json and /asyncapi.json have to be valid documents, and each example in
them has to match its schema. Then schemathesis makes requests out of /openapi.json for SECONDS (40), with
a seed that it prints, and the gateway has to respond to each as the document says. The last line is
`N passed, M failed`.
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import urllib.request

import jsonschema
import openapi_spec_validator
import referencing
import referencing.jsonschema
from asyncapi3.models import AsyncAPI3

from readme_gateway import Gateway
from support import expect, free_port, record

PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
SECONDS = int(sys.argv[2]) if len(sys.argv) > 2 else 40
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else 20261128
HERE = pathlib.Path(__file__).resolve().parent
TOKEN = "a-token-of-the-tests-for-the-documents"
SCOPES = "events:read|records:read|records:write|webhooks|admin"

# What a schema cannot say: statuses with which a request that matches it may be refused as well. 429 and
# 503 are not among them, but for the stream.
ALSO = {
    # A cid that no record has.
    "": ["2xx", "304", "404"],
    # A cursor of another listing. Lists that are too long for an address.
    "/records": ["2xx", "400", "414"],
    "/syncs": ["2xx", "400"],
    # A time in the future; another client has the only stream that this address may have.
    "/events": ["2xx", "400", "414", "429"],
    "/events/history": ["2xx", "400", "414"],
    "/events/recent": ["2xx", "414"],
    # A cursor of another order.
    "/subscribers": ["2xx", "400"],
    # Filters and header fields that are too long, a cursor, an event that is no longer kept.
    "/webhooks": ["2xx", "400"],
    "/webhooks/{id}": ["2xx", "400", "404"],
    "/webhooks/{id}/replay": ["2xx", "400", "404"],
    "/webhooks/{id}/deliveries": ["2xx", "400", "404"],
    # Locators of one type; labels that are too long together.
    "/push": ["2xx", "422"],
    # Selections that are too long together.
    "/publish": ["2xx", "400", "404"],
    # A text that is no key, or a signature of another one.
    "/sign": ["2xx", "404", "422"],
    "/verify": ["2xx", "404", "422"],
    # A remote that does not respond.
    "/sync": ["2xx", "400"],
    # A sync that has ended.
    "/syncs/{id}": ["2xx", "404", "409"],
}


# How what breaks the schema is refused: 414 when its address is too long to be looked at.
REFUSED = ["400", "401", "403", "404", "405", "406", "409", "414", "415", "422", "428", "429", "503"]


def configuration(folder):
    lines = [f'hooks = "{HERE / "schemathesis_hooks.py"}"', "request-timeout = 10.0", "[checks]",
             f"positive_data_acceptance.expected-statuses = {json.dumps(ALSO[''])}",
             f"negative_data_rejection.expected-statuses = {json.dumps(REFUSED)}"]
    for path, statuses in ALSO.items():
        if path:
            lines += ["[[operations]]", f'include-path = "{path}"',
                      f"checks.positive_data_acceptance.expected-statuses = {json.dumps(statuses)}"]
    file = pathlib.Path(folder, "schemathesis.toml")
    file.write_text("\n".join(lines) + "\n")
    return file


def get(gateway, path, **fields):
    message = urllib.request.Request(
        gateway.url + path, headers={"Authorization": f"Bearer {TOKEN}", **fields})
    return urllib.request.urlopen(message, timeout=20)


def document(gateway, path):
    with get(gateway, path) as response:
        return json.load(response)


def examples(value, place=""):
    """Each schema of a document with its example, and where they are."""
    if isinstance(value, dict):
        if "schema" in value and "example" in value:
            yield place, value["schema"], value["example"]
        if "payload" in value and "examples" in value:
            for example in value["examples"]:
                yield place, value["payload"], example["payload"]
        for key, inner in value.items():
            yield from examples(inner, f"{place}/{key}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from examples(inner, f"{place}/{index}")


def check_examples(description):
    resource = referencing.Resource(
        contents=description, specification=referencing.jsonschema.DRAFT202012)
    registry = referencing.Registry().with_resource("urn:description", resource)
    count = 0
    for place, schema, example in examples(description):
        anchored = json.loads(json.dumps(schema).replace('"#/', '"urn:description#/'))
        validator = jsonschema.Draft202012Validator(
            anchored, registry=registry, format_checker=jsonschema.FormatChecker())
        for error in validator.iter_errors(example):
            raise AssertionError(f"the example at {place}: {error.message}")
        count += 1
    expect("that there are examples", count > 10, True)


def check_references(document, value=None):
    """Checks that each reference leads to a part of the document."""
    value = document if value is None else value
    for inner in value.values() if isinstance(value, dict) else value:
        if isinstance(inner, (dict, list)):
            check_references(document, inner)
    if isinstance(value, dict) and isinstance(value.get("$ref"), str):
        part = document
        for name in value["$ref"].removeprefix("#/").split("/"):
            part = part[name.replace("~1", "/").replace("~0", "~")]


def descriptions_are_valid(folder):
    for mode in ("open", "token"):
        gateway = Gateway(PROGRAM, folder, f"auth.mode={mode}")
        try:
            openapi = document(gateway, "/openapi.json")
            openapi_spec_validator.validate(openapi)
            check_examples(openapi)
            problems = openapi["components"]["examples"].values()
            schema = openapi["components"]["schemas"]["Problem"]
            for problem in problems:
                jsonschema.validate(problem["value"], schema)
            asyncapi = document(gateway, "/asyncapi.json")
            AsyncAPI3.model_validate(asyncapi)
            check_references(asyncapi)
            check_examples(asyncapi)
            channel = asyncapi["channels"]["events"]["messages"]
            expect("messages of the channel", set(channel), set(asyncapi["components"]["messages"]))
        finally:
            gateway.stop()


def the_gateway_does_what_it_says(folder):
    gateway = Gateway(
        PROGRAM, folder, "auth.mode=token", f"auth.tokens=name=fuzz token={TOKEN} scopes={SCOPES}",
        "events.history.max_events=1000", "limits.subscribers_per_address=1",
        "sync.allowed_remotes=loopback", "sync.attempts=1", "log.access=false")
    # Takes the only stream of this address, because no response to another may be without an end.
    stream = get(gateway, "/events")
    try:
        for name in ("first", "second"):
            data = json.dumps(record(name)).encode()
            urllib.request.urlopen(urllib.request.Request(gateway.url + "/push", data, {
                "Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}))
        command = [
            sys.executable, "-m", "schemathesis.cli", "--config-file", configuration(folder), "run",
            f"{gateway.url}/openapi.json", "--header", f"Authorization: Bearer {TOKEN}",
            "--checks", "all", "--seed", str(SEED), "--max-time", str(SECONDS),
            "--continue-on-failure", "--output-truncate", "false", "--warnings", "off"]
        print(f"schemathesis with the seed {SEED}", flush=True)
        ran = subprocess.Popen(
            command, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "no_proxy": "*", "CLOSED_PORT": str(free_port()), "COLUMNS": "160"})
        try:
            out, _ = ran.communicate(timeout=SECONDS + 120)
        except subprocess.TimeoutExpired:
            os.killpg(ran.pid, signal.SIGKILL)
            raise
        if ran.returncode != 0:
            raise AssertionError(f"schemathesis has found something:\n{out}")
        print("\n".join(out.splitlines()[-12:]), flush=True)
        expect("that the gateway still runs", gateway.process.poll(), None)
    finally:
        stream.close()
        gateway.stop()


def main():
    failed = 0
    tests = [descriptions_are_valid, the_gateway_does_what_it_says]
    for test in tests:
        with tempfile.TemporaryDirectory() as folder:
            try:
                test(folder)
                print(f"ok: {test.__name__.replace('_', ' ')}", flush=True)
            except Exception as error:
                failed += 1
                print(f"failed: {test.__name__.replace('_', ' ')}: {type(error).__name__}: {error}")
    print(f"{len(tests) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
