"""Tries the dashboard in a real browser, as people use it.

Usage: browser_dashboard.py PROGRAM PUBLIC
Starts PROGRAM (the gateway) on a port of its own; prints ok, or what went wrong.
"""

import functools
import http.server
import importlib.util
import json
import pathlib
import sys
import tempfile
import threading
import urllib.parse

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from browser import Browser, Gateway, expect, free_port, record

PROGRAM, PUBLIC = sys.argv[1:]
LIVE = "document.querySelector('#state').dataset.state === 'live'"
ROWS = "document.querySelectorAll('#events .row').length"
COUNT = "document.querySelector('#count').textContent"


def text(browser, selector):
    return browser.run("return document.querySelector(arguments[0])?.textContent", selector)


def click(browser, selector):
    browser.driver.find_element(By.CSS_SELECTOR, selector).click()


def write(browser, selector, words):
    field = browser.driver.find_element(By.CSS_SELECTOR, selector)
    field.clear()
    field.send_keys(words)


def chip(browser, kind):
    browser.run("[...document.querySelectorAll('.chip')].find((c) => c.textContent.startsWith(arguments[0])).click()", kind)


def filters(browser, gateway):
    browser.tab(gateway.url)
    browser.wait("live", LIVE)
    cid = gateway.post("/push", record("one", "<img src=x onerror=document.title='run'>"))["cid"]
    browser.wait("a row", f"{ROWS} === 1")
    expect("markup stays text", browser.run("return [document.querySelectorAll('#events img').length, document.title]"),
           [0, "Directory Gateway"])
    expect("the label", "<img src=x" in text(browser, ".row .details"), True)
    # The filter goes into the address bar, and from there over a reload and the back button.
    chip(browser, "RECORD_DELETED")
    write(browser, "#filter [name=cids]", f"{cid}, a+b")
    browser.driver.find_element(By.CSS_SELECTOR, "#filter [name=cids]").send_keys(Keys.ENTER)
    query = urllib.parse.urlparse(browser.driver.current_url).query
    expect("the address", query, f"types=RECORD_DELETED&cids={cid},a%2Bb")
    browser.driver.refresh()
    browser.wait("live", LIVE)
    expect("the same filter", browser.run(
        "return [document.querySelector('#filter [name=cids]').value, document.querySelector('.chip[aria-pressed=true]').textContent]"),
        [f"{cid}, a+b", "RECORD_DELETED0"])
    gateway.post("/push", record("two"))
    expect("the terminal", text(browser, "#curl"), f"curl -N '{gateway.url}/events?{query}'")
    expect("the other", text(browser, "#dirctl"),
           f"dirctl events listen --server-addr {gateway.url} --types 'RECORD_DELETED' --cids '{cid},a+b'")
    browser.driver.back()
    browser.driver.back()
    browser.wait("the filter before", "document.querySelectorAll('.chip[aria-pressed=true]').length === 0")
    browser.wait("live", LIVE)
    gateway.post("/publish", {"all": True})
    browser.wait("events without a filter", f"{ROWS} === 2")
    browser.driver.get(gateway.url + "/?types=RECORD_FRIED")
    browser.wait("the refusal", "document.querySelector('#refusal').textContent.includes('RECORD_FRIED')")
    click(browser, "#reset")
    browser.wait("live", LIVE)
    expect("no refusal", browser.run("return document.querySelector('#refusal').hidden"), True)


def list_of_events(browser, gateway):
    browser.tab(gateway.url)
    browser.wait("live", LIVE)
    gateway.post("/push", record("one"))
    browser.wait("a row", f"{COUNT} === '1'")
    click(browser, "#pause")
    gateway.post("/push", record("two", "zebra"))
    browser.wait("what is held", "document.querySelector('#pause').textContent === 'Resume (1)'")
    expect("rows", browser.run(f"return {ROWS}"), 1)
    click(browser, "#pause")
    browser.wait("what was held", f"{ROWS} === 2")
    expect("newest first", "zebra" in text(browser, ".row[aria-posinset='1'] .details"), True)
    write(browser, "#search", "zebra")
    browser.wait("what fits", f"{ROWS} === 1")
    browser.driver.find_element(By.CSS_SELECTOR, "#search").send_keys(Keys.CONTROL, "a", Keys.DELETE)
    browser.wait("all", f"{ROWS} === 2")
    exported = browser.run("""
        const original = URL.createObjectURL;
        return new Promise((done) => {
            URL.createObjectURL = (blob) => { blob.text().then(done); return original.call(URL, blob); };
            document.querySelector("#export").click();
        });
    """)
    expect("lines", len(exported.splitlines()), 2)
    click(browser, "#clear")
    browser.wait("nothing", f"{COUNT} === '0'")


def burst(browser, gateway):
    """Two thousand events at once: all are there, and few rows are in the document."""
    browser.tab(gateway.url)
    browser.wait("live", LIVE)
    lines = "\n".join(json.dumps(record(f"r{n}")) for n in range(2000))
    browser.run("""
        window.pushed = fetch("/push", { method: "POST", body: arguments[0],
            headers: { "content-type": "application/x-ndjson" } }).then((a) => a.text());
    """, lines)
    browser.wait("all events", f"{COUNT}.replace(/\\D/g, '') === '2000'")
    rows = browser.run(f"return {ROWS}")
    if not 0 < rows < 100:
        raise AssertionError(f"{rows} rows are in the document")
    browser.run("document.querySelector('#events').scrollTop = 1e9")
    browser.wait("the oldest", "document.querySelector('.row[aria-posinset=\"2000\"]') !== null")


def records(browser, gateway):
    browser.tab(gateway.url + "/#records")
    cid = gateway.post("/push", record("alpha <b>", "s1"))["cid"]
    browser.wait("the list", "document.querySelectorAll('#record-list li').length > 5")
    write(browser, "#find [name=name]", "alpha*")
    browser.driver.find_element(By.CSS_SELECTOR, "#find [name=name]").send_keys(Keys.ENTER)
    browser.wait("what fits", "document.querySelectorAll('#record-list li').length === 1")
    click(browser, "#record-list .title")
    browser.wait("the record", "document.querySelector('#record h2')?.textContent === 'alpha <b> v1'")
    expect("its address", urllib.parse.urlparse(browser.driver.current_url).fragment, f"records/{cid}")
    expect("its label", text(browser, "#record .tag"), "/skills/s1")
    expect("its state", browser.run("return [...document.querySelectorAll('#record p')].map((p) => p.textContent)")[1], "not published")

    def press(name):
        browser.run("[...document.querySelectorAll('#record button')].find((b) => b.textContent === arguments[0]).click()", name)

    press("Sign")
    browser.wait("a signature", "document.querySelector('#record .good')?.textContent.includes('fits its key')")
    gateway.post("/publish", {"cids": [cid]})
    browser.wait("its own events", "document.querySelector('.trail')?.textContent.includes('RECORD_PUBLISHED')")
    press("Delete")
    browser.wait("the question", "document.querySelector('#ask').open")
    click(browser, "#ask [value=no]")
    press("Delete")
    click(browser, "#ask [value=yes]")
    browser.wait("it is gone", "document.querySelector('#record').hidden")
    browser.wait("from the list too", "document.querySelectorAll('#record-list li').length === 0")


def push(browser, gateway):
    browser.tab(gateway.url + "/#records")
    click(browser, "#open-push")
    faulty = '{\n  "name": 7,\n  "version": "v1",\n  "skills": [\n    {"name": "a"},\n    {}\n  ]\n}'
    browser.run("document.querySelector('#push-text').value = arguments[0]", faulty)
    click(browser, "#push-send")
    browser.wait("the faults", "document.querySelectorAll('#faults li').length === 6")
    faults = browser.run("return [...document.querySelectorAll('#faults li')].map((f) => f.textContent)")
    expect("their places", [f for f in faults if "required" not in f],
           ["line 2: /name must be a string, not a number", "line 6: /skills/1 needs a name or an id"])
    browser.run("[...document.querySelectorAll('#faults button')].at(-1).click()")
    expect("the place", browser.run(
        "const t = document.querySelector('#push-text'); return t.value.slice(t.selectionStart, t.selectionEnd)"), "{}")
    browser.run("document.querySelector('#push-text').value = arguments[0]", json.dumps(record("pushed")))
    click(browser, "#push-send")
    browser.wait("the record", "document.querySelector('#record h2')?.textContent === 'pushed v1'")


def syncs(browser, gateway):
    browser.tab(gateway.url + "/#syncs")
    write(browser, "#start-sync [name=remote]", gateway.url)
    click(browser, "#start-sync button")
    browser.wait("its end", "document.querySelector('[data-status=COMPLETED]') !== null")
    write(browser, "#start-sync [name=cids]", "b1")
    click(browser, "#start-sync button")
    browser.wait("the other's", "document.querySelector('[data-status=FAILED] .bad')?.textContent.includes('b1')")
    browser.tab(gateway.url + "/#subscribers")
    browser.wait("who listens", "document.querySelectorAll('#subscriber-list tr').length > 0")


def accessibility(browser, gateway):
    folder = pathlib.Path(importlib.util.find_spec("axe_core_python").origin).parent
    axe = (folder / "axe.min.js").read_text()
    for scheme in ("light", "dark"):
        for view in ("live", "records", "syncs", "subscribers"):
            browser.tab(f"{gateway.url}/#{view}")
            browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
                "features": [{"name": "prefers-color-scheme", "value": scheme},
                             {"name": "prefers-reduced-motion", "value": "reduce"}]})
            browser.driver.refresh()
            browser.wait("live", LIVE)
            if view == "live":
                gateway.post("/publish", {"all": True})
                browser.wait("rows", f"{ROWS} > 0")
                chip(browser, "RECORD_PUBLISHED")
                browser.wait("live", LIVE)
            if view == "records":
                browser.wait("records", "document.querySelectorAll('#record-list li').length > 0")
            check = axe + """
                return axe.run({ resultTypes: ["violations"] }).then(({ violations }) => violations.flatMap((v) =>
                    v.nodes.map((n) => `${v.id}: ${n.html.slice(0, 120)} ${n.failureSummary}`)));
            """
            found = browser.run(check)
            if found:
                raise AssertionError(f"{view}, {scheme}: {found[:3]}")
            # And it does look: what is planted is found.
            browser.run("document.querySelector('main').append(new Image())")
            expect("planted faults", [fault.split(":")[0] for fault in browser.run(check)], ["image-alt"])
            browser.driver.close()
            browser.driver.switch_to.window(browser.driver.window_handles[0])


def restart(browser, gateway, start):
    browser.tab(gateway.url + "/?types=RECORD_PUSHED")
    browser.wait("live", LIVE)
    browser.run("window.same = true")
    gateway.stop()
    browser.wait("the loss", "document.querySelector('#state').dataset.state === 'reconnecting'")
    gateway = start()
    browser.wait("live again", LIVE)
    gateway.post("/push", record("after"))
    browser.wait("an event", f"{ROWS} === 1")
    expect("no reload", browser.run("return window.same"), True)
    return gateway


class Lossy(http.server.SimpleHTTPRequestHandler):
    """Serves the dashboard, and a stream that has lost something."""

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        if not self.path.startswith("/events"):
            return super().do_GET()
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(b'retry: 60000\n\nevent: dropped\ndata: {"dropped":17}\n\n')


def dropped(browser):
    handler = functools.partial(Lossy, directory=PUBLIC)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    browser.tab(f"http://localhost:{server.server_address[1]}/")
    browser.wait("the notice", "document.querySelector('.row .details')?.textContent.startsWith('17 events were lost')")
    expect("the connection says so", text(browser, "#lost"), "dropped 17")
    server.shutdown()


def main():
    port = free_port()
    with tempfile.TemporaryDirectory() as directory:
        def start():
            return Gateway(PROGRAM, PUBLIC, port, directory)
        gateway = start()
        browser = Browser()
        try:
            filters(browser, gateway)
            list_of_events(browser, gateway)
            burst(browser, gateway)
            push(browser, gateway)
            records(browser, gateway)
            syncs(browser, gateway)
            accessibility(browser, gateway)
            gateway = restart(browser, gateway, start)
            dropped(browser)
        finally:
            browser.driver.quit()
            gateway.stop()
    print("ok")


main()
