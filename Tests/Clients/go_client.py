"""A Go client with the calls of the Directory's Event Streaming page, built from our Protos with Debian's
packages of Go, grpc and protobuf, without a network.

    go_client.py PROGRAM

Ends well, with a word, where the packages are missing: `scripts/bootstrap test` installs them.
"""

import os
import pathlib
import queue
import shutil
import subprocess
import sys
import tempfile
import threading

from readme_gateway import Gateway
from support import expect, record

HERE = pathlib.Path(__file__).parent
PROTOS = HERE.parent.parent / "Protos"
GOCODE = pathlib.Path("/usr/share/gocode")
NEEDED = [GOCODE / "src/google.golang.org/grpc", GOCODE / "src/github.com/golang/protobuf"]
TYPES = "github.com/golang/protobuf/ptypes"
KNOWN = {name: f"{TYPES}/{name}" for name in ("struct", "timestamp", "empty")}


def build(directory):
    """Makes stubs and program in a GOPATH of its own; returns the path of the program."""
    source = directory / "src/directory"
    source.mkdir(parents=True)
    files = sorted(path.relative_to(PROTOS) for path in PROTOS.glob("agntcy/**/*.proto"))
    protos = directory / "protos"
    for file in files:
        # Debian's generator does not know `optional` of proto3, which is the same on the wire.
        (protos / file).parent.mkdir(parents=True, exist_ok=True)
        (protos / file).write_text((PROTOS / file).read_text().replace(" optional ", " "))
    places = [f"M{file}=directory/{file.parent}" for file in files]
    places += [f"Mgoogle/protobuf/{name}.proto={place}" for name, place in KNOWN.items()]
    options = ",".join(["plugins=grpc", "paths=source_relative", *places])
    for folder in sorted({file.parent for file in files}):
        # The files of a package together.
        run(["protoc", f"-I{protos}", "-I/usr/include", f"--go_out={options}:{source}",
             *(str(file) for file in files if file.parent == folder)])
    shutil.copytree(HERE / "go/listen", directory / "src/listen")
    program = directory / "listen"
    run(["go", "build", "-o", str(program), "listen"], env={
        **os.environ, "GOPATH": f"{directory}:{GOCODE}", "GO111MODULE": "off", "GOFLAGS": "",
        "GOPROXY": "off", "GOCACHE": str(directory / "cache"), "CGO_ENABLED": "0"})
    return program


def run(words, **more):
    result = subprocess.run(words, capture_output=True, text=True, timeout=300, **more)
    if result.returncode != 0:
        raise AssertionError(f"{' '.join(words[:2])}: {result.stdout}{result.stderr}")


class Listener:
    """The program, and the lines that it prints."""

    def __init__(self, program, gateway, *words):
        self.process = subprocess.Popen(
            [program, f"localhost:{gateway.port}", *words], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True)
        self.lines = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()

    def __enter__(self):
        expect("the first line", self.line(), "listening")
        return self

    def __exit__(self, *error):
        self.process.kill()
        self.process.wait()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))

    def line(self):
        return self.lines.get(timeout=20)

    def story(self):
        """The short type and the resource of the next event."""
        words = self.line().split(" ")
        return f"{words[0].removeprefix('EVENT_TYPE_')} {words[1]}"


def filters(program, gateway):
    cid = gateway.push(record("known", "AI"))
    with Listener(program, gateway, "all") as all, \
            Listener(program, gateway, "types", "RECORD_PUSHED,RECORD_PUBLISHED") as types, \
            Listener(program, gateway, "labels", "/skills/AI") as labels, \
            Listener(program, gateway, "cids", f"{cid},bafybe") as cids:
        other = gateway.push(record("other", "speech"))
        gateway.push(record("known", "AI"))
        gateway.post("/publish", {"cids": [other]})
        gateway.post("/unpublish", {"cids": [other]})
        expect("all events", [all.story() for _ in range(4)],
               [f"RECORD_PUSHED {other}", f"RECORD_PUSHED {cid}", f"RECORD_PUBLISHED {other}",
                f"RECORD_UNPUBLISHED {other}"])
        expect("the events of two types", [types.story() for _ in range(3)],
               [f"RECORD_PUSHED {other}", f"RECORD_PUSHED {cid}", f"RECORD_PUBLISHED {other}"])
        expect("the events with a label", labels.line().split(" ")[1::2], [cid, "/skills/AI"])
        expect("the events of a record", cids.story(), f"RECORD_PUSHED {cid}")


def automation(program, gateway):
    with Listener(program, gateway, "publish") as listener:
        cid = gateway.push(record("to be published"))
        expect("both events", [listener.story(), listener.story()],
               [f"RECORD_PUSHED {cid}", f"RECORD_PUBLISHED {cid}"])


def resume(program, gateway):
    with Listener(program, gateway, "all") as listener:
        gateway.push(record("the last one that was read"))
        last = listener.line().split(" ")[2]
    cids = [gateway.push(record(f"missed {number}")) for number in range(3)]
    with Listener(program, gateway, "resume", last) as listener:
        expect("what was missed", [listener.story() for _ in cids],
               [f"RECORD_PUSHED {cid}" for cid in cids])
    unknown = "0199f5a3-7c1e-4b52-9d1a-3f6f1c0e8a41"
    with Listener(program, gateway, "resume", unknown) as listener:
        notice = listener.line()
        if not notice.startswith("notice map[") or "reset:unknown-id" not in notice:
            raise AssertionError(f"no reset, but {notice}")
    wrong = Listener(program, gateway, "resume", "hello")
    line = wrong.line()
    wrong.__exit__()
    if not line.startswith("ended InvalidArgument") or "last-event-id" not in line:
        raise AssertionError(f"an id that is none: {line}")


def endings(program, gateway):
    with Listener(program, gateway, "timeout") as listener:
        expect("the end at the deadline", listener.line().split(" ")[:2], ["ended", "DeadlineExceeded"])
    with Listener(program, gateway, "retry") as listener:
        gateway.restart()
        expect("the end at a restart", listener.line(), "ended Unavailable")
        # It may try in vain until the gateway listens again.
        line = listener.line()
        while line == "ended Unavailable":
            line = listener.line()
        expect("the next stream", line, "listening")
        cid = gateway.push(record("after the restart"))
        expect("an event on it", listener.story(), f"RECORD_PUSHED {cid}")


def main(program):
    missing = [str(path) for path in NEEDED if not path.exists()]
    missing += [name for name in ("go", "protoc", "protoc-gen-go") if not shutil.which(name)]
    if missing:
        print(f"skipped: {', '.join(missing)} not installed")
        return
    with tempfile.TemporaryDirectory() as directory:
        listen = build(pathlib.Path(directory) / "go")
        gateway = Gateway(program, directory, "events.history.max_events=1000")
        try:
            for part in (filters, automation, resume, endings):
                part(str(listen), gateway)
        finally:
            gateway.stop()
    print("ok")


main(sys.argv[1])
