"""The overview, the settings of the page, and the keys."""

import re

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from support import expect, record
from dashboard_page import LIVE, ROWS, close, is_seen, number, text


def tile(name):
    """The script that reads a tile."""
    return f"[...document.querySelectorAll('.tile')].find((t) => t.querySelector('h3').textContent === '{name}')?.textContent ?? ''"


def overview(browser, gateway):
    """Whether the gateway is well, first of all."""
    cid = gateway.post("/push", record("seen from above", "overview-label"))["cid"]
    gateway.post("/publish", {"cids": [cid]})
    gateway.post("/sign", {"cid": cid})
    browser.tab(gateway.url)
    browser.wait("it is ready", "document.querySelector('#health').textContent === 'Ready'")
    expect("it is the first view", browser.run("return document.querySelector('nav [aria-current]').textContent"), "Overview")
    expect("the version", re.match(r"version \d", text(browser, "#about")) is not None, True)
    stored = int(gateway.metric("directory_gateway_records"))
    browser.wait("the records", f"{tile('Records')}.includes('{stored:,}')")
    for name, part in (("Records", "published"), ("Subscribers", "none is behind"), ("Dropped", "events since the start"),
                       ("Commits", "p99"), ("Syncs", "0 running")):
        expect(f"the tile {name}", part in browser.run(f"return {tile(name)}"), True)
    browser.wait("its label", "document.querySelector('#top-labels').textContent.includes('/skills/')")
    pushed = "document.querySelector('#type-table [data-type=RECORD_PUSHED]').textContent"
    before = browser.run(f"return {pushed}")
    gateway.post("/push", record("another from above", "overview-label"))
    browser.wait("an event more", f"{pushed} !== {before!r}")
    browser.wait("it is in the chart", "document.querySelector('#overview-chart .legend').textContent.includes('Pushed 1')")
    browser.wait("how long its way took", f"{tile('Publish to write')}.includes('p99')")
    gateway.delete(f"/records/{cid}")
    close(browser)


def settings(browser, gateway):
    """Colors and zone are chosen, kept, and used at once."""
    browser.tab(gateway.url + "/#live")
    browser.wait("live", LIVE)
    theme = "return document.documentElement.dataset.theme"
    expect("the colors of the system", browser.run(theme), "light")
    browser.run("document.querySelector('#settings [value=dark]').click()")
    expect("dark", browser.run(theme), "dark")
    browser.driver.refresh()
    browser.wait("live", LIVE)
    expect("still dark", browser.run(theme), "dark")
    browser.run("document.querySelector('#settings [value=system]').click()")
    expect("the colors of the system", browser.run(theme), "light")
    browser.driver.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": "Asia/Kolkata"})
    gateway.post("/push", record("timed"))
    browser.wait("a row", f"{ROWS} === 1")
    moment = "document.querySelector('#events .row time')"
    expect("the zone", re.search(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\+05:30, ", browser.run(f"return {moment}.title")) is not None, True)
    local = browser.run(f"return {moment}.textContent")
    browser.run("document.querySelector('#settings [value=utc]').click()")
    browser.wait("UTC", f"/^[-0-9]+ [0-9:]+ UTC, /.test({moment}.title)")
    if browser.run(f"return {moment}.textContent") == local:
        raise AssertionError("the time of the row is still that of the other zone")
    browser.run("document.querySelector('#settings [value=local]').click()")
    close(browser)


def keys(browser, gateway):
    browser.tab(gateway.url + "/#live")
    browser.wait("live", LIVE)
    body = browser.driver.find_element(By.CSS_SELECTOR, "body")
    view = "document.querySelector('nav [aria-current]').textContent"
    body.send_keys("p")
    browser.wait("paused", "document.querySelector('#pause').ariaPressed === 'true'")
    body.send_keys("p")
    for key, name in (("r", "Records"), ("s", "Syncs"), ("u", "Subscribers"), ("o", "Overview"), ("l", "Live")):
        body.send_keys("g", key)
        browser.wait(name, f"{view} === '{name}'")
    body.send_keys("/")
    browser.wait("the search", "document.activeElement.id === 'search'")
    browser.driver.switch_to.active_element.send_keys("p?gr")
    expect("what is written is written", browser.run(f"return [document.querySelector('#search').value, {view}]"), ["p?gr", "Live"])
    browser.run("document.activeElement.blur()")
    body.send_keys("?")
    browser.wait("the list", "document.querySelector('#keys').open")
    expect("the shortcuts", browser.run(f"return {number('#key-list dt')}") > 8, True)
    body.send_keys(Keys.ESCAPE)
    browser.wait("it is closed", "!document.querySelector('#keys').open")
    # They can be switched off (WCAG 2.1.4).
    browser.run("document.querySelector('#settings [name=keys]').click()")
    body.send_keys("?")
    expect("nothing happens", is_seen(browser, "#keys"), False)
    browser.run("document.querySelector('#settings [name=keys]').click()")
    close(browser)
