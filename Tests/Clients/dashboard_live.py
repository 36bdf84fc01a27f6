"""The live view: filter, list, and the marks in it."""

import functools
import http.server
import json
import re
import threading
import urllib.parse

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from dashboard_page import (COUNT, LIVE, ROWS, click, close, enter, exported, number, only, open_filter, reset, text,
                            texts, write)
from support import expect, record

FILTER_MARKS = "#events .mark[data-type=FILTER] .details"
GAP_MARKS = "#events .mark[data-type=DISCONNECTED] .details"


def filters(browser, gateway):
    browser.tab(gateway.url + "/#live")
    browser.wait("live", LIVE)
    cid = gateway.post("/push", record("one", "<img src=x onerror=document.title='run'>"))["cid"]
    browser.wait("a row", f"{ROWS} === 1")
    expect("markup stays text", browser.run("return [document.querySelectorAll('#events img').length, document.title]"),
           [0, "Live · Directory Gateway"])
    expect("the label", "<img src=x" in text(browser, ".row .details"), True)
    # The filter goes into the address bar, and from there over a reload and the back button.
    only(browser, "RECORD_DELETED")
    open_filter(browser)
    write(browser, "#filter [name=cids]", f"{cid}, a+b")
    enter(browser, "#filter [name=cids]")
    query = urllib.parse.urlparse(browser.driver.current_url).query
    expect("the address", query, f"types=RECORD_DELETED&cids={cid},a%2Bb")
    browser.driver.refresh()
    browser.wait("live", LIVE)
    expect("the same filter", browser.run(
        "return [document.querySelector('#filter [name=cids]').value, document.querySelector('.only[aria-pressed=true]').ariaLabel]"),
        [f"{cid}, a+b", "only Deleted"])
    two = gateway.post("/push", record("two"))["cid"]
    expect("the terminal", text(browser, "#curl"), f"curl -N '{gateway.url}/events?{query}'")
    expect("the other", text(browser, "#dirctl"),
           f"dirctl events listen --server-addr {gateway.url} --types 'RECORD_DELETED' --cids '{cid},a+b'")
    browser.driver.back()
    browser.driver.back()
    browser.wait("the filter before", "document.querySelectorAll('.only[aria-pressed=true]').length === 0")
    browser.wait("live", LIVE)
    gateway.post("/publish", {"cids": [cid, two]})
    browser.wait("events without a filter", f"{ROWS} === 2")
    browser.driver.get(gateway.url + "/?types=RECORD_FRIED")
    browser.wait("the refusal", "document.querySelector('#refusal').textContent.includes('RECORD_FRIED')")
    reset(browser)
    browser.wait("live", LIVE)
    browser.driver.back()
    browser.wait("the mark of the refusal", f"document.querySelector('{FILTER_MARKS}')?.textContent.includes('refused')")
    reset(browser)
    browser.wait("live", LIVE)
    expect("no refusal", browser.run("return document.querySelector('#refusal').hidden"), True)


def list_of_events(browser, gateway):
    browser.tab(gateway.url + "/#live")
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
    expect("lines", len(exported(browser)), 2)
    browser.run("document.querySelector('#clear').click()")
    browser.wait("nothing", f"{COUNT} === '0'")


def burst(browser, gateway):
    """Two thousand events at once: all are there, and few rows are in the document."""
    browser.tab(gateway.url + "/#live")
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


def changed_filter(browser, gateway):
    """A mark says from where on the filter is another; what does not fit it is no longer shown."""
    browser.tab(gateway.url + "/#live")
    browser.wait("live", LIVE)
    cid = gateway.post("/push", record("changing"))["cid"]
    gateway.post("/publish", {"cids": [cid]})
    browser.wait("two rows", f"{ROWS} === 2")
    only(browser, "RECORD_PUBLISHED")
    browser.wait("the mark", f"document.querySelector('{FILTER_MARKS}')?.textContent.includes('received from')")
    found = texts(browser, FILTER_MARKS)
    if len(found) != 1 or not re.fullmatch(
            r"Filter changed: type Published \(received from \d\d:\d\d:\d\d on\)", found[0]):
        raise AssertionError(f"the mark is {found}")
    expect("what fits", texts(browser, "#events .row .type"), ["Published"])
    expect("the count is of events", browser.run(f"return {COUNT}"), "1")
    # Marks with nothing between them are one.
    only(browser, "RECORD_PUBLISHED")
    only(browser, "RECORD_UNPUBLISHED")
    browser.wait("nothing fits", f"{ROWS} === 0")
    browser.wait("live", LIVE)
    expect("one mark", len(texts(browser, FILTER_MARKS)), 1)
    gateway.post("/unpublish", {"cids": [cid]})
    browser.wait("what fits", f"{ROWS} === 1")
    expect("above the mark", texts(browser, ".row[aria-posinset='1'] .type"), ["Unpublished"])
    reset(browser)
    browser.wait("all that was received", f"{ROWS} === 3")
    expect("the marks", [mark.split(" (")[0] for mark in texts(browser, FILTER_MARKS)],
           ["Filter changed: all events", "Filter changed: type Unpublished"])
    close(browser)


def gap(browser, gateway, start):
    """Where the connection was away, a mark says from when to when."""
    browser.tab(gateway.url + "/#live")
    browser.wait("live", LIVE)
    gateway.post("/push", record("before"))
    browser.wait("an event", f"{ROWS} === 1")
    gateway.stop()
    browser.wait("the mark of the outage",
                 f"document.querySelector('{GAP_MARKS}')?.textContent.startsWith('Disconnected since ')")
    gateway = start()
    # The pauses between attempts grow to a minute.
    browser.wait("live again", LIVE, 90)
    gateway.post("/push", record("after"))
    browser.wait("an event", f"{ROWS} === 2")
    found = texts(browser, GAP_MARKS)
    if len(found) != 1 or not re.fullmatch(
            r"Disconnected \d\d:\d\d:\d\d – \d\d:\d\d:\d\d: events in between were not received", found[0]):
        raise AssertionError(f"the mark is {found}")
    expect("between the events", browser.run(
        "return document.querySelector('.mark').getAttribute('aria-posinset')"), "2")
    lines = [json.loads(line) for line in exported(browser)]
    expect("an export says it too", [sorted(line)[0] for line in lines], ["id", "disconnected", "id"])
    close(browser)
    return gateway


def taken_over(browser, gateway):
    """The tab that held the connection is closed: for a moment there was none."""
    first = browser.tab(gateway.url + "/?types=SYNC_FAILED")
    browser.wait("live", LIVE)
    second = browser.tab(gateway.url + "/?types=SYNC_FAILED")
    browser.wait("live", LIVE)
    browser.driver.switch_to.window(first)
    browser.driver.close()
    browser.driver.switch_to.window(second)
    browser.wait("the mark", f"{number(GAP_MARKS)} === 1")
    browser.wait("its end", f"document.querySelector('{GAP_MARKS}').textContent.includes(' – ')")
    close(browser)


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
        self.wfile.write(b'retry: 60000\n\nevent: dropped\ndata: {"dropped":17}\n\n'
                         b'event: reset\ndata: {"cause":"upstream-lost"}\n\n')


def dropped(browser, public):
    handler = functools.partial(Lossy, directory=public)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    browser.tab(f"http://localhost:{server.server_address[1]}/#live")
    browser.wait("the notices", f"{number('.row[data-type=LOST]')} === 2")
    expect("both are marked", [line.split(":")[0] for line in texts(browser, ".row[data-type=LOST] .details")],
           ["Events may be missing here", "17 events were dropped here"])
    expect("the connection says so", text(browser, "#lost"), "dropped 17")
    server.shutdown()
