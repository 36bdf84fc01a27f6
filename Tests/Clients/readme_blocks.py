"""Runs the commands and programs of README.md and of the pages in docs as they stand, but for the ports.

Usage: readme_blocks.py FOLDER [PART]
FOLDER has the programs dir-gateway and dirctl. With PART, only the tests whose name has this part.

A block is run by the test below that claims it. The console blocks of a page in docs that no test claims
are run in order, in one shell, beside a gateway on localhost:8080: each command has to succeed, and to
print what is shown after it, if anything is (`…` stands for any text). A block that cannot be run says why
in a comment before it: <!-- not run: WHY -->. Blocks without a language, and blocks of data (json, yaml),
need no test in docs. A block that is left fails, and so does a test whose block is gone. The last line is
`N passed, M failed`.
"""

import contextlib
import http.server
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

from readme_gateway import Gateway, lose
from support import expect, free_port, record, until

PROGRAMS = pathlib.Path(sys.argv[1]).resolve()
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
DATA = {"", "json", "yaml", "text"}
EXAMPLES = sorted((ROOT / "examples/records").glob("*.json"))
PILOT = ROOT / "examples/records/release-pilot-1.0.0.json"

# Blocks that are not run here: a part of their text, and why.
ELSEWHERE = {
    "$ make test ": "this is a part of `make test` itself, and `make run` would build in release: "
                    "that both verbs exist is looked at",
    "import DirectoryClient": "Tests/GatewayTests/ReadmeTests.swift has the same text, and runs it",
}
# A page that Tests/GatewayTests/DirctlReadmeTests.swift runs.
PAGE_ELSEWHERE = pathlib.Path("docs/dirctl.md")


class Block:
    def __init__(self, page, chapter, language, text, line, excuse):
        self.page, self.chapter, self.language = page.relative_to(ROOT), chapter, language
        self.text, self.line, self.excuse = text, line, excuse

    def __str__(self):
        return f"{self.page}:{self.line} ({self.language or 'plain'}, {self.chapter})"

    @property
    def is_readme(self):
        return self.page.name == "README.md" and self.page.parent == pathlib.Path(".")

    def steps(self):
        """The commands of a console session, each with the lines that it prints there."""
        steps = []
        for line in self.text.splitlines():
            if line.startswith("$ "):
                steps.append((line[2:], []))
            else:
                steps[-1][1].append(line)
        return steps


def blocks(page):
    found, chapter, start, excuse = [], "", None, None
    for number, line in enumerate(page.read_text().splitlines(), 1):
        bare = line.strip()
        if start is not None:
            if bare == "```":
                found.append(Block(page, chapter, language, "\n".join(text), start, excuse))
                start = excuse = None
            else:
                text.append(line.removeprefix(indentation))
        elif bare.startswith("```"):
            start, language, text = number, bare[3:], []
            indentation = line[:len(line) - len(bare)]
        elif line.startswith("## "):
            chapter = line[3:]
        elif comment := re.fullmatch(r"<!-- not run: (.{8,}) -->", bare):
            excuse = comment[1]
        elif bare:
            excuse = None
    return found


class Place:
    """A folder as a reader of the README has it before them: the examples and the dashboard, the
    programs on the PATH, a gateway that runs."""

    def __init__(self, *settings, pages=None):
        self.folder = tempfile.TemporaryDirectory()
        self.pages = pages or {}
        self.settings = settings
        self.jobs = []

    def __enter__(self):
        for name in ("examples", "public"):
            os.symlink(ROOT / name, os.path.join(self.folder.name, name))
        if self.pages:
            pages = pathlib.Path(shutil.copytree(ROOT / "public", self.folder.name + "/pages"))
            for name, text in self.pages.items():
                (pages / name).write_text(text)
        self.gateway = Gateway(str(PROGRAMS / "dir-gateway"), self.folder.name, *self.settings)
        self.other = free_port()
        return self

    def __exit__(self, *_):
        for job in self.jobs:
            job.end()
        self.gateway.stop()
        self.folder.cleanup()

    def local(self, text):
        """The text with the ports of this place."""
        return (text.replace("localhost:8080", f"localhost:{self.gateway.port}")
                .replace("127.0.0.1:8080", f"127.0.0.1:{self.gateway.port}")
                .replace("localhost:9000", f"localhost:{self.other}")
                .replace("127.0.0.1:9000", f"127.0.0.1:{self.other}"))

    def environment(self):
        path = f"{PROGRAMS}:{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "no_proxy": "*", "XDG_CONFIG_HOME": self.folder.name, "NO_COLOR": "1",
                "DIRECTORY_CLIENT_SERVER_ADDRESS": self.gateway.url}

    def session(self, block):
        """Runs the commands of a block in one shell; returns the lines that each printed."""
        mark = "--- next ---"
        script = "trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT\nset -o pipefail\n"
        for command, _ in block.steps():
            script += f"{self.local(command)}\ncode=$?\necho\necho '{mark}' $code\n"
        # A group of its own, because a session may leave a gateway in the background.
        shell = subprocess.Popen(
            ["bash", "-c", script], cwd=self.folder.name, env=self.environment(), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
        try:
            out, complaint = shell.communicate(timeout=60)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGKILL)
        parts = out.split(mark)
        printed = []
        for (command, _), part, after in zip(block.steps(), parts[:-1], parts[1:], strict=True):
            code = after.splitlines()[0].strip()
            expect(f"exit code of `{command}` ({complaint})", code, "0")
            # What comes before the mark: the code of the command before, and its own lines.
            lines = part.splitlines()[1 if printed else 0:]
            printed.append([line for line in lines if line])
        return printed

    def start(self, *command):
        job = Job(command, self.folder.name, self.environment())
        self.jobs.append(job)
        return job


class Job:
    """A command that goes on, on a terminal of its own, as a reader would see it."""

    def __init__(self, command, folder, environment):
        self.raw = ""
        master, slave = pty.openpty()
        self.process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=slave,
            stderr=slave, start_new_session=True)
        os.close(slave)
        self.master = master
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        # EIO is how a terminal says that its last program has ended.
        with contextlib.suppress(OSError):
            while data := os.read(self.master, 65536):
                self.raw += data.decode(errors="replace")

    @property
    def text(self):
        """What it has printed. A terminal ends lines with two characters."""
        return self.raw.replace("\r\n", "\n")

    def says(self, what, times=1):
        until(lambda: f"{times} times {what!r}, but …{self.text[-500:]!r}",
              lambda: self.text.count(what) >= times, 30)

    def end(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    def ended(self):
        until("the end of the command", lambda: self.process.poll() is not None)
        self.reader.join(10)
        return self.process.returncode


def only(block):
    """The one command of a block, and what it prints there."""
    [(command, printed)] = block.steps()
    return command, printed


def parsed(line):
    return json.loads(line.removeprefix("data: "))


# The tests. Each takes the blocks that it claims, in the order of the README.

def the_three_terminals(stream, push, frame):
    command, opening = only(stream)
    with Place() as place:
        listening = place.start("bash", "-c", place.local(command))
        listening.says("\n".join(opening) + "\n")
        printed = place.session(push)
        expect("what the push prints", printed[0], only(push)[1])
        listening.says(f"event: {frame.text.splitlines()[1].split()[1]}")
        listening.says("}\n\n")
        shown, there = (text.strip().splitlines() for text in
                        (listening.text.split(opening[-1])[1], frame.text))
        expect("fields of the frame", [line.split(": ")[0] for line in shown],
               [line.split(": ")[0] for line in there])
        expect("name of the event", shown[1], there[1])
        event, wanted = parsed(shown[2]), parsed(there[2])
        expect("keys of the event", list(event), list(wanted))
        expect("id of the frame", shown[0], f"id: {event['id']}")
        for key in ("type", "resource_id", "labels"):
            expect(key, event[key], wanted[key])
        # A restart: curl does not come back by itself, but it ends well, and can be started again.
        place.gateway.stop()
        expect("how curl ends", listening.ended(), 0)
        listening.says("event: goodbye")
        place.gateway.start()
        again = place.start("bash", "-c", place.local(command))
        again.says("\n".join(opening) + "\n")
        place.session(push)
        again.says(wanted["resource_id"])


def a_problem(block):
    command, there = only(block)
    with Place() as place:
        expect(command, parsed("".join(place.session(block)[0])), parsed("".join(there)))


def a_loss(block):
    """A reader that stops, until the gateway says that it has lost something."""
    with Place("events.subscriber_buffer_size=2") as place:
        reader = place.start("curl", "-sN", f"{place.gateway.url}/events")
        reader.says(": connected")
        lose(place.gateway, lambda: os.kill(reader.process.pid, signal.SIGSTOP),
             lambda: os.kill(reader.process.pid, signal.SIGCONT))
        frame = re.compile(r"^event: dropped\n(?:.+\n)*(?=\n)", re.M)
        found = until("a loss that is told", lambda: frame.search(reader.text))
        expect("the frame, but for the number", re.sub(r"\d+", "17", found[0].strip()), block.text)


def lines_for_jq(block):
    command, _ = only(block)
    with Place() as place:
        for attempt in range(2):
            listening = place.start("bash", "-o", "pipefail", "-c", place.local(command))
            until("the subscriber", place.gateway.subscribers)
            cid = place.gateway.push(record(f"r{attempt}"))
            listening.says(cid + "\n")
            expect("all that it prints", listening.text, cid + "\n")
            # It ends well with the gateway, after a last line without a resource.
            place.gateway.restart()
            expect("how the pipe ends", listening.ended(), 0)
            expect("all that it has printed", listening.text, cid + "\n")


class BadGateway(http.server.BaseHTTPRequestHandler):
    """What stands in front of a gateway that is away."""

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.send_response(502)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", "0")
        self.end_headers()


def python_client(block):
    with Place("events.retry=200ms", "events.subscriber_buffer_size=2") as place:
        path = os.path.join(place.folder.name, "listen.py")
        pathlib.Path(path).write_text(place.local(block.text))
        client = place.start(sys.executable, "-u", path)

        def hear(name):
            until("the subscriber", place.gateway.subscribers)
            client.says(f"RECORD_PUSHED {place.gateway.push(record(name))}\n")

        hear("before")
        place.gateway.restart()
        client.says("the stream ended\n")
        hear("after a restart")
        place.gateway.restart(signal.SIGKILL)
        client.says("no stream: ")
        hear("after a crash")
        lose(place.gateway, lambda: os.kill(client.process.pid, signal.SIGSTOP),
             lambda: os.kill(client.process.pid, signal.SIGCONT))
        client.says("read too slowly, events missed: ")
        hear("after a loss")
        expect("it still runs", client.process.poll(), None)
        expect("no fault of Python's", "Traceback" in client.text, False)
        # A proxy says 502 while the gateway restarts: tried again. What would not help is not.
        proxy = http.server.HTTPServer(("127.0.0.1", 0), BadGateway)
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        address = f"localhost:{proxy.server_address[1]}"
        pathlib.Path(path).write_text(
            block.text.replace("localhost:8080", address).replace("pause = 3.0", "pause = 0.1"))
        place.start(sys.executable, "-u", path).says("no stream: ", times=2)
        proxy.shutdown()
        pathlib.Path(path).write_text(place.local(block.text).replace("/events", "/events?label=x"))
        expect("exit code after a 400", place.start(sys.executable, path).ended(), 1)


def sdk(block, place):
    path = os.path.join(place.folder.name, "sdk.py")
    pathlib.Path(path).write_text(place.local(block.text))
    return place.start(sys.executable, "-u", path)


def sdk_listens(block):
    with Place() as place:
        client = sdk(block, place)
        until("the subscriber", place.gateway.subscribers)
        cid = place.gateway.push(record("heard"))
        place.gateway.post("/publish", {"cids": [cid]})
        client.says(f"EVENT_TYPE_RECORD_PUSHED {cid}\nEVENT_TYPE_RECORD_PUBLISHED {cid}\n")

        # One that comes in a callback of grpcio is swallowed there: a reader presses the keys again.
        for _ in range(4):
            os.kill(client.process.pid, signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                client.process.wait(5)
                break
        expect("that it ends", client.process.returncode is not None, True)


def sdk_publishes(block):
    with Place() as place:
        client = sdk(block, place)
        for name in ("before", "after"):
            until("the subscriber", place.gateway.subscribers)
            cid = place.gateway.push(record(name))
            client.says(f"published {cid}\n")
            expect("what is published", place.gateway.get("/records?published=true")["records"][0]["cid"], cid)
            if name == "before":
                place.gateway.restart()
                client.says("the stream ended: ")


def many_records(block):
    _, there = only(block)
    expect("the last line is left out", there[-1], "…")
    with Place() as place:
        [printed] = place.session(block)
        expect("the first result", parsed(printed[0]), parsed(there[0]))
        expect("results", [parsed(line)["status"] for line in printed], [201] * len(EXAMPLES))


def as_it_stands(block):
    """A session whose output does not change from run to run."""
    with Place() as place:
        for (command, there), printed in zip(block.steps(), place.session(block), strict=True):
            expect(f"output of `{command}`", printed, there)


def page_in_order(*blocks):
    """The console blocks of one page, in one shell; what is shown is compared."""
    whole = Block(ROOT / blocks[0].page, "", "console", "\n".join(block.text for block in blocks), 0, None)
    with Place() as place:
        for (command, there), printed in zip(whole.steps(), place.session(whole), strict=True):
            there = [line for line in there if line]
            pattern = ".*".join(re.escape(part) for part in "\n".join(there).split("…"))
            if there and not re.fullmatch(pattern, "\n".join(printed), re.S):
                raise AssertionError(f"`{command}` prints {printed!r}, not {there!r}")


def recipe(trigger, *shown):
    """A test of a command that goes on: what it shows when something happens."""
    def test(block):
        command, _ = only(block)
        with Place() as place:
            cid = place.gateway.push(record("watched"))
            listening = place.start(
                "bash", "-c", f"CID={cid}\n{place.local(command)}")
            until(lambda: f"the subscriber, but {listening.text}", place.gateway.subscribers)
            wanted = trigger(place, cid)
            for text in shown or [wanted]:
                try:
                    listening.says(text)
                except AssertionError:
                    # What goes to a file.
                    audit = pathlib.Path(place.folder.name, "audit.jsonl")
                    if not audit.exists() or text not in audit.read_text():
                        raise
    test.__name__ = trigger.__name__
    return test


def a_sync_fails(place, _):
    """The remote answers, and then is gone."""
    with tempfile.TemporaryDirectory() as folder:
        remote = Gateway(str(PROGRAMS / "dir-gateway"), folder)
        place.gateway.post("/sync", {
            "remote_directory_url": remote.url, "cids": ["baeareic22obqjnjvykmh3pjemv6buenyqsme75qa3hzytxvq2ttdj7xhsi"]})
        until("the end of the sync", lambda: all(
            sync["status"] == "FAILED" for sync in place.gateway.get("/syncs")["syncs"]))
        remote.stop()


def a_record_with_a_skill(place, _):
    place.gateway.push(record("fresh"))


def a_record_is_pushed(place, _):
    cid = place.gateway.push(record("fresh"))
    until("its publication", lambda: any(
        item["cid"] == cid for item in place.gateway.get("/records?published=true")["records"]))
    return "ublished"


def a_record_is_signed(place, cid):
    place.gateway.post("/sign", {"cid": cid})
    audit = pathlib.Path(place.folder.name, "audit.jsonl")
    until("two lines", lambda: audit.exists() and len(audit.read_text().splitlines()) >= 2)


def a_record_is_published(place, cid):
    place.gateway.post("/publish", {"cids": [cid]})
    return f"RECORD_PUBLISHED: {cid}"


def consumers(block):
    """Each command of the page prints the event that it is there for."""
    for command, _ in block.steps():
        if shutil.which(command.split()[0]) is None and not command.startswith("examples/"):
            print(f"skipped: {command.split()[0]} is not installed", flush=True)
            continue
        with Place() as place:
            listening = place.start("bash", "-c", place.local(command))
            until(lambda: f"the subscriber, but {listening.text}", place.gateway.subscribers)
            listening.says(f"RECORD_PUSHED {place.gateway.push(record('fresh'))}")


def the_server_program(block):
    start, configuration, make = (command for command, _ in block.steps())
    with Place() as place:
        place.gateway.stop()  # the data directory is for one gateway only
        other = f"http://127.0.0.1:{place.other}"
        place.start("bash", "-c", place.local(start))
        until("the gateway of the first command", lambda: answers(other))
        ran = subprocess.run(
            ["bash", "-c", configuration], cwd=place.folder.name, env=place.environment(),
            capture_output=True, text=True, timeout=20)
        expect("exit code", ran.returncode, 0)
        expect("a setting", "events.heartbeat_interval" in ran.stdout, True)
        # `make run` builds in release: here its flags go to the program that is there.
        flags = re.fullmatch(r'make run ARGS="(.*)"', make)[1]
        port = free_port()
        place.start("bash", "-c", f"dir-gateway {flags} --listen-address 127.0.0.1:{port} "
                                  "--data-dir third")
        until("a gateway with those flags", lambda: answers(f"http://127.0.0.1:{port}"))


def answers(url):
    return subprocess.run(["curl", "-sf", "-o", os.devnull, f"{url}/readyz"]).returncode == 0


def browser_module(block):
    """In a page of the gateway, as a module; `record` is the reader's own."""
    from browser import Browser

    close = "subscription.close();"
    expect("times that it is closed", block.text.count(close), 1)
    pages = {"readme.js": block.text, "readme-open.js": block.text.replace(close, "")}
    with Place("events.retry=200ms", "dashboard.directory=pages", pages=pages) as place:
        browser = Browser()

        def run(name):
            browser.tab(f"http://localhost:{place.gateway.port}/healthz")
            browser.run("""
                window.said = []; window.record = JSON.parse(arguments[0]);
                for (const kind of ["log", "warn"])
                    console[kind] = (...words) => said.push(words.map(String).join(" "));
                return import(arguments[1]).then(() => {});
            """, PILOT.read_text(), f"/{name}")

        try:
            run("readme.js")
            browser.wait("the end of the subscription", "said.at(-1)?.startsWith('closed')")
            until("no subscriber", lambda: not place.gateway.subscribers())
            # Kept open, it hears the push, comes back after a restart, and goes on.
            run("readme-open.js")
            browser.wait("live", "said.some((line) => line.startsWith('live'))")
            heard = "said.filter((line) => line.startsWith('RECORD_PUSHED baearei')).length"
            pushes = browser.run(f"return {heard}")
            place.gateway.push(json.loads(PILOT.read_text()))
            browser.wait("an event", f"{heard} > {pushes}")
            place.gateway.restart()
            browser.wait("the loss", "said.some((line) => line.startsWith('reconnecting'))")
            browser.wait("live again", "said.at(-1).startsWith('live')")
            pushes = browser.run(f"return {heard}")
            place.gateway.push(json.loads(PILOT.read_text()))
            browser.wait("an event after the restart", f"{heard} > {pushes}")
        finally:
            browser.driver.quit()


# A test, and what its blocks contain.
TESTS = [
    (the_three_terminals, ["$ curl -N 'localhost:8080/events?labels=/skills/'",
                           "$ curl --data-binary @examples/records/release-pilot",
                           "event: RECORD_PUSHED\n"]),
    (a_problem, ["$ curl 'localhost:8080/events?label=x'"]),
    (a_loss, ["event: dropped\ndata:"]),
    (lines_for_jq, ["$ curl -sN -H 'Accept: application/x-ndjson' localhost:8080/events | jq"]),
    (python_client, ["import httpx, httpx_sse"]),
    (sdk_listens, ["client.event_client.Listen("]),
    (sdk_publishes, ["client.listen(request)"]),
    (many_records, ["-H 'Content-Type: application/x-ndjson' localhost:8080/push\n{\"cid\""]),
    (as_it_stands, ["$ openssl dgst -sha256 -verify"]),
    (as_it_stands, ["localhost:9000/sync "]),
    (the_server_program, ["$ dir-gateway config "]),
    (browser_module, ['from "/directory-events.js"']),
    (page_in_order, ["$ CID=$(dirctl push examples/records/campus-tutor"]),
    (recipe(a_record_with_a_skill, "EVENT_TYPE_RECORD_PUSHED"),
     ["$ dirctl events listen --types RECORD_PUSHED,RECORD_PUBLISHED"]),
    (consumers, ["$ python3 examples/consumers/listen.py"]),
    (recipe(a_sync_fails, "ALERT: "), ["$ dirctl events listen --types SYNC_FAILED"]),
    (recipe(a_record_is_pushed), ["$ dirctl events listen --types RECORD_PUSHED -o raw"]),
    (recipe(a_record_is_signed, "EVENT_TYPE_RECORD_SIGNED"),
     ["$ dirctl events listen --types RECORD_SIGNED,PUBLIC_KEY_UPLOADED"]),
    (recipe(a_record_is_published), ['$ dirctl events listen --cids "$CID"']),
]


def verbs_exist():
    makefile = (ROOT / "Makefile").read_text()
    for verb in re.findall(r"\bmake ([a-z]+)", README):
        expect(f"a verb `{verb}` in the Makefile", f"\n{verb}:" in makefile, True)


def main():
    left = [block for page in PAGES for block in blocks(page)
            if block.page != PAGE_ELSEWHERE]
    runs = [("the verbs of make", verbs_exist, [])]
    failures = []
    for test, parts in TESTS:
        claimed = []
        for part in parts:
            found = [block for block in left if part in block.text]
            if len(found) == 1:
                claimed.append(found[0])
                left.remove(found[0])
            else:
                failures.append(f"{len(found)} blocks have {part!r}: {test.__name__}")
        if len(claimed) == len(parts):
            runs.append((", ".join(map(str, claimed)), test, claimed))
    pages = {}
    for block in left:
        if block.excuse or any(part in block.text for part in ELSEWHERE):
            continue
        if block.language == "console" and not block.is_readme:
            pages.setdefault(block.page, []).append(block)
        elif block.is_readme or block.language not in DATA:
            failures.append(f"{block} is run by no test")
    runs += [(f"{page}, in order", page_in_order, found) for page, found in pages.items()]
    if len(sys.argv) > 2:
        runs, failures = [run for run in runs if sys.argv[2] in f"{run[0]} {run[1].__name__}"], []
    passed = 0
    for name, test, claimed in runs:
        try:
            test(*claimed)
            passed += 1
            print(f"ok: {name}", flush=True)
        except Exception as error:
            failures.append(f"{name}: {type(error).__name__}: {error}")
    for failure in failures:
        print(f"failed: {failure}")
    print(f"{passed} passed, {len(failures)} failed")
    sys.exit(1 if failures else 0)


main()
