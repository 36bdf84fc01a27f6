"""The gateway under a service manager: this program acts as systemd does.

    service_manager.py PROGRAM

It takes the datagrams of sd_notify(3), passes sockets that it has opened (sd_listen_fds(3)), and checks
the units of config/ with systemd-analyze where that is installed. The last line is
`N passed, M failed`.
"""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from support import expect, until

PROGRAM = os.path.abspath(sys.argv[1])
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
UNIT = ROOT / "config/dir-gateway.service"
# What `systemd-analyze security` may rate the unit, times 10.
EXPOSURE = 15


class Manager:
    """A service manager with one service."""

    def __init__(self, directory, address=None):
        self.address = address or os.path.join(directory, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + self.address[1:] if self.address[0] == "@" else self.address)
        self.socket.settimeout(20)
        self.directory = directory
        self.process = None

    def start(self, *arguments, sockets=(), names=None, listen="127.0.0.1:0", **variables):
        """Starts the gateway. The sockets become its descriptors 3, 4…"""
        environment = {**os.environ, "NOTIFY_SOCKET": self.address, **variables}
        # The number of the process is known only in it.
        script = 'export LISTEN_PID=$$; exec "$0" "$@"'
        if sockets:
            environment["LISTEN_FDS"] = str(len(sockets))
            if names:
                environment["LISTEN_FDNAMES"] = ":".join(names)
        high = [os.dup2(found.fileno(), 200 + n) for n, found in enumerate(sockets)]
        moves = "".join(f" {3 + n}<&{number}" for n, number in enumerate(high))
        script = f"exec{moves}; {script}" if moves else script
        self.process = subprocess.Popen(
            ["bash", "-c", script, PROGRAM, "--listen-address", listen, "--data-dir",
             os.path.join(self.directory, "data"), *arguments],
            env=environment, pass_fds=high, stderr=subprocess.PIPE, text=True, cwd="/")
        for number in high:
            os.close(number)

    def message(self):
        return dict(line.split("=", 1) for line in self.socket.recv(4096).decode().split("\n"))

    def until(self, variable, seconds=20):
        """Returns the next message with this variable."""
        return until(variable, lambda: (lambda m: m if variable in m else None)(self.message()), seconds)

    def end(self, how=signal.SIGTERM):
        """Waits for the end, after a signal; 0 is none."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        self.process.stderr.read()
        return self.process.wait(20)


@contextlib.contextmanager
def manager(address=None):
    with tempfile.TemporaryDirectory() as directory:
        found = Manager(directory, address)
        try:
            yield found
        finally:
            found.socket.close()
            if found.process and found.process.poll() is None:
                found.process.kill()
                found.process.wait(20)


def listening(host="127.0.0.1"):
    found = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    found.bind((host, 0))
    found.listen(64)
    return found


def status(port, path="/healthz", host="127.0.0.1"):
    try:
        with urllib.request.urlopen(f"http://{host}:{port}{path}", timeout=20) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code


def life_is_reported():
    for address in (None, f"@directory-gateway-test-{os.getpid()}"):
        with manager(address) as systemd:
            systemd.start()
            ready = systemd.message()
            expect("first message", ready.get("READY"), "1")
            port = re.fullmatch(r"listening on http://127\.0\.0\.1:(\d+)", ready["STATUS"])[1]
            # It listens when it says so.
            expect("status", status(port), 200)
            before = time.monotonic_ns() // 1000
            systemd.process.send_signal(signal.SIGHUP)
            reloading = systemd.message()
            expect("second message", reloading.get("RELOADING"), "1")
            now = time.monotonic_ns() // 1000
            expect("time of the reload", before <= int(reloading["MONOTONIC_USEC"]) <= now, True)
            expect("third message", systemd.message().get("READY"), "1")
            systemd.process.send_signal(signal.SIGTERM)
            expect("fourth message", systemd.message().get("STOPPING"), "1")
            expect("exit code", systemd.end(how=0), 0)


def a_failure_has_a_status():
    with manager() as systemd:
        systemd.start("--set", "loops=many")
        expect("status", "loops" in systemd.message()["STATUS"], True)
        expect("exit code", systemd.end() != 0, True)


def without_a_manager_it_starts():
    """A socket that is not there stops nothing, but is reported."""
    with manager() as systemd:
        systemd.start(NOTIFY_SOCKET=os.path.join(systemd.directory, "gone"))
        for line in systemd.process.stderr:
            if "was not notified" in line:
                break
        else:
            raise AssertionError("no line in the log")
        expect("exit code", systemd.end(), 0)


def heartbeats_for_the_watchdog():
    with manager() as systemd:
        systemd.start(WATCHDOG_USEC="1500000")
        systemd.until("READY")
        times = []
        for _ in range(4):
            systemd.until("WATCHDOG")
            times.append(time.monotonic())
        gaps = [after - before for before, after in zip(times, times[1:])]
        # A third of the time each; a machine that does other things too is late.
        expect("gaps", max(gaps) < 1.5, True)
        # Not for another process.
        expect("exit code", systemd.end(), 0)
    with manager() as systemd:
        systemd.start(WATCHDOG_USEC="100000", WATCHDOG_PID="1")
        systemd.until("READY")
        systemd.socket.settimeout(1)
        with contextlib.suppress(TimeoutError):
            raise AssertionError(f"a message: {systemd.message()}")


def sockets_are_used():
    first, second, admin = listening(), listening("::1"), listening()
    with manager() as systemd:
        systemd.start(
            sockets=(first, second, admin), names=("clients", "clients", "admin"),
            # The sockets come first.
            listen="127.0.0.1:1")
        expect("status", systemd.until("READY")["STATUS"],
               f"listening on http://127.0.0.1:{first.getsockname()[1]} "
               f"http://[::1]:{second.getsockname()[1]}")
        for _ in range(5):
            expect("the first", status(first.getsockname()[1], "/records"), 200)
        expect("IPv6", status(second.getsockname()[1], "/records", "[::1]"), 200)
        expect("probes", status(admin.getsockname()[1], "/readyz"), 200)
        expect("only probes", status(admin.getsockname()[1], "/records"), 404)
        expect("exit code", systemd.end(), 0)


def clients_wait_during_a_restart():
    with listening() as found, manager() as systemd:
        port = found.getsockname()[1]
        systemd.start(sockets=(found,))
        systemd.until("READY")
        expect("before", status(port), 200)
        expect("exit code", systemd.end(), 0)
        client = socket.create_connection(("127.0.0.1", port))
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        client.settimeout(20)
        systemd.start(sockets=(found,))
        expect("the answer", client.recv(12), b"HTTP/1.1 200")
        client.close()
        systemd.until("READY")
        expect("exit code", systemd.end(), 0)


def an_exposed_socket_needs_a_mode():
    """The rule for listen_address holds for the address of the socket."""
    with listening("0.0.0.0") as found, manager() as systemd:
        systemd.start(sockets=(found,))
        expect("status", "auth.mode" in systemd.message()["STATUS"], True)
        expect("exit code", systemd.end() != 0, True)
        systemd.start("--set", "auth.mode=open", sockets=(found,))
        systemd.until("READY")
        expect("status", status(found.getsockname()[1]), 200)
        expect("exit code", systemd.end(), 0)


def what_is_no_socket_is_refused():
    with open("/dev/null") as found, manager() as systemd:
        systemd.start(sockets=(found,))
        said = systemd.process.stderr.read()
        expect("exit code", systemd.end() != 0, True)
        expect("reason", "descriptor 3" in said, True)


def units_are_valid():
    """What systemd says of the units, with the program as it was built."""
    with tempfile.TemporaryDirectory() as directory:
        for unit in (UNIT, UNIT.with_suffix(".socket")):
            text = re.sub(
                r"^ExecStart=\S+", f"ExecStart={PROGRAM}", unit.read_text(), flags=re.M)
            # A man page of a program that is not installed.
            text = re.sub(r"^Documentation=.*\n", "", text, flags=re.M)
            (pathlib.Path(directory) / unit.name).write_text(text)
        ran = subprocess.run(
            ["systemd-analyze", "verify", f"{directory}/dir-gateway.service",
             f"{directory}/dir-gateway.socket"], capture_output=True, text=True)
        ours = [line for line in ran.stderr.splitlines() if "dir-gateway" in line]
        expect("complaints", ours, [])
        ran = subprocess.run(
            ["systemd-analyze", "security", "--offline=yes", f"--threshold={EXPOSURE}",
             "--no-pager", f"{directory}/dir-gateway.service"], capture_output=True, text=True)
        expect("exposure", ran.stdout.splitlines()[-1:] if ran.returncode else [], [])


def the_user_of_the_unit_can_be_made():
    with tempfile.TemporaryDirectory() as directory:
        os.mkdir(f"{directory}/etc")
        ran = subprocess.run(
            ["systemd-sysusers", "--dry-run", f"--root={directory}",
             ROOT / "config/dir-gateway.sysusers"], capture_output=True, text=True)
    expect("exit code", (ran.returncode, "Invalid" in ran.stderr), (0, False))
    user = re.search(r"^User=(.*)$", UNIT.read_text(), re.M)[1]
    expect("the user", f"Creating user '{user}'" in ran.stdout + ran.stderr, True)


def unit_names_what_the_program_does():
    text = UNIT.read_text()
    for line in ("Type=notify", "StateDirectoryMode=0700", "NoNewPrivileges=true"):
        expect(line, f"\n{line}\n" in text, True)
    settings = subprocess.run([PROGRAM, "config"], capture_output=True, text=True, cwd="/").stdout
    connections = int(re.search(r"^limits\.connections: (\d+)", settings, re.M)[1])
    expect("LimitNOFILE", int(re.search(r"^LimitNOFILE=(\d+)", text, re.M)[1]) > connections, True)
    drain = int(re.search(r"^drain_timeout: (\d+)s", settings, re.M)[1])
    expect("TimeoutStopSec", int(re.search(r"^TimeoutStopSec=(\d+)", text, re.M)[1]) > drain + 1, True)


def main():
    tests = [life_is_reported, a_failure_has_a_status, without_a_manager_it_starts,
             heartbeats_for_the_watchdog, sockets_are_used, clients_wait_during_a_restart,
             an_exposed_socket_needs_a_mode, what_is_no_socket_is_refused,
             unit_names_what_the_program_does]
    if shutil.which("systemd-analyze"):
        tests += [units_are_valid, the_user_of_the_unit_can_be_made]
    else:
        print("skipped: units are valid: there is no systemd-analyze")
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
