"""Tries public/directory-events.js in a real browser: headless Chromium, driven over WebDriver.

Usage: browser.py PROGRAM PUBLIC
Starts PROGRAM (the gateway) on a port of its own; prints ok, or what went wrong.
"""

import http.server
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

PROGRAM, PUBLIC = sys.argv[1:]

LISTEN = """
    const [filter, options] = arguments;
    window.heard = []; window.states = []; window.lost = []; window.statuses = [];
    return import("/directory-events.js").then((module) => {
        window.directory = module;
        window.subscription = module.subscribe(filter, {
            onEvent: (event) => heard.push(event),
            onStatus: (status) => { states.push(status.state); statuses.push(status); },
            onDropped: (count) => lost.push(count),
        }, options ?? {});
    });
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def record(name, skill="s"):
    return {
        "schema_version": "1.0.0", "name": name, "version": "v1", "description": "d",
        "authors": ["a"], "created_at": "2025-10-18T14:23:15Z", "skills": [{"name": skill}],
    }


class Gateway:
    def __init__(self, port, directory):
        self.url = f"http://localhost:{port}"
        self.process = subprocess.Popen(
            [PROGRAM, "--listen-address", f"127.0.0.1:{port}", "--data-dir", directory,
             "--set", f"dashboard.directory={PUBLIC}", "--set", "events.retry=200ms",
             "--set", "drain_timeout=2s"],
            stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if "url=http" in line:
                break
        else:
            raise SystemExit("the gateway did not start")
        threading.Thread(target=self.process.stderr.read, daemon=True).start()

    def stop(self):
        self.process.terminate()
        self.process.wait(20)

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return json.load(answer)

    def subscribers(self):
        return len(self.get("/subscribers")["subscribers"])


def until(what, condition):
    deadline = time.monotonic() + 20
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"it did not come to be: {what}")
        time.sleep(0.02)


def expect(what, found, wanted):
    if found != wanted:
        raise SystemExit(f"{what}: found {found!r}, wanted {wanted!r}")


class Browser:
    def __init__(self):
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for flag in ("--headless=new", "--disable-gpu", "--disable-dev-shm-usage",
                     "--disable-background-networking", "--no-first-run"):
            options.add_argument(flag)
        if os.getuid() == 0:
            options.add_argument("--no-sandbox")
        self.driver = webdriver.Chrome(
            options=options, service=Service("/usr/bin/chromedriver"))
        self.driver.set_script_timeout(20)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def tab(self, url):
        self.driver.switch_to.new_window("tab")
        self.driver.get(url)
        return self.driver.current_window_handle

    def listen(self, filter=None, options=None):
        self.run(LISTEN, filter or {}, options)

    def wait(self, what, script):
        until(what, lambda: self.run(f"return {script}"))


def operations(browser, gateway):
    browser.tab(gateway.url + "/healthz")
    browser.listen({"types": ["RECORD_PUSHED", "EVENT_TYPE_RECORD_DELETED"], "labels": ["a+b & é"]})
    browser.wait("live", "states.at(-1) === 'live'")
    expect("states", browser.run("return states"), ["connecting", "live"])
    other = browser.run("return directory.operations.push(arguments[0])", record("other"))
    mine = browser.run("return directory.operations.push(arguments[0])", record("mine", "a+b & é <b>"))
    expect("a new record", mine["isNew"], True)
    browser.wait("the event", "heard.length === 1")
    event = browser.run("return {...heard[0], time: heard[0].time.getTime()}")
    expect("its resource", event["resourceId"], mine["cid"])
    expect("its type", event["type"], "RECORD_PUSHED")
    expect("its labels", event["labels"], ["/skills/a+b & é <b>"])
    if abs(event["time"] / 1000 - time.time()) > 60:
        raise SystemExit(f"its time is {event['time']}")
    script = """
        const {operations: o} = directory; const cid = arguments[0];
        return (async () => [
            (await o.publish({cids: [cid]})).published, (await o.records({label: ["a+b"]})).records.length,
            JSON.parse(await o.pull(cid)).name, (await o.sign(cid)).cid === cid,
            (await o.verify(cid)).verified, (await o.signatures(cid)).signatures.length,
            (await o.unpublish([cid])).unpublished,
            (await o.pushMany([{a: 1}, JSON.parse(await o.pull(cid))])).map((r) => r.status),
            await o.sync(location.origin).then(async ({sync_id}) => (await o.syncStatus(sync_id)).sync_id === sync_id),
            (await o.syncs()).syncs.length, await o.remove(cid) === undefined,
        ])();
    """
    cid = mine["cid"]
    expect("operations", browser.run(script, cid),
           [[cid], 1, "mine", True, True, 1, [cid], [422, 200], True, 1, True])
    faults = browser.run("""
        return directory.operations.push({name: 1}).catch((e) =>
            [e instanceof directory.GatewayError, e.status, e.faults.length, e.faults[0].pointer])
    """)
    expect("faults", faults, [True, 422, 7, "/version"])
    browser.run("subscription.close()")
    expect("closed", browser.run("return states.at(-1)"), "closed")
    until("nobody listens", lambda: gateway.subscribers() == 0)
    assert other["cid"] != cid


def shared(browser, gateway):
    """Eight tabs and more connections than a browser has: they share one."""
    tabs = []
    for _ in range(8):
        tabs.append(browser.tab(gateway.url + "/healthz"))
        browser.listen({"types": ["RECORD_PUSHED"]})
        browser.wait("live", "states.at(-1) === 'live'")
    expect("connections of eight tabs", gateway.subscribers(), 1)
    cid = browser.run("return directory.operations.push(arguments[0])", record("shared"))["cid"]
    for tab in tabs:
        browser.driver.switch_to.window(tab)
        browser.wait("the event in each tab", "heard.length === 1")
        expect("the event", browser.run("return heard[0].resourceId"), cid)
    # The one that holds the connection goes; another takes over.
    browser.driver.switch_to.window(tabs[0])
    browser.driver.close()
    browser.driver.switch_to.window(tabs[5])
    until("another connection", lambda: gateway.subscribers() == 1)
    browser.wait("live again", "states.at(-1) === 'live'")
    browser.run("return directory.operations.push(arguments[0])", record("again"))
    for tab in tabs[1:]:
        browser.driver.switch_to.window(tab)
        browser.wait("the second event in each tab", "heard.length >= 2")
        expect("events", browser.run("return heard.length"), 2)
    for tab in tabs[1:-1]:
        browser.driver.switch_to.window(tab)
        browser.driver.close()
    browser.driver.switch_to.window(tabs[-1])
    until("the last one listens", lambda: gateway.subscribers() == 1)


def restart(browser, gateway, start):
    """In the tab that is left; without a reload."""
    browser.run("states.length = 0; heard.length = 0")
    gateway.stop()
    browser.wait("the loss", "states.includes('reconnecting')")
    expect("the reason", browser.run("return statuses.find((s) => s.state === 'reconnecting').reason"),
           "the gateway is going down")
    gateway = start()
    browser.wait("live after the restart", "states.at(-1) === 'live'")
    browser.run("return directory.operations.push(arguments[0])", record("shared"))
    browser.wait("an event after the restart", "heard.length === 1")
    browser.run("subscription.close()")
    return gateway


def refused(browser, gateway):
    browser.tab(gateway.url + "/healthz")
    browser.listen({"types": ["RECORD_FRIED"]})
    browser.wait("the refusal", "states.at(-1) === 'refused'")
    reason = browser.run("return statuses.at(-1).reason")
    if "RECORD_FRIED" not in reason:
        raise SystemExit(f"the reason is {reason}")
    browser.run("subscription.close()")


class Lossy(http.server.BaseHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        self.wfile.write(b'retry: 60000\n\nevent: dropped\ndata: {"dropped":17}\n\n')


def dropped(browser, gateway):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Lossy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for shared in (True, False):
        browser.tab(gateway.url + "/healthz")
        browser.listen({}, {"base": f"http://127.0.0.1:{server.server_address[1]}", "shared": shared})
        browser.wait("the loss", "lost.length === 1")
        expect("the loss", browser.run("return lost"), [17])
        browser.run("subscription.close()")
    server.shutdown()


def dashboard(browser, gateway):
    """The page itself: live, its filter in the address bar, markup as text."""
    browser.tab(gateway.url + "/?types=RECORD_PUSHED")
    browser.wait("live", "document.querySelector('#state').textContent === 'live'")
    urllib.request.urlopen(urllib.request.Request(
        gateway.url + "/push", json.dumps(record("x", "<img src=x onerror=alert(1)>")).encode(),
        {"Content-Type": "application/json"}), timeout=10).close()
    browser.wait("a row", "document.querySelectorAll('#events li').length === 1")
    expect("markup", browser.run("return document.querySelectorAll('#events img').length"), 0)
    expect("the filter", browser.run("return document.forms[0].elements.types.value"), "RECORD_PUSHED")


def main():
    port = free_port()
    with tempfile.TemporaryDirectory() as directory:
        def start():
            return Gateway(port, directory)
        gateway = start()
        browser = Browser()
        try:
            operations(browser, gateway)
            shared(browser, gateway)
            gateway = restart(browser, gateway, start)
            refused(browser, gateway)
            dropped(browser, gateway)
            dashboard(browser, gateway)
        finally:
            browser.driver.quit()
            gateway.stop()
    print("ok")


main()
