"""The servers of the fan-out benchmark: how each is started, subscribed to, and published on.

Every one sends the same payload, the JSON of one of the gateway's events. One event loop each (nginx:
one worker), logs off, limits out of the way, everything else as it comes.
"""

import http.client
import importlib.metadata
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

LISTEN = "/agntcy.dir.events.v1.EventService/Listen"
HERE = os.path.dirname(os.path.abspath(__file__))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def post(path, body, *fields):
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", *fields, f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def children(pid):
    """A process and all that it started."""
    found = [pid]
    for parent in found:
        with open(f"/proc/{parent}/task/{parent}/children") as file:
            found += [int(child) for child in file.read().split()]
    return found


class Server:
    """A program that runs between `with` and its end, on the core it is given."""
    name = ""
    path = "/events"
    is_peer = True
    speaks_http2 = False
    speaks_tls = False
    speaks_grpc = False

    def __init__(self, directory, core):
        self.directory = os.path.join(directory, self.name)
        os.makedirs(self.directory)
        self.core = core
        self.port = free_port()
        self.process = None

    def start(self, *command, **options):
        pin = (lambda: os.sched_setaffinity(0, {self.core})) if self.core is not None else None
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, preexec_fn=pin, **options)
        for _ in range(200):
            if self.process.poll() is not None:
                raise SystemExit(f"bench: {self.name} ended with {self.process.returncode}")
            if self.answers():
                return
            time.sleep(0.05)
        raise SystemExit(f"bench: {self.name} does not answer")

    @property
    def addresses(self):
        """All that must answer before it can be used."""
        return {self.subscribe_address, self.publish_address}

    def answers(self):
        try:
            for address in self.addresses:
                host, port = address.split(":")
                socket.create_connection((host, int(port)), 1).close()
            return True
        except OSError:
            return False

    def stop(self):
        if not self.process:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    @property
    def subscribe_address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def publish_address(self):
        return self.subscribe_address

    @property
    def pids(self):
        return children(self.process.pid)

    def resident(self):
        """Bytes, all processes together, what they share counted once."""
        total = 0
        for pid in self.pids:
            with open(f"/proc/{pid}/smaps_rollup") as file:
                for line in file:
                    if line.startswith("Pss:"):
                        total += int(line.split()[1]) * 1024
        return total

    def version(self):
        return ""

    def one(self, event):
        """The request that publishes one event."""
        raise NotImplementedError

    def many(self, events):
        """The requests that publish many at once, and how many answers they get."""
        return b"".join(self.one(event) for event in events), len(events)


class Gateway(Server):
    """The gateway: publishing a record is the operation, in its store, that the event tells of."""
    name = "gateway"
    is_peer = False
    program = ""
    settings = ("events.heartbeat_interval=60s",)

    def run(self):
        self.start(
            self.program, "--listen-address", self.subscribe_address, "--data-dir", self.directory,
            *(word for setting in (
                "loops=1", "log.access=false", "limits.subscribers_per_address=100000",
                "limits.connections_per_address=100000",
                # The load waits while other servers start, and keeps its connection.
                "limits.keep_alive_idle=1h", *self.settings)
              for word in ("--set", setting)))

    def one(self, event):
        return self.many([event])[0]

    def many(self, events):
        body = json.dumps({"cids": [event.cid for event in events]}).encode()
        return post("/publish", body, "Content-Type: application/json"), 1


class Raw(Server):
    """What the kernel takes: one `send` for each delivery."""
    name = "raw"
    is_peer = False
    program = ""
    words = ()

    def run(self):
        self.start(self.program, str(self.port), *self.words)

    def one(self, event):
        return post("/", event.frame)


class RawGathering(Raw):
    """The same with one `writev` for all that waits."""
    name = "raw-writev"
    words = ("gather",)


class RawHTTP2(Raw):
    """The same program, whose subscribers speak HTTP/2: nghttp2, and one `writev` for all that a
    connection gets."""
    name = "raw-h2"
    speaks_http2 = True


class GatewayHTTP2(Gateway):
    """The gateway, whose subscribers speak HTTP/2."""
    name = "gateway-h2"
    speaks_http2 = True


class RawTLS(RawGathering):
    """The same program over TLS: all that waits for a subscriber in as few records as possible."""
    name = "raw-tls"
    speaks_tls = True

    def run(self):
        self.words = ("gather", "tls", *certificate(self.directory))
        super().run()


class RawTLSHTTP2(RawTLS):
    """HTTP/2 over TLS."""
    name = "raw-tls-h2"
    speaks_http2 = True


class GatewayTLS(Gateway):
    """The gateway over TLS."""
    name = "gateway-tls"
    speaks_tls = True

    def run(self):
        path, key = certificate(self.directory)
        self.settings = (*self.settings, f"tls.certificate={path}", f"tls.key={key}")
        super().run()


class GatewayTLSHTTP2(GatewayTLS):
    """HTTP/2 over TLS."""
    name = "gateway-tls-h2"
    speaks_http2 = True


class GatewayGRPC(GatewayHTTP2):
    """The gateway, whose subscribers call the Directory's own interface."""
    name = "gateway-grpc"
    path = LISTEN
    speaks_grpc = True


class GRPCPeer(Server):
    """A server of the same method, as most people would write it. It passes on messages that it is
    given, without making them."""
    path = LISTEN
    speaks_http2 = True
    speaks_grpc = True

    def run(self):
        self.publish_port = free_port()
        self.start(*self.command(), self.subscribe_address, self.publish_address)

    @property
    def publish_address(self):
        return f"127.0.0.1:{self.publish_port}"

    def one(self, event):
        return post("/", event.message)


class GRPCPython(GRPCPeer):
    """grpcio, with asyncio."""
    name = "grpcio"

    def command(self):
        return sys.executable, os.path.join(HERE, "grpcio-server.py")

    def version(self):
        return importlib.metadata.version("grpcio")


class GRPCGo(GRPCPeer):
    """grpc-go, as Debian packs it."""
    name = "grpc-go"

    def command(self):
        program = os.path.join(self.directory, "grpc-go-server")
        subprocess.run(
            ["go", "build", "-o", program, os.path.join(HERE, "grpc-go-server.go")], check=True,
            env={**os.environ, "GO111MODULE": "off", "GOPATH": "/usr/share/gocode",
                 "GOCACHE": os.path.join(self.directory, "cache")})
        return (program,)

    def version(self):
        return packages("golang-google-grpc-dev", "golang-go")


def certificate(directory):
    """Makes a certificate of a P-256 key; the paths of both."""
    path, key = os.path.join(directory, "certificate.pem"), os.path.join(directory, "key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-days", "1", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
         "-out", path, "-keyout", key], check=True, capture_output=True)
    return path, key


class Nchan(Server):
    """nchan in nginx, both from Debian."""
    name = "nchan"
    path = "/sub"

    def run(self):
        modules = "/usr/lib/nginx/modules/ngx_nchan_module.so"
        configuration = os.path.join(self.directory, "nginx.conf")
        with open(configuration, "w") as file:
            file.write(f"""
                load_module {modules};
                daemon off; worker_processes 1; error_log /dev/null crit;
                pid {self.directory}/pid; worker_rlimit_nofile 20000;
                events {{ worker_connections 20000; }}
                http {{
                    access_log off; keepalive_requests 100000000; keepalive_timeout 1h;
                    nchan_max_reserved_memory 512M;
                    client_body_temp_path {self.directory}/body;
                    proxy_temp_path {self.directory}/proxy; fastcgi_temp_path {self.directory}/f;
                    uwsgi_temp_path {self.directory}/u; scgi_temp_path {self.directory}/s;
                    server {{
                        listen {self.subscribe_address} backlog=4096;
                        location = /pub {{
                            nchan_publisher; nchan_channel_id bench;
                            nchan_message_buffer_length 256; nchan_message_timeout 1m;
                        }}
                        location = /sub {{
                            nchan_subscriber eventsource; nchan_channel_id bench;
                            nchan_subscriber_first_message newest;
                        }}
                    }}
                }}""")
        self.start("nginx", "-p", self.directory, "-c", configuration)

    def version(self):
        return packages("libnginx-mod-nchan", "nginx")

    def one(self, event):
        return post("/pub", event.json, "Content-Type: application/json")


class Node(Server):
    """Node's `http`, as most people would write it."""
    name = "node"

    def run(self):
        self.start("node", os.path.join(HERE, "node-server.js"), str(self.port))

    def version(self):
        return subprocess.run(["node", "--version"], capture_output=True, text=True).stdout.strip()

    def one(self, event):
        return post("/publish", event.frame)


class Pushpin(Server):
    """Pushpin from Debian; Node behind it opens the streams, and takes no part afterwards."""
    name = "pushpin"
    path = "/grip"

    def run(self):
        # Its sockets are files, whose names must be short.
        self.short = f"/tmp/bench-pushpin-{os.getpid()}"
        os.makedirs(self.short)
        self.publish_port, backend = free_port(), free_port()
        self.backend_address = f"127.0.0.1:{backend}"
        self.backend = subprocess.Popen(
            ["node", os.path.join(HERE, "node-server.js"), str(backend)],
            stdout=subprocess.DEVNULL)
        with open("/etc/pushpin/pushpin.conf") as file:
            text = file.read()
        changes = {
            "rundir": self.short, "http_port": self.port, "logdir": self.short,
            "routesfile": f"{self.short}/routes", "push_in_http_port": self.publish_port,
            "push_in_spec": f"ipc://{self.short}/in", "push_in_sub_specs": f"ipc://{self.short}/sub",
            "command_spec": f"ipc://{self.short}/command", "message_rate": 1000000,
            "message_hwm": 1000000, "client_maxconn": 20000,
            "log_level": 0,
        }
        lines = []
        for line in text.splitlines():
            key = line.partition("=")[0]
            lines.append(f"{key}={changes[key]}" if key in changes else line)
        # What fetches from the backend is a program of its own in Debian.
        zurl = {f"zurl_{way}_spec": f"ipc://{self.short}/zurl-{path}" for way, path in (
            ("out", "in"), ("out_stream", "in-stream"), ("in", "out"))}
        lines.insert(lines.index("[proxy]") + 1,
                     "\n".join(f"{key}s={value}" for key, value in zurl.items()))
        with open(f"{self.short}/zurl.conf", "w") as file:
            file.write(f"""[General]
                in_spec={zurl["zurl_out_spec"]}\n in_stream_spec={zurl["zurl_out_stream_spec"]}
                out_spec={zurl["zurl_in_spec"]}\n defpolicy=allow\n max_open_requests=50000
                """.replace("                ", "").replace("\n ", "\n"))
        self.fetcher = subprocess.Popen(
            ["zurl", f"--config={self.short}/zurl.conf"], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open(f"{self.short}/pushpin.conf", "w") as file:
            file.write("\n".join(lines))
        with open(f"{self.short}/routes", "w") as file:
            file.write(f"* 127.0.0.1:{backend}\n")
        self.start("pushpin", f"--config={self.short}/pushpin.conf")
        # Its programs find each other some time after it listens.
        for _ in range(20):
            if self.opens_a_stream():
                return
            time.sleep(0.5)
        raise SystemExit("bench: pushpin opens no stream")

    def opens_a_stream(self):
        connection = http.client.HTTPConnection(self.subscribe_address, timeout=1)
        try:
            connection.request("GET", self.path)
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def stop(self):
        super().stop()
        for helper in (self.backend, self.fetcher):
            helper.terminate()
            helper.wait(10)
        shutil.rmtree(self.short, ignore_errors=True)

    @property
    def addresses(self):
        return super().addresses | {self.backend_address}

    @property
    def publish_address(self):
        return f"127.0.0.1:{self.publish_port}"

    def version(self):
        return packages("pushpin")

    def one(self, event):
        return self.many([event])[0]

    def many(self, events):
        items = [{"channel": "bench", "formats": {"http-stream": {"content": event.frame.decode()}}}
                 for event in events]
        return post("/publish/", json.dumps({"items": items}).encode()), 1


def packages(*names):
    asked = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}, ", *names],
                           capture_output=True, text=True)
    return asked.stdout.rstrip(", ")
