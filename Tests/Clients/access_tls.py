"""Who may do what, over TLS: JSON Web Tokens of an issuer, client certificates, sessions of browsers, and
streams that end with what they rest on.

    access_tls.py PROGRAM

The issuer's key set is a file, and, for root, also an https URL: the gateway then runs in a mount
namespace in which the test's authority is one of the system's.
"""

import base64
import datetime
import http.client
import http.server
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

import grpc
from agntcy.dir.events.v1 import event_service_pb2 as events
from agntcy.dir.events.v1 import event_service_pb2_grpc as events_grpc
from certificates import Authority
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
from readme_gateway import Gateway
from support import expect, record, secret, until

ISSUER, AUDIENCE = "https://issuer.example", "directory"
EVERYTHING = "events:read records:read records:write admin"
SYSTEM_AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"


# MARK: an issuer

def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value, size=None):
    return encoded(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


class Key:
    """A key of an issuer, as JSON and for signatures."""

    def __init__(self, kind, label):
        self.kind, self.label = kind, label
        self.key = {"RS256": lambda: rsa.generate_private_key(65537, 2048),
                    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
                    "EdDSA": ed25519.Ed25519PrivateKey.generate}[kind]()

    def public(self):
        public = self.key.public_key()
        if self.kind == "RS256":
            numbers = public.public_numbers()
            members = {"kty": "RSA", "n": number(numbers.n), "e": number(numbers.e)}
        elif self.kind == "ES256":
            numbers = public.public_numbers()
            members = {"kty": "EC", "crv": "P-256", "x": number(numbers.x, 32),
                       "y": number(numbers.y, 32)}
        else:
            members = {"kty": "OKP", "crv": "Ed25519", "x": encoded(public.public_bytes_raw())}
        return {**members, "kid": self.label, "use": "sig"}

    def pem(self):
        return self.key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    def sign(self, data):
        if self.kind == "RS256":
            return self.key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        if self.kind == "ES256":
            r, s = utils.decode_dss_signature(self.key.sign(data, ec.ECDSA(hashes.SHA256())))
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")
        return self.key.sign(data)

    def token(self, header=(), signature=None, **claims):
        """A token. A claim or a member of the header that is None is left out."""
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "agent", "exp": now + 600,
                  "scope": EVERYTHING, **claims}
        header = {"alg": self.kind, "kid": self.label, "typ": "JWT", **dict(header)}
        parts = [encoded(json.dumps({name: value for name, value in part.items()
                                     if value is not None}).encode()) for part in (header, claims)]
        signed = ".".join(parts).encode()
        made = self.sign(signed) if signature is None else signature(signed)
        return secret(f"{signed.decode()}.{encoded(made)}")


def key_set(*keys):
    return json.dumps({"keys": [key.public() for key in keys]})


# MARK: a client

class Client:
    """Asks a gateway, over TLS and HTTP/1.1 or by gRPC."""

    def __init__(self, gateway, authority, certificate=None):
        self.port = gateway.port
        self.authority, self.certificate = authority, certificate
        self.context = ssl.create_default_context(cafile=authority.path)
        if certificate:
            self.context.load_cert_chain(*certificate)

    def ask(self, method, path, body=None, **fields):
        """The status, the fields and the body of a response."""
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self.port, timeout=20, context=self.context)
        try:
            fields = {name.replace("_", "-"): value for name, value in fields.items()}
            connection.request(method, path, body, fields)
            response = connection.getresponse()
            return response.status, response.headers, response.read().decode()
        finally:
            connection.close()

    def status(self, path="/records", **fields):
        return self.ask("GET", path, **fields)[0]

    def stream(self, **fields):
        """The lines of a stream of events, once it is live."""
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self.port, timeout=20, context=self.context)
        connection.request("GET", "/events", headers=fields)
        response = connection.getresponse()
        expect("the status of a stream", response.status, 200)
        return response

    def channel(self):
        chain = key = None
        if self.certificate:
            chain, key = (open(path, "rb").read() for path in self.certificate)
        return grpc.secure_channel(
            f"localhost:{self.port}",
            grpc.ssl_channel_credentials(open(self.authority.path, "rb").read(), key, chain))


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def goodbye(lines):
    """The reason of the goodbye with which a stream ends."""
    name = None
    for line in lines:
        if line.startswith(b"event: "):
            name = line[7:].strip()
        if line.startswith(b"data: ") and name == b"goodbye":
            return json.loads(line[6:]).get("reason")
    raise AssertionError("the stream ended without a goodbye")


def called(channel, token=None, **more):
    """The stream of a call of Listen, once it is live; fails with its status."""
    metadata = [("authorization", f"Bearer {token}")] if token else None
    stream = events_grpc.EventServiceStub(channel).Listen(
        events.ListenRequest(**more), metadata=metadata, timeout=60)
    stream.initial_metadata()
    return stream


def ending(stream):
    try:
        for _ in stream:
            pass
    except grpc.RpcError as error:
        return error.code(), error.details()
    raise AssertionError("the call ended without an error")


# MARK: JSON Web Tokens

def json_web_tokens(client, keys, replace):
    first, second, third = keys
    for key in keys:
        expect(f"a token by {key.kind}", client.status(**bearer(key.token())), 200)
    now = int(time.time())
    pem = first.pem()

    def confused(signed):
        made = hmac.HMAC(pem, hashes.SHA256())
        made.update(signed)
        return made.finalize()
    no_signature = lambda signed: b""  # noqa: E731
    others = Key("ES256", second.label)
    wrong = {
        "no algorithm": first.token({"alg": "none"}, no_signature),
        "no algorithm, spelled otherwise": first.token({"alg": "nOnE"}, no_signature),
        "no signature": first.token(signature=no_signature),
        "a public key as a secret": first.token({"alg": "HS256"}, confused),
        "the algorithm of another key": second.token({"kid": first.label}),
        "another algorithm of RSA": first.token({"alg": "RS384"}),
        "a key that is not in the set": others.token({"kid": "elsewhere"}),
        "another key of the same name": others.token(),
        "a key in its header": others.token({"kid": None, "jwk": others.public()}),
        "the address of a key set in its header": others.token({"jku": "https://127.0.0.1:1/"}),
        "a critical extension": first.token({"crit": ["x"], "x": 1}),
        "a time that is over": first.token(exp=now - 60),
        "a time to come": first.token(nbf=now + 60),
        "a birth to come": first.token(iat=now + 600),
        "no end": first.token(exp=None), "no subject": first.token(sub=None),
        "an end that is no number": first.token(exp="tomorrow"),
        "another audience": first.token(aud="elsewhere"), "no audience": first.token(aud=None),
        "another issuer": first.token(iss=ISSUER + "/"), "no issuer": first.token(iss=None),
        "an event filter that is none": first.token(directory_events={"labels": []}),
        "a changed claim": changed(first.token()),
        "another encoding": first.token() + "=",
    }
    with client.channel() as channel:
        for name, token in wrong.items():
            status, fields, text = client.ask("GET", "/records", **bearer(token))
            expect(f"the status of a token with {name}", status, 401)
            challenge = fields["WWW-Authenticate"]
            if not challenge.startswith("Bearer ") or "invalid_token" not in challenge:
                raise AssertionError(f"{name}: {challenge}")
            problem = json.loads(text)
            if not problem["detail"] or not problem["remedy"]:
                raise AssertionError(f"{name}: {text}")
            stream = events_grpc.EventServiceStub(channel).Listen(
                events.ListenRequest(), timeout=5,
                metadata=[("authorization", f"Bearer {token}")])
            expect(f"a call with {name}", ending(stream)[0], grpc.StatusCode.UNAUTHENTICATED)
    lacking = first.token(scope="events:read openid")
    status, _, text = client.ask("GET", "/records", **bearer(lacking))
    expect("a token without a scope", (status, "records:read" in text), (403, True))
    expect("a list of scopes", client.status(**bearer(
        first.token(scope=None, scp=["records:read"]))), 200)
    expect("an audience of several", client.status(**bearer(
        first.token(aud=["x", AUDIENCE]))), 200)
    filtered(client, first)
    # Rotation: the new key is known at once, and the old one no more.
    new = Key("ES256", "new")
    replace(new, second, third)
    until("the new key is used", lambda: client.status(**bearer(new.token())) == 200, 90)
    expect("the old key", client.status(**bearer(first.token())), 401)
    expect("a key that stayed", client.status(**bearer(second.token())), 200)
    return new


def changed(token):
    head, claims, signature = token.split(".")
    text = base64.urlsafe_b64decode(claims + "==").replace(b'"agent"', b'"admin"')
    return f"{head}.{encoded(text)}.{signature}"


def filtered(client, key):
    """The claim `directory_events` on streams of both kinds."""
    token = key.token(directory_events={"labels": ["/skills/x"]})
    lines = client.stream(**bearer(token))
    with client.channel() as channel:
        stream = called(channel, token)
        for name, skill in [("hidden", "y"), ("shown", "x")]:
            status, _, _ = client.ask(
                "POST", "/push", json.dumps(record(name, skill)), Content_Type="application/json",
                **bearer(key.token()))
            expect("a push", status // 100, 2)
        expect("the first event by gRPC", list(next(stream).event.labels), ["/skills/x"])
        stream.cancel()
    data = next(line for line in lines if line.startswith(b"data: "))
    expect("the first event", json.loads(data[6:])["labels"], ["/skills/x"])


def with_file(program, directory, authority):
    keys = [Key("RS256", "one"), Key("ES256", "two"), Key("EdDSA", "three")]
    path = os.path.join(directory, "keys.json")

    def replace(*keys):
        with open(path + ".new", "w") as file:
            file.write(key_set(*keys))
        os.replace(path + ".new", path)
    replace(*keys)
    gateway = Gateway(
        program, os.path.join(directory, "file"), "auth.mode=token", f"auth.jwt.jwks={path}",
        f"auth.jwt.issuer={ISSUER}", f"auth.jwt.audience={AUDIENCE}", authority=authority)
    try:
        client = Client(gateway, authority)
        json_web_tokens(client, keys, replace)
    finally:
        gateway.stop()


def with_url(program, directory, authority):
    """The same from an https URL, in a namespace whose authorities are the test's."""
    if os.getuid() != 0:
        print("skipped: a key set at an https URL (needs root)")
        return
    keys = [Key("RS256", "one"), Key("ES256", "two"), Key("EdDSA", "three")]
    document = [key_set(*keys)]
    asked = []

    class Issuer(http.server.BaseHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

        def do_GET(self):
            asked.append(self.headers)
            body = document[0].encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Issuer)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue("issuer", dns=["localhost"]))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    wrapper = os.path.join(directory, "gateway-with-authority")
    with open(wrapper, "w") as file:
        file.write(f"#!/bin/sh\nmount --bind '{authority.path}' {SYSTEM_AUTHORITIES} && "
                   f"exec '{program}' \"$@\"\n")
    os.chmod(wrapper, 0o755)
    gateway = Gateway(
        ["unshare", "--mount", wrapper], os.path.join(directory, "url"), "auth.mode=token",
        f"auth.jwt.jwks=https://localhost:{server.server_address[1]}/keys",
        f"auth.jwt.issuer={ISSUER}", f"auth.jwt.audience={AUDIENCE}", authority=authority)
    try:
        client = Client(gateway, authority)

        def replace(*keys):
            document[0] = key_set(*keys)
        new = json_web_tokens(client, keys, replace)
        # A crowd of tokens with unknown keys does not become a crowd of requests.
        count = len(asked)
        for _ in range(20):
            expect("an unknown key", client.status(**bearer(Key("ES256", "no").token())), 401)
        if len(asked) > count + 1:
            raise AssertionError(f"{len(asked) - count} requests for the key set")
        # While it cannot be fetched, the keys that are known are used.
        server.shutdown()
        server.server_close()
        expect("a key that is known", client.status(**bearer(new.token())), 200)
    finally:
        gateway.stop()


# MARK: client certificates

def client_certificates(program, directory, authority):
    one, two = Authority(directory, "clients-1"), Authority(directory, "clients-2")
    foreign = Authority(directory, "foreign")
    bundle = os.path.join(directory, "clients.pem")
    settings = os.path.join(directory, "clients.yml")

    def trust(*authorities):
        with open(bundle, "w") as file:
            file.write("".join(open(each.path).read() for each in authorities))

    def allow(*patterns):
        with open(settings, "w") as file:
            file.write("auth:\n  certificates:\n" + "".join(f"    - '{each}'\n" for each in patterns))

    patterns = ["spiffe://example.org/agent/*=events:read|records:read",
                "*.agents.example=records:read", "an old agent=records:read|records:write"]
    agent = one.issue("agent", uris=["spiffe://example.org/agent/1"])
    named = {
        "a SPIFFE id": (agent, 200, "spiffe://example.org/agent/1"),
        "a DNS name": (one.issue("dns", dns=["a.agents.example"]), 200, "a.agents.example"),
        "a common name": (one.issue("cn", "an old agent"), 200, "an old agent"),
        "another id": (one.issue("id", uris=["spiffe://example.org/other/1"]), 401, None),
        "an id of another domain": (one.issue(
            "domain", uris=["spiffe://evil.example/spiffe://example.org/agent/1"]), 401, None),
        "a DNS name as an id": (one.issue("swap", dns=["spiffe.agents.examples"]), 401, None),
        "a common name beside other names": (
            one.issue("beside", "an old agent", dns=["b.other.example"]), 401, None),
        "another authority we trust": (
            two.issue("agent-2", uris=["spiffe://example.org/agent/2"]), 200,
            "spiffe://example.org/agent/2"),
    }
    rejected = {
        "an authority that is not ours": foreign.issue("x", uris=["spiffe://example.org/agent/1"]),
        "a time that is over": one.issue(
            "old", uris=["spiffe://example.org/agent/1"], lifetime=datetime.timedelta(minutes=-1)),
    }
    for mode in ["optional", "required"]:
        trust(one, two)
        allow(*patterns)
        gateway = Gateway(
            program, os.path.join(directory, mode), "auth.mode=token", f"tls.client_ca={bundle}",
            f"tls.client_certificates={mode}", authority=authority, config=settings)
        try:
            for name, (files, status, subject) in named.items():
                client = Client(gateway, authority, files)
                found, _, text = client.ask("GET", "/session")
                expect(f"{mode}: {name}", (found, json.loads(text).get("subject")),
                       (status, subject))
            for name, files in rejected.items():
                refused(lambda: Client(gateway, authority, files).status("/healthz"), name)
            without = Client(gateway, authority)
            if mode == "required":
                refused(lambda: without.status("/healthz"), "no certificate")
            else:
                expect("health without a certificate", without.status("/healthz"), 200)
                expect("records without a certificate", without.status(), 401)
            client = Client(gateway, authority, agent)
            expect("records", client.status(), 200)
            status, _, text = client.ask(
                "POST", "/push", json.dumps(record("x")), Content_Type="application/json")
            expect("a push without its scope", (status, "records:write" in text), (403, True))
            revocation(gateway, authority, client, named["another authority we trust"][0],
                       lambda: (trust(two), allow(*patterns)),
                       lambda: (trust(two), allow(*patterns[1:])))
        finally:
            gateway.stop()


def refused(call, name):
    try:
        found = call()
    except OSError:
        return
    raise AssertionError(f"{name}: the connection was accepted: {found}")


def revocation(gateway, authority, client, other, distrust, disallow):
    """An authority is trusted no more; then a pattern is gone. No stream of others ends."""
    stays = Client(gateway, authority, other)
    before = resumable(client)
    stream = stays.stream()
    with client.channel() as channel, stays.channel() as second:
        call, second_call = called(channel), called(second)
        distrust()
        reload(gateway)

        def is_refused():
            try:
                return client.status() == 401
            except OSError:
                return True
        until("the authority is trusted no more", is_refused, 5)
        refused(lambda: resumed(client, before), "a session of TLS from before")
        expect("a client of the other authority", stays.status(), 200)
        disallow()
        reload(gateway)
        until("the pattern is gone", lambda: stays.status() == 401, 5)
        expect("the end of a stream", goodbye(stream), "revoked")
        expect("the end of a call", ending(second_call)[0], grpc.StatusCode.UNAUTHENTICATED)
        expect("the end of the first call", ending(call)[0], grpc.StatusCode.UNAUTHENTICATED)


def reload(gateway):
    gateway.process.send_signal(signal.SIGHUP)


def connected(client, session=None):
    """A connection of its own that has asked once."""
    made = client.context.wrap_socket(
        socket.create_connection(("127.0.0.1", client.port), timeout=10),
        server_hostname="localhost", session=session)
    made.sendall(b"GET /records HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return made, made.recv(65536)


def resumable(client):
    made, _ = connected(client)
    with made:
        return made.session


def resumed(client, session):
    """The status of a request on a connection that resumes; fails where it is refused."""
    made, answer = connected(client, session)
    with made:
        if not answer or answer.startswith(b"HTTP/1.1 401"):
            raise OSError("refused")
        return answer


# MARK: sessions and the end of streams

def create(program, directory, *words):
    made = subprocess.run(
        [program, "token", "create", "--data-dir", os.path.join(directory, "data"), *words],
        capture_output=True, text=True, timeout=20)
    expect(f"token create: {made.stderr}", made.returncode, 0)
    return secret(made.stdout.strip())


def sessions(program, directory, authority):
    directory = os.path.join(directory, "sessions")
    gateway = Gateway(
        program, directory, "auth.mode=token", "cors.allowed_origins=https://pages.example",
        authority=authority)
    try:
        client = Client(gateway, authority)
        token = create(program, directory, "--subject", "owner", "--scopes",
                       "events:read,records:read,records:write,admin")
        until("the token is known", lambda: client.status(**bearer(token)) == 200, 5)
        status, fields, _ = client.ask("POST", "/session", **bearer(token))
        expect("the sign-in", status, 204)
        words = fields["Set-Cookie"].split("; ")
        cookie = words[0]
        secret(cookie.split("=", 1)[1])
        expect("the name of the cookie", cookie.split("=")[0], "__Host-directory-session")
        expect("its attributes", set(words[2:]), {"Path=/", "HttpOnly", "SameSite=Strict", "Secure"})
        mine = {"Cookie": cookie}
        expect("a listing", client.status(**mine), 200)
        own = f"https://127.0.0.1:{gateway.port}"
        for origin, wanted in [(None, 403), ("https://evil.example", 403), ("null", 403),
                               (own.replace("https", "http"), 403), (own + "1", 403), (own, 201),
                               ("https://pages.example", 200)]:
            found, _, _ = client.ask(
                "POST", "/push", json.dumps(record("a")), Content_Type="application/json",
                **mine, **({"Origin": origin} if origin else {}))
            expect(f"a change from {origin}", found, wanted)
        expect("two cookies", client.status(Cookie=f"{cookie}; {cookie}"), 401)
        expect("another cookie", client.status(Cookie=cookie[:-1] + "x"), 401)
        stream = client.stream(**mine)
        expect("the sign-out", client.ask("DELETE", "/session", **mine, Origin=own)[0], 204)
        expect("the cookie afterwards", client.status(**mine), 401)
        del stream
        ends(program, directory, gateway, client)
    finally:
        gateway.stop()


def ends(program, directory, gateway, client):
    """Streams end with their token, on every kind of stream."""
    for how in ["expired", "revoked"]:
        words = ["--expires", "4s"] if how == "expired" else []
        token = create(program, directory, "--subject", how, "--scopes", "events:read", *words)
        until("the token is known",
              lambda: client.status("/events/history", **bearer(token)) != 401, 4)
        lines = client.stream(**bearer(token))
        with client.channel() as channel:
            call = called(channel, token)
            if how == "revoked":
                listed = subprocess.run(
                    [program, "token", "list", "--data-dir", os.path.join(directory, "data")],
                    capture_output=True, text=True, timeout=20).stdout
                [number] = [line.split()[0] for line in listed.splitlines() if " revoked " in line]
                subprocess.run(
                    [program, "token", "revoke", number, "--data-dir",
                     os.path.join(directory, "data")], check=True, timeout=20)
            expect(f"the goodbye of a token that has {how}", goodbye(lines), how)
            code, message = ending(call)
            expect("the status of the call", (code, how in message),
                   (grpc.StatusCode.UNAUTHENTICATED, True))
        expect("the token afterwards", client.status(**bearer(token)), 401)


def main(program):
    with tempfile.TemporaryDirectory() as directory:
        authority = Authority(directory)
        for name in ["file", "url", "optional", "required", "sessions"]:
            os.mkdir(os.path.join(directory, name))
        for part in [with_file, client_certificates, sessions, with_url]:
            part(program, directory, authority)
            print(f"ok: {part.__name__.replace('_', ' ')}", flush=True)
    print("ok")


if __name__ == "__main__":
    main(sys.argv[1])
