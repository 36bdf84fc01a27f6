"""No secret is in anything that the gateway says: its log at every level and in every format, problems,
metrics, the output of its commands, the text of a crash.

    secrets_in_output.py PROGRAM

If GATEWAY_OUTPUT names a directory, also all that other tests have put there (`support.secret`,
`readme_gateway.keep`, and the output of the tests themselves) is searched; `scripts/test-programs` runs
this test as the last one.
"""

import http.client
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import tempfile

import grpc
from access_tls import AUDIENCE, ISSUER, Key, key_set
from agntcy.dir.events.v1 import event_service_pb2 as events
from agntcy.dir.events.v1 import event_service_pb2_grpc as events_grpc
from certificates import Authority
from readme_gateway import Gateway
from support import expect, free_port, record, secret, until

# What looks like a secret, whoever made it. The prefix of a token alone is none.
PATTERNS = {
    "an opaque token": rb"dgt_[A-Za-z0-9]{30,}",
    "a JSON Web Token": rb"eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}",
    "the secret of a webhook": rb"whsec_[A-Za-z0-9+/=]{16,}",
    "a session": rb"directory-session=[\w+/-]{16,}",
    "a private key": rb"BEGIN [A-Z ]*PRIVATE KEY",
}
FIXED = "a-fixed-token-that-nobody-may-see"
PASSWORD = "the-password-of-a-remote"
IN_QUERY = "a-token-that-is-wrongly-in-the-address"
LEVELS = [(level, form) for level in ("trace", "debug", "info", "warning", "error")
          for form in ("text", "json")]


class Output:
    """All that was said, by where."""

    def __init__(self):
        self.texts = []

    def add(self, where, text):
        self.texts.append((where, text if isinstance(text, bytes) else text.encode()))

    def search(self, secrets):
        """Fails if a secret, or what looks like one, is in it."""
        found = []
        for where, text in self.texts:
            for word in secrets:
                if word.encode() in text:
                    found.append(f"{where}: the secret {word[:12]}…")
            for name, pattern in PATTERNS.items():
                match = re.search(pattern, text)
                if match:
                    found.append(f"{where}: {name}, {match[0][:20]}…")
        if found:
            raise AssertionError("\n".join(sorted(set(found))))


def ask(gateway, output, method, path, body=None, **fields):
    """A request; what comes back is kept, but for the cookie of a session."""
    connection = http.client.HTTPSConnection(
        "127.0.0.1", gateway.port, timeout=20, context=gateway.context)
    try:
        connection.request(method, path, body, {
            name.replace("_", "-"): value for name, value in fields.items()})
        response = connection.getresponse()
        text = response.read()
        fields = [(name, value) for name, value in response.getheaders() if name != "Set-Cookie"]
        # The one response that has a secret in it: a webhook shows its own once.
        if path != "/webhooks":
            output.add(f"{method} {path.split('?')[0]}", text + repr(fields).encode())
        return response.status, response.headers, text
    finally:
        connection.close()


def use(gateway, output, secrets, keys, authority):
    """Everything that can go right or wrong with a secret."""
    token, jwt = secrets["token"], keys[0].token()
    bearer = {"Authorization": f"Bearer {token}"}
    json_body = {"Content_Type": "application/json"}
    until("the token is known",
          lambda: ask(gateway, output, "GET", "/records", **bearer)[0] == 200, 5)
    for credentials in (
            f"Bearer {token}", f"Bearer {FIXED}", f"Bearer {jwt}", f"Bearer {token[:-1]}",
            f"Bearer {token}x", f"bearer {token}", f"Bearer  {token}", f"Token {token}", token,
            f"Bearer {jwt[:-3]}", f"Bearer {keys[1].token(exp=1)}",
            f"Bearer {keys[0].token(scope='')}", f"Bearer {Key('ES256', 'x').token()}",
            "Basic " + secret("dXNlcjp0aGUtcGFzc3dvcmQtb2YtYS11c2Vy"), "Bearer " + "x" * 9000):
        for path in ("/records", "/metrics", "/subscribers", "/events/history", "/nothing"):
            ask(gateway, output, "GET", path, Authorization=credentials)
    ask(gateway, output, "GET", f"/events?token={IN_QUERY}", **bearer)
    ask(gateway, output, "GET", f"/records?access_token={IN_QUERY}", **bearer)
    ask(gateway, output, "GET", f"/?token={IN_QUERY}")
    ask(gateway, output, "POST", "/push", json.dumps(record("a")), **bearer, **json_body)
    ask(gateway, output, "POST", "/sign", '{"cid":"x"}', **bearer, **json_body)
    cid = json.loads(ask(gateway, output, "POST", "/push", json.dumps(record("a")),
                         **bearer, **json_body)[2])["cid"]
    expect("a signature", ask(gateway, output, "POST", "/sign", json.dumps({"cid": cid}),
                              **bearer, **json_body)[0], 201)
    for remote in (f"http://user:{PASSWORD}@127.0.0.1:1", f"http://127.0.0.1:1/?token={PASSWORD}",
                   f"ftp://user:{PASSWORD}@127.0.0.1", f"http://{PASSWORD}@169.254.169.254/"):
        ask(gateway, output, "POST", "/sync", json.dumps({"remote_directory_url": remote}),
            **bearer, **json_body)
    status, fields, _ = ask(gateway, output, "POST", "/session", **bearer)
    expect("a session", status, 204)
    cookie = fields["Set-Cookie"].split(";")[0]
    secret(cookie.split("=", 1)[1])
    secrets["cookie"] = cookie.split("=", 1)[1]
    for value in (cookie, cookie + "x", cookie[:-4], f"{cookie}; {cookie}"):
        for method, path in (("GET", "/session"), ("POST", "/push"), ("DELETE", "/session"),
                             ("GET", "/records")):
            ask(gateway, output, method, path, Cookie=value)
    webhook = ask(gateway, output, "POST", "/webhooks", json.dumps(
        {"url": "http://127.0.0.1:1/"}), **bearer, **json_body)
    if webhook[0] == 201:
        made = json.loads(webhook[2])
        secrets["webhook"] = secret(made["secret"])
        for path in ("/webhooks", f"/webhooks/{made['id']}", f"/webhooks/{made['id']}/deliveries"):
            _, _, text = ask(gateway, output, "GET", path, **bearer)
            output.add(f"GET {path}", text)
    calls(gateway, output, authority, (token, jwt, token + "x"))
    ask(gateway, output, "GET", "/metrics", **bearer)
    ask(gateway, output, "GET", "/readyz", **bearer)
    # Below HTTP: a secret where there should be none.
    for first in (f"{token}\r\n\r\n", f"GET /{' '} HTTP/1.1\r\nAuthorization: {token}\r\n\r\n",
                  f"GET / HTTP/1.1\r\nAuthorization {token}\r\n\r\n"):
        with ssl.create_default_context(cafile=authority.path).wrap_socket(
                connect(gateway), server_hostname="localhost") as client:
            client.sendall(first.encode())
            output.add("a malformed request", client.recv(65536))


def connect(gateway):
    return socket.create_connection(("127.0.0.1", gateway.port), timeout=10)


def calls(gateway, output, authority, tokens):
    credentials = grpc.ssl_channel_credentials(open(authority.path, "rb").read())
    with grpc.secure_channel(f"localhost:{gateway.port}", credentials) as channel:
        for token in tokens:
            stream = events_grpc.EventServiceStub(channel).Listen(
                events.ListenRequest(), timeout=1, metadata=[
                    ("authorization", f"Bearer {token}"), ("last-event-id", "x")])
            try:
                next(stream)
            except grpc.RpcError as error:
                output.add("a call", f"{error.code()} {error.details()}")


def command(program, output, *words, **environment):
    """The output of a command that ends by itself."""
    result = subprocess.run(
        [program, *words], capture_output=True, timeout=30, env={**os.environ, **environment})
    output.add(" ".join(words[:2]), result.stdout + result.stderr)
    return result


def commands(program, output, directory, token):
    """Settings from flags, from the environment and from a file; right ones and wrong ones."""
    entry = f"name=ci token={FIXED} scopes=events:read"
    file = os.path.join(directory, "settings.yml")
    data = ["--data-dir", os.path.join(directory, "data")]
    for text in (entry, entry + "|nonsense", f"token={FIXED}", f"name=ci token={FIXED} x=y",
                 f"name=ci token={FIXED}", f"{FIXED}", f"name=ci sha256={FIXED} scopes=admin"):
        with open(file, "w") as settings:
            settings.write(f"auth:\n  mode: token\n  tokens:\n    - {text}\n")
        command(program, output, "config", "--set", f"auth.tokens={text}", *data)
        command(program, output, "config", *data, DIRECTORY_SERVER_AUTH_TOKENS=text)
        command(program, output, "config", "--config", file, *data)
        if text != entry:
            # A wrong entry stops the start.
            result = command(program, output, "serve", "--config", file, *data)
            if result.returncode == 0:
                raise AssertionError(f"the gateway started with {text}")
    command(program, output, "config", "--set", f"auth.token={FIXED}", *data)
    command(program, output, "config", *data, DIRECTORY_SERVER_AUTH_TOKEN=FIXED)
    command(program, output, "config", "--set", f"upstream.token={FIXED}", *data)
    with open(file, "w") as settings:
        settings.write(f"auth:\n  mode: token\n  tokens: {{a: {FIXED}}}\n")
    command(program, output, "config", "--config", file, *data)
    with open(file, "w") as settings:
        settings.write(f"auth:\n  tokens: [\n    name=ci token={FIXED}\n  mode: ]\n")
    command(program, output, "config", "--config", file, *data)
    command(program, output, "token", "list", *data)
    command(program, output, "token", "revoke", token, *data)


def main(program):
    output = Output()
    secrets = {"fixed": FIXED, "password": PASSWORD, "query": IN_QUERY}
    keys = [Key("RS256", "one"), Key("ES256", "two")]
    shared = os.environ.get("GATEWAY_OUTPUT")
    with tempfile.TemporaryDirectory() as directory:
        own = shared or os.path.join(directory, "output")
        os.makedirs(own, exist_ok=True)
        os.environ["GATEWAY_OUTPUT"] = own
        authority = Authority(directory)
        key_file = os.path.join(directory, "keys.json")
        with open(key_file, "w") as file:
            file.write(key_set(*keys))
        made = subprocess.run(
            [program, "token", "create", "--data-dir", os.path.join(directory, "data"),
             "--subject", "owner", "--scopes",
             "events:read,records:read,records:write,webhooks,admin"],
            capture_output=True, text=True, check=True, timeout=20)
        secrets["token"] = secret(made.stdout.strip())
        output.add("token create, beside the token", made.stderr)
        for number, (level, form) in enumerate(LEVELS):
            # What is said on standard error is kept by `readme_gateway.keep`.
            gateway = Gateway(
                program, directory, f"log.level={level}", f"log.format={form}", "auth.mode=token",
                f"auth.jwt.jwks={key_file}", f"auth.jwt.issuer={ISSUER}",
                f"auth.jwt.audience={AUDIENCE}", "events.log_published_events=true",
                f"auth.tokens=name=ci token={FIXED} scopes=events:read|records:read",
                authority=authority) if level in ("trace", "debug", "info") else None
            if gateway is None:
                # These levels do not say that the gateway listens: a plain process.
                gateway = Quiet(program, directory, authority, level, form, output, key_file)
            try:
                use(gateway, output, secrets, keys, authority)
                if number == 0:
                    crash(gateway)
            finally:
                gateway.stop()
        commands(program, output, directory, secrets["token"])
        for path in ("server.key", "data/signing.key"):
            lines = open(os.path.join(directory, path)).read().splitlines()
            secrets.update({f"{path} {n}": line for n, line in enumerate(lines[1:-1])})
        words = set(secrets.values())
        said = 0
        for name in os.listdir(own):
            text = open(os.path.join(own, name), "rb").read()
            if name == "secrets":
                words.update(line for line in text.decode().splitlines() if len(line) >= 8)
            else:
                output.add(name, text)
                said += len(text)
        if said < 10_000:
            raise AssertionError(f"only {said} bytes of logs were found")
        output.search(words)
        print(f"{len(words)} secrets are not in {len(output.texts)} texts, "
              f"{sum(len(text) for _, text in output.texts)} bytes")
    print("ok")


def crash(gateway):
    """The gateway crashes, with secrets in its memory."""
    def has_ended():
        # The first one prints the text. What was sent by another process does not come again by
        # itself, as a true fault does.
        gateway.process.send_signal(signal.SIGSEGV)
        return gateway.process.poll() is not None
    until("it has crashed", has_ended, 120)


class Quiet:
    """A gateway whose log has so high a level that it says nothing when it has started."""

    def __init__(self, program, directory, authority, level, form, output, key_file):
        certificate, key = authority.issue("server", dns=["localhost"], addresses=["127.0.0.1"])
        self.port = free_port()
        self.context = ssl.create_default_context(cafile=authority.path)
        self.output, self.level = output, level
        self.process = subprocess.Popen(
            [program, "--listen-address", f"127.0.0.1:{self.port}", "--data-dir",
             os.path.join(directory, "data"), "--set", f"tls.certificate={certificate}", "--set",
             f"tls.key={key}", "--set", "auth.mode=token", "--set", f"log.level={level}", "--set",
             f"log.format={form}", "--set", f"auth.jwt.jwks={key_file}", "--set",
             f"auth.jwt.issuer={ISSUER}", "--set", f"auth.jwt.audience={AUDIENCE}", "--set",
             f"auth.tokens=name=ci token={FIXED} scopes=events:read|records:read"],
            stderr=subprocess.PIPE)
        until("it listens", self.listens, 20)

    def listens(self):
        try:
            connect(self).close()
            return True
        except OSError:
            return False

    def stop(self):
        self.process.terminate()
        self.output.add(f"the log at {self.level}", self.process.communicate(timeout=20)[1])


if __name__ == "__main__":
    os.environ.setdefault("SWIFT_BACKTRACE", "enable=yes,color=no,interactive=no,symbolicate=off")
    main(sys.argv[1])
