"""The rows of the live view and the drawer of one event."""

import json
import threading
import urllib.parse
import urllib.request

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from support import expect, record, until
from dashboard_page import LIVE, ROWS, click, close, exported, is_seen, number, only, screen, text, texts

OPEN = "!document.querySelector('#drawer').hidden"


def rows(browser, gateway):
    """A row has the type in words, the name and version of the record, and its labels; many fit."""
    browser.tab(gateway.url + "/#live")
    screen(browser, 1280, 720, False)
    browser.wait("live", LIVE)
    mine = record("named", "s1")
    cid = gateway.post("/push", mine)["cid"]
    gateway.post("/sign", {"cid": cid})
    browser.wait("the rows", f"{ROWS} === 3")
    browser.wait("the name", "document.querySelector('#events .row:last-child .open').textContent === 'named v1'")
    expect("the types in words", texts(browser, "#events .row .type"), ["Signed", "Key uploaded", "Pushed"])
    expect("all have the name", texts(browser, "#events .row .open"), ["named v1"] * 3)
    expect("the cid is second", text(browser, "#events .row:last-child .id"), f"{cid[:10]}…{cid[-8:]}")
    expect("the label is a chip", text(browser, "#events .row:last-child .tag"), "/skills/s1")
    for _ in range(20):
        gateway.post("/push", mine)
    browser.wait("more rows", f"{ROWS} >= 20")
    seen = browser.run("""
        const box = document.querySelector("#events").getBoundingClientRect();
        return [...document.querySelectorAll("#events .row")].filter((row) => {
            const { top, bottom } = row.getBoundingClientRect();
            return top >= box.top - 1 && bottom <= Math.min(box.bottom, innerHeight) + 1;
        }).length;
    """)
    if seen < 14:
        raise AssertionError(f"{seen} rows are in sight on 1280 x 720")
    gateway.delete(f"/records/{cid}")
    close(browser)


def drawer(browser, gateway):
    """Opened by click and by keyboard; with neighbors, filters made of it, and the way back."""
    browser.tab(gateway.url + "/#live")
    browser.wait("live", LIVE)
    cid = gateway.post("/push", {**record("in the drawer", "s1"), "domains": [{"name": "d1"}]})["cid"]
    gateway.post("/publish", {"cids": [cid]})
    other = gateway.post("/push", record("beside it", "s2"))["cid"]
    browser.wait("three rows", f"{ROWS} === 3")
    browser.run("document.querySelectorAll('#events .open')[1].click()")
    browser.wait("the drawer", OPEN)
    browser.wait("its record", "document.querySelector('#drawer .facts').textContent.includes('in the drawer v1')")
    expect("its type", text(browser, "#drawer h2"), "Published")
    expect("its id is in the address", urllib.parse.urlparse(browser.driver.current_url).fragment.split("/")[0], "live")
    expect("all labels", texts(browser, "#drawer .label-choices .tag"), ["/skills/s1", "/domains/d1"])
    expect("the content", json.loads(text(browser, "#drawer pre"))["resource_id"], cid)
    expect("what is near", texts(browser, "#drawer .neighbor bdi"), ["beside it", "in the drawer", "in the drawer"])
    click(browser, "#drawer .neighbors li:first-child button")
    browser.wait("the neighbor", "document.querySelector('#drawer h2').textContent === 'Pushed'")
    # The keys: from row to row, and back to the row when it is closed.
    browser.run("document.body.focus()")
    send(browser, "j")
    browser.wait("the older one", "document.querySelector('#drawer h2').textContent === 'Published'")
    send(browser, Keys.ESCAPE)
    browser.wait("closed", "document.querySelector('#drawer').hidden")
    expect("the focus", browser.run("return document.activeElement.closest('.row')?.dataset.type"), "RECORD_PUBLISHED")
    send(browser, Keys.ARROW_DOWN)
    expect("the next row", browser.run("return document.activeElement.closest('.row')?.ariaPosInSet"), "3")
    send(browser, Keys.ENTER)
    browser.wait("it is open", OPEN)
    press(browser, "Only this record")
    browser.wait("the filter", f"location.search === '?cids={cid}' && {ROWS} === 2")
    press(browser, "Not this type")
    browser.wait("the other filter", f"location.search === '?cids={cid}&not_types=RECORD_PUSHED' && {ROWS} === 1")
    browser.driver.back()
    browser.wait("the filter before", f"{ROWS} === 2")
    browser.run("document.querySelector('#drawer [aria-label=\"Only the label /domains/d1\"]').click()")
    browser.wait("the label", "location.search.includes('labels=%2Fdomains%2Fd1')")
    expect("no record is read", gateway.metric('events_published_total{type="RECORD_PULLED"}') >= 0, True)
    for each in (cid, other):
        gateway.delete(f"/records/{each}")
    close(browser)


def send(browser, keys):
    browser.driver.switch_to.active_element.send_keys(keys)


def press(browser, name):
    browser.run("[...document.querySelectorAll('#drawer button')].find((b) => b.textContent === arguments[0]).click()", name)


def phone(browser, gateway):
    """On a phone the event replaces the list, and Back returns to it."""
    browser.tab(gateway.url + "/#live")
    screen(browser, 360)
    browser.driver.refresh()
    browser.wait("live", LIVE)
    cid = gateway.post("/push", record("on a phone", "s1"))["cid"]
    browser.wait("the name", "document.querySelector('#events .open')?.textContent === 'on a phone v1'")
    for part in (".type", ".open", ".tag"):
        expect(f"{part} is in the row", is_seen(browser, f"#events .row {part}"), True)
    click(browser, "#events .open")
    browser.wait("the event", OPEN)
    expect("the list", is_seen(browser, "#events"), False)
    expect("nothing is wider", browser.run("return document.documentElement.scrollWidth") <= 360, True)
    browser.driver.back()
    browser.wait("the list", "document.querySelector('#events').checkVisibility()")
    click(browser, "#events .open")
    browser.wait("the event", OPEN)
    click(browser, "#drawer .back")
    browser.wait("the list", "document.querySelector('#events').checkVisibility()")
    gateway.delete(f"/records/{cid}")
    close(browser)


def bytes_as_received(browser, gateway):
    """The export is what the gateway sends, byte by byte."""
    received = []
    stream = urllib.request.urlopen(urllib.request.Request(gateway.url + "/events", headers={"Accept": "application/x-ndjson"}), timeout=30)

    def read():
        for line in stream:
            if line.strip():
                received.append(line.decode().rstrip("\n"))
    browser.tab(gateway.url + "/#live")
    browser.wait("live", LIVE)
    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    cid = gateway.post("/push", record("bytes é \u2028 \u0085", "é\u2028"))["cid"]
    gateway.delete(f"/records/{cid}")
    browser.wait("two rows", f"{ROWS} === 2")
    until("both are received", lambda: len(received) == 2)
    expect("the lines", exported(browser), received)
    close(browser)
