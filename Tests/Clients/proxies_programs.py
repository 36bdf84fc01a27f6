"""Starts the proxies of config/proxies with their sample configurations, each on a free port."""

import os
import pathlib
import shutil
import subprocess
import tempfile

from readme_gateway import Gateway
from support import free_port

SAMPLES = pathlib.Path(__file__).resolve().parent.parent.parent / "config/proxies"
NAME = "directory.example.com"
HEARTBEAT = 1  # seconds


def replaced(text, changes):
    """The text with each change made: one that no longer fits the sample is a mistake here."""
    for old, new in changes.items():
        if old not in text:
            raise AssertionError(f"{old!r} is not in the sample")
        text = text.replace(old, new)
    return text


class Proxy:
    """A proxy process in front of a gateway, both in a folder of their own."""

    name = sample = package = ""
    secure = True  # whether it speaks TLS
    passes_grpc = False

    def __init__(self, gateway_program):
        self.gateway_program = gateway_program

    def __enter__(self):
        self.directory = tempfile.TemporaryDirectory()
        self.folder = self.directory.name
        self.gateway = Gateway(
            self.gateway_program, self.folder, f"events.heartbeat_interval={HEARTBEAT}s",
            "events.retry=200ms", f"allowed_hosts={NAME}")
        try:
            self.start()
        except Exception:
            self.gateway.stop()
            raise
        return self

    def start(self):
        self.port = free_port()
        if self.secure:
            self.make_certificate()
        path = os.path.join(self.folder, self.sample)
        text = replaced((SAMPLES / self.sample).read_text(), {
            **self.gateway_address(), **self.changes()})
        pathlib.Path(path).write_text(text)
        command = self.command(path)
        if shutil.which(command[0], path=self.environment()["PATH"]) is None:
            raise AssertionError(f"{command[0]} is not installed: scripts/bootstrap test does it")
        with open(os.path.join(self.folder, "log"), "w") as log:
            self.process = subprocess.Popen(
                command, cwd=self.folder, env=self.environment(), stdin=subprocess.DEVNULL,
                stdout=log, stderr=log)

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.gateway.stop()
        self.directory.cleanup()

    def log(self):
        return pathlib.Path(self.folder, "log").read_text()

    def gateway_address(self):
        return {"127.0.0.1:8080": f"127.0.0.1:{self.gateway.port}"}

    def environment(self):
        # Debian has some of them where only root looks.
        return {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin", "HOME": self.folder,
                "XDG_DATA_HOME": self.folder, "XDG_CONFIG_HOME": self.folder}

    def make_certificate(self):
        self.certificate, self.key, self.both = (
            os.path.join(self.folder, name) for name in ("certificate", "key", "both.pem"))
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-keyout", self.key, "-out", self.certificate, "-days", "2",
             "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"],
            check=True, capture_output=True)
        parts = (pathlib.Path(path).read_text() for path in (self.certificate, self.key))
        pathlib.Path(self.both).write_text("".join(parts))


class Nginx(Proxy):
    name, sample, passes_grpc = "nginx", "nginx.conf", True

    def changes(self):
        return {"listen 443": f"listen 127.0.0.1:{self.port}",
                f"/etc/ssl/{NAME}.pem": self.certificate, f"/etc/ssl/{NAME}.key": self.key}

    def command(self, path):
        # The sample is a file of conf.d: here is the rest, without root and outside of /var.
        temporary = "".join(
            f"{kind}_temp_path {self.folder}/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        main = os.path.join(self.folder, "main.conf")
        pathlib.Path(main).write_text(
            f"daemon off;\npid {self.folder}/pid;\nerror_log stderr;\nevents {{}}\n"
            f"http {{\naccess_log off;\n{temporary}include {path};\n}}\n")
        return ["nginx", "-p", self.folder, "-c", main, "-e", "stderr"]


class HAProxy(Proxy):
    name, sample = "HAProxy", "haproxy.cfg"

    def changes(self):
        return {"bind :443": f"bind 127.0.0.1:{self.port}",
                f"/etc/haproxy/{NAME}.pem": self.both}

    def command(self, path):
        return ["haproxy", "-db", "-f", path]


class PlainHAProxy(HAProxy):
    """Without TLS, where events are held back if `http-no-delay` is missing."""

    name, secure = "HAProxy without TLS", False

    def changes(self):
        return {f"bind :443 ssl crt /etc/haproxy/{NAME}.pem alpn h2,http/1.1":
                f"bind 127.0.0.1:{self.port}"}


class HTTP2HAProxy(HAProxy):
    """Which speaks HTTP/2 to the gateway: all clients share a few connections."""

    name, passes_grpc = "HAProxy with HTTP/2 to the gateway", True

    def changes(self):
        return {**super().changes(), " check inter 2s": " proto h2 check inter 2s"}


class DelayingHAProxy(PlainHAProxy):
    """As HAProxy is by default."""

    name = "HAProxy without http-no-delay"

    def changes(self):
        return {**super().changes(), "    option http-no-delay\n": ""}


class Caddy(Proxy):
    name, sample = "Caddy", "Caddyfile"

    def changes(self):
        return {f"{NAME} {{": f"{{\n\tadmin off\n\tauto_https disable_redirects\n}}\n"
                f"https://{NAME}:{self.port} {{\n\ttls {self.certificate} {self.key}\n"}

    def command(self, path):
        return ["caddy", "run", "--config", path, "--adapter", "caddyfile"]


class Varnish(Proxy):
    name, sample, secure = "Varnish", "varnish.vcl", False

    def gateway_address(self):
        return {'"8080"': f'"{self.gateway.port}"'}

    def changes(self):
        return {}

    def command(self, path):
        return ["varnishd", "-F", "-j", "none", "-a", f"127.0.0.1:{self.port}", "-f", path,
                "-n", os.path.join(self.folder, "varnish"), "-s", "malloc,16m"]


ALL = [Nginx, HAProxy, PlainHAProxy, HTTP2HAProxy, Caddy, Varnish]
