"""Webhooks, as receivers of others see them: signatures, formats, hostile receivers, forbidden
addresses, kills under load, and a thousand webhooks on one event.

Usage: webhooks.py PROGRAM [ROUNDS]

ROUNDS is how often the gateway is killed under load (20).
"""

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

from cloudevents.core.bindings import http as cloudevents
from readme_gateway import Gateway
from standardwebhooks import Webhook
from support import expect, free_port, record, until
from webhook_receiver import Receiver

FAST = ("webhooks.timeout=1s", "webhooks.retry_delay=100ms")


def call(gateway, method, path, body=None, key=None):
    """Returns the status and the parsed body."""
    headers = {"Content-Type": "application/json"} if body is not None else {}
    if key:
        headers["Idempotency-Key"] = key
    data = json.dumps(body).encode() if body is not None else None
    message = urllib.request.Request(gateway.url + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(message, timeout=60) as response:
            text = response.read()
            return response.status, json.loads(text) if text else {}
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def add(gateway, url, **more):
    status, webhook = call(gateway, "POST", "/webhooks", {"url": url, **more})
    expect(f"a webhook for {url}: {webhook}", status, 201)
    return webhook


def show(gateway, webhook):
    return call(gateway, "GET", f"/webhooks/{webhook['id']}")[1]


def check_signatures(gateway, receiver):
    names = {"sigs": {}, "ce": {"format": "cloudevents"}, "batch": {"format": "cloudevents-batch"}}
    hooks = {name: add(gateway, f"{receiver.url}/{name}", types=["RECORD_PUSHED"], **more)
             for name, more in names.items()}
    cids = [gateway.push(record(f"signed-{number}")) for number in range(5)]
    for name, hook in hooks.items():
        verifier = Webhook(hook["secret"])
        if name != "batch":
            until(name, lambda name=name: len(receiver.of(name)) == 5)
        else:
            until(name, lambda: sum(len(json.loads(r[3])) for r in receiver.of("batch")) == 5)
        for _, _, headers, body in receiver.of(name):
            verifier.verify(body, headers)
            try:
                verifier.verify(body + b" ", headers)
            except Exception:
                continue
            raise AssertionError("a changed body was verified")
    bodies = [json.loads(body) for _, _, _, body in receiver.of("sigs")]
    expect("the order", [body["data"]["resource_id"] for body in bodies], cids)
    expect("the ids", receiver.ids("sigs"), [body["data"]["id"] for body in bodies])
    expect("the types", {body["type"] for body in bodies}, {"RECORD_PUSHED"})
    events = [cloudevents.from_http_event(cloudevents.HTTPMessage(headers, body))
              for _, _, headers, body in receiver.of("ce")]
    check_events(gateway, events, cids)
    batched = itertools.chain(*(json.loads(body) for _, _, _, body in receiver.of("batch")))
    kind = {"content-type": "application/cloudevents+json"}
    check_events(gateway, [
        cloudevents.from_http_event(cloudevents.HTTPMessage(kind, json.dumps(event).encode()))
        for event in batched], cids)
    headers = receiver.of("batch")[0][2]
    assert headers["content-type"].startswith("application/cloudevents-batch+json"), headers
    check_rotation(gateway, receiver, hooks["sigs"])
    for hook in hooks.values():
        expect("removed", call(gateway, "DELETE", f"/webhooks/{hook['id']}")[0], 204)


def check_events(gateway, events, cids):
    expect("subjects", [event.get_subject() for event in events], cids)
    for event in events:
        expect("type", event.get_type(), "org.agntcy.dir.event.RECORD_PUSHED")
        expect("source", event.get_source(), "https://directory.example")


def check_rotation(gateway, receiver, hook):
    status, rotated = call(gateway, "POST", f"/webhooks/{hook['id']}/rotate")
    expect("rotate", status, 200)
    before = len(receiver.of("sigs"))
    gateway.push(record("rotated"))
    _, _, headers, body = until("rotated", lambda: receiver.of("sigs")[before:])[0]
    for secret in (hook["secret"], rotated["secret"]):
        Webhook(secret).verify(body, headers)


def check_hostile(gateway, receiver, secure):
    modes = ["ok", "slow", "hang", "500", "410", "429", "redirect", "reset", "endless", "flaky",
             "long"]
    hooks = {mode: add(gateway, f"{receiver.url}/{mode}/{mode}", types=["RECORD_PUSHED"])
             for mode in modes}
    hooks["tls"] = add(gateway, f"{secure.url}/tls", types=["RECORD_PUSHED"])
    start = time.monotonic()
    gateway.push(record("hostile"))
    until("ok", lambda: receiver.of("ok"), 5)
    delay = receiver.of("ok")[0][0] - start
    assert delay < 1, f"the good receiver waited {delay:.2f} s for others"
    for mode in ("ok", "slow", "endless", "long"):
        until(mode, lambda mode=mode: show(gateway, hooks[mode]).get("last_success_at"), 10)
        expect(f"{mode}: attempts", show(gateway, hooks[mode])["attempts"], 1)
    until("429", lambda: len(receiver.of("429")) == 2, 10)
    first, second = (entry[0] for entry in receiver.of("429"))
    assert second - first >= 2, "Retry-After was not obeyed"
    until("410", lambda: show(gateway, hooks["410"])["state"] == "disabled", 5)
    for mode, reason in [("hang", "no answer in time"), ("500", "responded 500"),
                         ("redirect", "responded 307"), ("reset", ""), ("tls", "")]:
        found = until(mode, lambda mode=mode: show(gateway, hooks[mode]).get("last_failure"), 10)
        assert reason in found["reason"], (mode, found)
        assert show(gateway, hooks[mode])["failures"] > 0
    expect("a redirect is not followed", receiver.of("elsewhere"), [])
    expect("no request over a bad certificate", secure.of("tls"), [])
    attempts = call(gateway, "GET", f"/webhooks/{hooks['500']['id']}/deliveries?state=failed")[1]
    expect("the response is kept", attempts["deliveries"][0]["response"], "it is broken")
    long = call(gateway, "GET", f"/webhooks/{hooks['long']['id']}/deliveries")[1]
    expect("its first 4 KiB", len(long["deliveries"][0]["response"]), 4096)
    receiver.set_mode("500", "ok")
    until("the receiver that was repaired", lambda: show(
        gateway, hooks["500"])["state"] == "enabled" and show(gateway, hooks["500"])["lag_events"]
        == 0, 30)
    for hook in hooks.values():
        call(gateway, "DELETE", f"/webhooks/{hook['id']}")


def forbidden_urls():
    """Spellings of addresses that may not be reached, and URLs that are none."""
    metadata = ["169.254.169.254", "0xa9fea9fe", "2852039166", "0251.0376.0251.0376",
                "0xa9.0xfe.0xa9.0xfe", "169.254.43518", "169.16689662", "0xA9.254.0251.254",
                "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[0:0:0:0:0:ffff:a9fe:a9fe]",
                "[64:ff9b::a9fe:a9fe]", "[64:ff9b::169.254.169.254]", "[2002:a9fe:a9fe::]",
                "[2002:a9fe:a9fe::1]", "[::ffff:0:169.254.169.254]", "[64:ff9b:1::a9fe:a9fe]",
                "[fd00:ec2::254]", "[fd20:ce::254]", "100.100.100.200", "192.0.0.192",
                "168.63.129.16", "[::FFFF:A9FE:A9FE]", "169.254.0.1", "169.254.255.255"]
    private = ["10.0.0.1", "10.255.255.255", "0x0a000001", "167772161", "012.0.0.1", "10.1",
               "172.16.0.1", "172.31.255.254", "192.168.0.1", "192.168.257", "0xc0a80001",
               "3232235521", "0300.0250.0.1", "100.64.0.1", "100.127.255.255", "198.18.0.1",
               "198.51.100.1", "203.0.113.1", "192.0.2.1", "192.88.99.1", "[fc00::1]", "[fd12::1]",
               "[::ffff:10.0.0.1]", "[::ffff:c0a8:1]", "[2002:a00:1::]", "[64:ff9b::a00:1]",
               "[2001:db8::1]", "[3fff::1]", "[2001::1]", "[::10.0.0.1]", "[4000::1]",
               "[::ffff:172.16.0.1]"]
    unspecified = ["0.0.0.0", "0", "0x0", "00000000", "0.1", "[::]", "[::ffff:0.0.0.0]",
              "255.255.255.255", "4294967295", "0xffffffff", "224.0.0.1", "239.255.255.255",
              "240.0.0.1", "[fe80::1]", "[febf::1]", "[ff02::1]", "[ff0e::1]",
              "[::ffff:224.0.0.1]", "[::ffff:fe80:1]"]
    ports = ["http://169.254.169.254:80/", "https://169.254.169.254/latest/meta-data/",
             "HTTP://169.254.169.254/", "http://169.254.169.254?x=y", "http://10.0.0.1:65535/a/b"]
    bad = ["ftp://example.org/", "file:///etc/passwd", "gopher://127.0.0.1/", "unix:///tmp/s",
           "javascript:alert(1)", "//example.org/", "example.org", "http://", "http:///path",
           "http://user:secret@127.0.0.1/", "http://user@127.0.0.1/", "http://127.0.0.1/#part",
           "http://127.0.0.1:0/", "http://127.0.0.1:65536/", "http://127.0.0.1:x/",
           "http://[fe80::1%25eth0]/", "http://[::1/", "http://127.0.0.1\\@10.0.0.1/",
           "http://127.0.0.1/a b", "http://127.0.0.1/\r\nX: y", "http://127.0.0.1/\x00",
           "http://\u24d6.example/", "http://127.0.0.1/" + "a" * 3000, "http://a%2eb.example/",
           "http://169\u3002254\u3002169\u3002254/", "dict://127.0.0.1:11211/", "ws://127.0.0.1/",
           "http://10.0.0.1%00.example.org/", "http:10.0.0.1", "http:/10.0.0.1", "http://[10.0.0.1]/"]
    return [f"http://{host}/" for host in metadata + private + unspecified] + ports, bad


def check_addresses(gateway):
    addresses, bad = forbidden_urls()
    assert len(addresses) >= 80, len(addresses)
    for url in addresses + bad:
        status, problem = call(gateway, "POST", "/webhooks", {"url": url})
        assert status in (400, 403), f"{url}: {status} {problem}"
        assert "url" in problem["detail"], f"{url}: {problem}"
    expect("nothing is stored", call(gateway, "GET", "/webhooks")[1]["webhooks"], [])
    return len(addresses) + len(bad)


class Load:
    """Pushes records from several threads while the gateway is killed, and remembers which pushes
    were acknowledged."""

    def __init__(self, gateway):
        self.gateway = gateway
        self.done = threading.Event()
        self.cids = []
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.run, args=(n,)) for n in range(2)]
        for thread in self.threads:
            thread.start()

    def run(self, number):
        for count in itertools.count():
            if self.done.is_set():
                return
            try:
                cid = self.gateway.push(record(f"load-{number}-{count}-{time.time_ns()}"))
                with self.lock:
                    self.cids.append(cid)
            except OSError:
                time.sleep(0.01)
            except AssertionError:
                time.sleep(0.01)

    def end(self):
        self.done.set()
        for thread in self.threads:
            thread.join()


def check_kills(gateway, receiver, rounds):
    hooks = [add(gateway, f"{receiver.url}/kill{n}/{mode}", types=["RECORD_PUSHED"])
             for n, mode in enumerate(["ok", "ok", "flaky"])]
    load = Load(gateway)
    for number in range(rounds):
        time.sleep(0.15 + 0.05 * (number % 7))
        gateway.restart(signal.SIGKILL)
    load.end()
    # It takes an event each 100 ms: too slow for what many rounds have left.
    receiver.set_mode("kill2", "ok")
    for number, hook in enumerate(hooks):
        until(lambda: f"kill{number}: {show(gateway, hook)}",
              lambda: show(gateway, hook)["lag_events"] == 0
              and show(gateway, hook)["state"] == "enabled", 120)
        time.sleep(0.3)
        check_order(receiver, f"kill{number}", load.cids)
        call(gateway, "DELETE", f"/webhooks/{hook['id']}")
    return len(load.cids)


def check_order(receiver, name, cids):
    seen, order, place = {}, [], []
    for ident, entry in zip(receiver.ids(name), receiver.of(name)):
        if ident not in seen:
            seen[ident] = len(order)
            order.append(json.loads(entry[3])["data"])
        place.append(seen[ident])
    delivered = {event["resource_id"] for event in order}
    missing = [cid for cid in cids if cid not in delivered]
    expect(f"{name}: events of acknowledged pushes that were lost", missing, [])
    ids = [event["id"] for event in order]
    expect(f"{name}: the order", ids, sorted(ids))
    # A repetition goes back to where the receiver was, and on from there without a jump.
    for before, after in zip(place, place[1:]):
        assert after <= before + 1, f"{name}: jumps from {before} to {after}"


def check_thousand(gateway, receiver):
    hooks = [add(gateway, f"{receiver.url}/many{n}", types=["RECORD_PUBLISHED"])
             for n in range(1000)]
    cid = gateway.push(record("thousand"))
    start = time.monotonic()
    gateway.post("/publish", {"cids": [cid]})
    until("a thousand receivers", lambda: all(receiver.of(f"many{n}") for n in range(1000)), 60)
    took = time.monotonic() - start
    for hook, n in zip(hooks, range(1000)):
        _, _, headers, body = receiver.of(f"many{n}")[0]
        Webhook(hook["secret"]).verify(body, headers)
        expect("once", len(receiver.of(f"many{n}")), 1)
        call(gateway, "DELETE", f"/webhooks/{hook['id']}")
    return took


def check_key(gateway, receiver):
    """The same key makes one webhook, also after a kill."""
    body = {"url": f"{receiver.url}/keyed"}
    first = call(gateway, "POST", "/webhooks", body, key="one")
    gateway.restart(signal.SIGKILL)
    second = call(gateway, "POST", "/webhooks", body, key="one")
    expect("the same response", first, second)
    expect("one webhook", len(call(gateway, "GET", "/webhooks")[1]["webhooks"]), 1)
    call(gateway, "DELETE", f"/webhooks/{first[1]['id']}")


def check_examples(gateway, receiver):
    """The receivers of examples/webhooks."""
    folder = os.path.join(os.path.dirname(__file__), "../../examples/webhooks")
    programs = [
        [sys.executable, os.path.join(folder, "receiver.py")],
        [shutil.which("node") or "nodejs", os.path.join(folder, "receiver.mjs")],
    ]
    for command in programs:
        port = free_port()
        hook = add(gateway, f"http://127.0.0.1:{port}/", types=["RECORD_PUSHED"])
        process = subprocess.Popen(
            command + [str(port)], stdout=subprocess.PIPE, text=True,
            env={**os.environ, "SECRET": hook["secret"]})
        try:
            expect("the start", process.stdout.readline(), f"listening on {port}\n")
            cid = gateway.push(record(f"example-{port}"))
            expect("what it prints", process.stdout.readline(), f"RECORD_PUSHED {cid}\n")
            forged = urllib.request.Request(f"http://127.0.0.1:{port}/", b"{}", headers={
                "webhook-id": "x", "webhook-timestamp": str(int(time.time())),
                "webhook-signature": "v1,AAAA"})
            try:
                urllib.request.urlopen(forged, timeout=10)
                raise AssertionError("a forged message was taken")
            except urllib.error.HTTPError as error:
                expect("a forged message", error.code, 401)
        finally:
            process.kill()
            process.wait()
        call(gateway, "DELETE", f"/webhooks/{hook['id']}")
    return len(programs)


def check_moving_name(program, receiver):
    """A name that moves to a forbidden address after the webhook was made: what counts is the address
    at the moment of each request. In a mount namespace, with a hosts file of its own."""
    if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], check=False).returncode:
        return "skipped: it needs root and mount namespaces"
    with tempfile.TemporaryDirectory() as directory:
        hosts = os.path.join(directory, "hosts")

        def move(address):
            # In its place, for the file is mounted.
            with open(hosts, "w") as file:
                file.write(f"127.0.0.1 localhost\n{address} receiver.example\n")

        move("127.0.0.1")
        mounted = ["unshare", "-m", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', hosts]
        gateway = Gateway([*mounted, program], directory, *FAST,
                          "outbound.allowed_remotes=public,loopback")
        try:
            hook = add(gateway, f"http://receiver.example:{receiver.port}/moving",
                       types=["RECORD_PUSHED"])
            gateway.push(record("moving-0"))
            until("the first event", lambda: len(receiver.of("moving")) == 1)
            for number, address in enumerate(["169.254.169.254", "::ffff:169.254.169.254"], 1):
                move(address)
                # Addresses are remembered for half a minute; not by a process that has just started.
                gateway.restart()
                gateway.push(record(f"moving-{number}"))
                found = until(address, lambda number=number: (
                    failed := show(gateway, hook).get("last_failure")) and show(
                        gateway, hook)["failures"] >= number and failed, 20)
                assert "169.254.169.254" in found["reason"], found
            expect("what arrived meanwhile", len(receiver.of("moving")), 1)
            status, problem = call(gateway, "POST", "/webhooks",
                                   {"url": f"http://receiver.example:{receiver.port}/new"})
            expect(f"a new webhook: {problem}", status, 403)
            move("127.0.0.1")
            gateway.restart()
            until("what was left", lambda: show(gateway, hook)["lag_events"] == 0, 30)
            expect("each once", len(receiver.of("moving")), 3)
        finally:
            gateway.stop()
    return "refused"


def main(program, rounds="20"):
    with tempfile.TemporaryDirectory() as directory:
        certificate = directory + "/bad.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
             "/CN=other.example", "-keyout", certificate, "-out", directory + "/cert.pem"],
            check=True, capture_output=True)
        with open(directory + "/cert.pem") as source, open(certificate, "a") as target:
            target.write(source.read())
        receiver, secure = Receiver(), Receiver(certificate)
        gateway = Gateway(program, directory, *FAST, "public_url=https://directory.example",
                          "outbound.allowed_remotes=public,loopback")
        try:
            check_signatures(gateway, receiver)
            print("signatures and formats: ok", flush=True)
            print(f"examples: {check_examples(gateway, receiver)} receivers", flush=True)
            check_hostile(gateway, receiver, secure)
            print("hostile receivers: ok", flush=True)
            print(f"forbidden and malformed URLs: {check_addresses(gateway)} refused", flush=True)
            print(f"a name that moves: {check_moving_name(program, receiver)}", flush=True)
            check_key(gateway, receiver)
            print("a repeated creation: ok", flush=True)
            count = check_kills(gateway, receiver, int(rounds))
            print(f"{rounds} kills under load: {count} acknowledged pushes, none lost", flush=True)
            print(f"1,000 webhooks on one event: {check_thousand(gateway, receiver):.2f} s")
        finally:
            gateway.stop()
            receiver.close()
            secure.close()
    print("ok")


if __name__ == "__main__":
    main(*sys.argv[1:])
