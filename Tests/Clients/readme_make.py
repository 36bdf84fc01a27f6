"""Tests what the README says of `make`: how a build tells how far it is, and what is installed.

Usage: readme_make.py FOLDER
FOLDER has the programs as they were built. The scripts run in a copy of the repository's front door,
with a compiler that only says what SwiftPM says. The last line is `N passed, M failed`.
"""

import filecmp
import json
import os
import pathlib
import pty
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request

from support import expect

PROGRAMS = pathlib.Path(sys.argv[1]).resolve()
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

VERSION = "Sources/Directory/Text/ProductVersion.swift"
COMPILER = """#!/bin/bash
case "$*" in *--show-bin-path*) echo "$BIN_PATH"; exit ;; esac
echo "Fetching https://example.org/package" >&2
echo "[1/1] Compiling plugin GenerateManual"
for n in $(seq 1 200); do
    echo "[$n/200] Compiling Frames File$n.swift"
    if [ "$n" = 100 ]; then
        printf '%s\\n' "/source/File.swift:3:4: warning: a long one, $(printf 'x%.0s' {1..200})" "" " 3 | let x"
        # Longer than the reader waits for a line; then the rest of it.
        printf '[101/200] Compiling'; sleep 1.3; echo " the slow one"
    fi
done
echo "error: the last word" >&2
exit "${EXIT_CODE:-0}"
"""


class Copy:
    """What `make` needs of the repository, elsewhere, with the compiler above."""

    def __enter__(self):
        self.directory = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.directory.name) / "repository"
        self.root.mkdir()
        for folder in ("scripts", "public", "config"):
            shutil.copytree(ROOT / folder, self.root / folder)
        for file in ("Makefile", "CHANGELOG.md", VERSION):
            (self.root / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, self.root / file)
        compiler = pathlib.Path(self.directory.name) / "compiler/swift"
        compiler.parent.mkdir()
        compiler.write_text(COMPILER)
        compiler.chmod(0o755)
        self.environment = {
            **os.environ, "PATH": f"{compiler.parent}:{os.environ['PATH']}",
            "BIN_PATH": str(PROGRAMS), "TERM": "xterm"}
        return self

    def __exit__(self, *_):
        self.directory.cleanup()

    def build(self, *arguments, code=0):
        """What scripts/build writes where it is not on a terminal, from another working directory."""
        ran = subprocess.run(
            [self.root / "scripts/build", *arguments], cwd="/", capture_output=True, text=True,
            env={**self.environment, "EXIT_CODE": str(code)}, timeout=60)
        expect("exit code", ran.returncode, code)
        expect("standard output", ran.stdout, "")
        return ran.stderr


def first_build_is_announced():
    with Copy() as copy:
        for arguments, minutes in ((["-c", "release"], "7 to 13"), (["--build-tests"], 9)):
            said = copy.build(*arguments)
            expect("the announcement", f"That took {minutes} minutes on two cores" in said, True)
        products = copy.root / ".build/release/dir-gateway"
        products.parent.mkdir(parents=True)
        products.touch()
        said = copy.build("-c", "release")
        expect("a second build", "only what has changed" in said, True)
        expect("a second build", "minutes" in said, False)


def progress_without_a_terminal():
    with Copy() as copy:
        said = copy.build(code=7)
        steps = [int(step) for step in re.findall(r"^build: \d+:\d\d  (\d+) %  \[", said, re.M)]
        expect("steps", steps, list(range(10, 101, 10)))
        everything_else_is_whole(said)


def progress_on_a_terminal():
    with Copy() as copy:
        master, slave = pty.openpty()
        process = subprocess.Popen(
            [copy.root / "scripts/build"], stdin=subprocess.DEVNULL, stdout=slave, stderr=slave,
            env={**copy.environment, "EXIT_CODE": "7"})
        os.close(slave)
        said = ""
        try:
            while data := os.read(master, 65536):
                said += data.decode()
        except OSError:
            pass  # the terminal's last program has ended
        finally:
            os.close(master)
        expect("exit code", process.wait(20), 7)
        moves = re.findall(r"\r\x1b\[Kbuild: \d+:\d\d  [^\r\n]*", said)
        # It moves while a single file is being compiled, and stays on its line.
        if len(moves) < 2 or "50 %  [100/200]  " not in said:
            raise AssertionError(f"{len(moves)} moves in {said!r}")
        everything_else_is_whole(said.replace("\r\n", "\n").replace("\r\x1b[K", "\n"))


def everything_else_is_whole(said):
    lines = said.splitlines()
    expect("a line without text", lines[lines.index(" 3 | let x") - 1], "")
    for line in ("Fetching https://example.org/package", " 3 | let x", "error: the last word",
                 "/source/File.swift:3:4: warning: a long one, " + "x" * 200):
        expect(f"times of {line!r}", lines.count(line), 1)


def install_brings_everything():
    with Copy() as copy:
        for prefix, settings in (("/opt/gateway", "/opt/gateway/etc"), ("/usr/local", "/etc")):
            target = pathlib.Path(copy.directory.name) / prefix.replace("/", "-")
            stale = target / prefix[1:] / "share/directory-gateway/public/stale.js"
            stale.parent.mkdir(parents=True)
            stale.touch()
            make(copy, "install", f"PREFIX={prefix}", f"DESTDIR={target}")
            installed = target / prefix[1:]
            for program in ("dir-gateway", "dirctl"):
                ran = subprocess.run([installed / "bin" / program, "--help"], capture_output=True)
                expect(f"exit code of {program}", ran.returncode, 0)
                completions_are_valid(installed, program)
            pages = installed / "share/directory-gateway/public"
            expect("the dashboard", files(pages), files(ROOT / "public"))
            for name in files(pages):
                expect(name, filecmp.cmp(pages / name, ROOT / "public" / name, False), True)
                expect(f"mode of {name}", (pages / name).stat().st_mode & 0o777, 0o644)
            pages_are_complete(installed / "share/man")

            file = target / settings[1:] / "agntcy/dir/server.config.yml"
            ran = subprocess.run(
                [installed / "bin/dir-gateway", "config", "--config", file], capture_output=True,
                text=True)
            expect("data_dir", "\ndata_dir: /var/lib/directory-gateway " in "\n" + ran.stdout, True)
            option = "" if settings == "/etc" else f" --config {settings}/agntcy/dir/server.config.yml"
            unit = (installed / "lib/systemd/system/dir-gateway.service").read_text()
            expect("the program of the unit",
                   f"\nExecStart={prefix}/bin/dir-gateway serve{option}\n" in unit, True)

            # What an operator has written stays, at a new installation and at the end.
            file.write_text("loops: 1\n")
            make(copy, "install", f"PREFIX={prefix}", f"DESTDIR={target}")
            expect("the settings", file.read_text(), "loops: 1\n")
            make(copy, "uninstall", f"PREFIX={prefix}", f"DESTDIR={target}")
            expect("what is left", files(target), [f"{settings[1:]}/agntcy/dir/server.config.yml"])


def make(copy, *arguments):
    ran = subprocess.run(
        ["make", "-C", copy.root, *arguments], cwd="/", env=copy.environment, capture_output=True,
        text=True, timeout=60)
    expect(f"exit code of make {arguments[0]}", (ran.returncode, ran.stderr[-500:] if ran.returncode else ""), (0, ""))


def completions_are_valid(installed, program):
    share = installed / "share"
    scripts = {
        "bash": share / f"bash-completion/completions/{program}",
        "zsh": share / f"zsh/site-functions/_{program}",
        "fish": share / f"fish/vendor_completions.d/{program}.fish",
    }
    for shell, script in scripts.items():
        expect(f"{script.name} names the program", program in script.read_text(), True)
        if shutil.which(shell):
            ran = subprocess.run([shell, "-n", script], capture_output=True, text=True)
            expect(f"{script.name} for {shell}", (ran.returncode, ran.stderr), (0, ""))


def pages_are_complete(manual):
    """The man pages have every command, every flag and every setting, and groff finds no fault."""
    for program in ("dir-gateway", "dirctl"):
        dump = subprocess.run(
            [PROGRAMS / program, "--experimental-dump-help"], check=True, capture_output=True,
            text=True).stdout
        text = page(manual / f"man1/{program}.1")
        for name in wanted(json.loads(dump)["command"]):
            expect(f"{name} in {program}(1)", name in text, True)
    text = page(manual / "man5/server.config.yml.5")
    settings = subprocess.run(
        [PROGRAMS / "dir-gateway", "config"], check=True, capture_output=True, text=True).stdout
    for name in re.findall(r"^([a-z_.]+):", settings, re.M):
        # A short name has its meaning on the same line.
        found = re.search(rf"^ +{re.escape(name)}( |$)", text, re.M)
        expect(f"{name} in server.config.yml(5)", bool(found), True)


def page(path):
    """The text of a page, without markup."""
    ran = subprocess.run(
        ["man", "--warnings", "-E", "UTF-8", "-l", path], capture_output=True, text=True,
        env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "400"})
    expect(f"groff on {path.name}", (ran.returncode, ran.stderr), (0, ""))
    return ran.stdout


def wanted(command, path=()):
    """The names of all commands below the first, and of their flags."""
    path = (*path, command["commandName"])
    if command["commandName"] == "help" or not command.get("shouldDisplay", True):
        return
    if len(path) > 1:
        yield " ".join(path)
    for argument in command.get("arguments", []):
        if argument["shouldDisplay"] and argument["kind"] != "positional":
            yield from (f"--{name['name']}" for name in argument["names"] if name["kind"] == "long")
    for child in command.get("subcommands", []):
        yield from wanted(child, path)


def programs_need_no_working_directory():
    """An installed program finds the dashboard from anywhere, also through a link and as another user."""
    with Copy() as copy:
        target = pathlib.Path(copy.directory.name) / "root"
        make(copy, "install", "PREFIX=/opt/gateway", f"DESTDIR={target}")
        os.chmod(copy.directory.name, 0o755)
        program = target / "opt/gateway/bin/dir-gateway"
        link = target / "link"
        link.symlink_to(program)
        # The folder of another web page is not the dashboard.
        strange = target / "work/public"
        strange.mkdir(parents=True)
        (strange / "index.html").write_text("strange")
        (strange / "strange.txt").write_text("strange")
        for start, directory in ((program, "/"), (link, strange.parent)):
            with tempfile.TemporaryDirectory() as data:
                os.chmod(data, 0o777)
                user = {"user": 65534, "group": 65534} if os.getuid() == 0 else {}
                process = subprocess.Popen(
                    [start, "--listen-address", "127.0.0.1:0", "--data-dir", f"{data}/data"],
                    cwd=directory, stderr=subprocess.PIPE, text=True, **user)
                for line in process.stderr:
                    if found := re.search(r"url=(http://\S+)", line):
                        break
                else:
                    raise AssertionError("it did not start")
                with urllib.request.urlopen(found[1] + "/", timeout=20) as response:
                    expect("the index", response.read(), (ROOT / "public/index.html").read_bytes())
                process.terminate()
                process.stderr.read()
                expect("exit code", process.wait(20), 0)


def apt_waits_for_its_lock():
    """While another program uses apt, bootstrap waits; it says what it fetches and how long it took."""
    with Copy() as copy:
        folder = pathlib.Path(copy.directory.name)
        programs = folder / "compiler"
        calls = folder / "calls"
        scripts = {
            "dpkg-query": 'case $* in *zlib1g-dev*) echo "" ;; *) echo installed ;; esac',
            "apt-get": """echo "$*" >>"$CALLS"
case $* in
    *--assume-no*) echo "Need to get 1,234 kB of archives."; exit 1 ;;
    *update*) [ "$(grep -c update "$CALLS")" -gt 2 ] || { echo "E: Could not get lock /var/lib/apt/lists/lock" >&2; exit 100; } ;;
esac""",
            "sudo": 'exec "$@"',
            "sleep": "exit 0",
            "systemctl": "exit 0",
        }
        for name, script in scripts.items():
            (programs / name).write_text(f"#!/bin/bash\n{script}\n")
            (programs / name).chmod(0o755)
        policy = folder / "policy-rc.d"
        ran = subprocess.run(
            [copy.root / "scripts/bootstrap"], capture_output=True, text=True, timeout=60,
            env={**copy.environment, "CALLS": str(calls), "POLICY_RC_D": str(policy)})
        expect("exit code", (ran.returncode, ran.stdout), (0, ""))
        for part in ("missing: zlib1g-dev", "waits up to 5 minutes", "1,234 kB to fetch",
                     "installed after 0:0"):
            expect(f"{part!r} in {ran.stderr!r}", part in ran.stderr, True)
        called = calls.read_text().splitlines()
        expect("calls of update", sum(" update" in call for call in called), 3)
        expect("the lock of dpkg", all(
            "DPkg::Lock::Timeout=300" in call for call in called if "--assume-no" not in call), True)
        expect("the installation", called[-1].endswith("install -y --no-install-recommends zlib1g-dev"), True)
        expect("services may start again", policy.exists(), False)


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def main():
    tests = [first_build_is_announced, progress_without_a_terminal, progress_on_a_terminal,
             install_brings_everything, programs_need_no_working_directory,
             apt_waits_for_its_lock]
    failed = 0
    for test in tests:
        name = test.__name__.replace("_", " ")
        try:
            test()
            print(f"ok: {name}", flush=True)
        except Exception as error:
            failed += 1
            print(f"failed: {name}: {type(error).__name__}: {error}")
    print(f"{len(tests) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
