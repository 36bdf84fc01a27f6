"""The records: searched, opened, and following the stream."""

import json
import urllib.parse

from dashboard_page import LIVE, click, close, enter, is_seen, number, press, text, texts, write
from support import expect, record

ITEMS = number("#record-list li")
STATE = "document.querySelector('#record [role=status]')?.textContent"


def records(browser, gateway):
    browser.tab(gateway.url + "/#records")
    cid = gateway.post("/push", record("alpha <b>", "s1"))["cid"]
    browser.wait("the list", "document.querySelectorAll('#record-list li').length > 5")
    write(browser, "#find [name=name]", "alpha*")
    enter(browser, "#find [name=name]")
    browser.wait("what fits", "document.querySelectorAll('#record-list li').length === 1")
    click(browser, "#record-list .title")
    browser.wait("the record", "document.querySelector('#record h2')?.textContent === 'alpha <b> v1'")
    expect("its address", urllib.parse.urlparse(browser.driver.current_url).fragment, f"records/{cid}")
    expect("its label", text(browser, "#record .tag"), "/skills/s1")
    expect("its state", browser.run("return [...document.querySelectorAll('#record p')].map((p) => p.textContent)")[1], "not published")
    press(browser, "Sign")
    browser.wait("a signature", "document.querySelector('#record .good')?.textContent.includes('matches its key')")
    gateway.post("/publish", {"cids": [cid]})
    browser.wait("its own events", "document.querySelector('.trail')?.textContent.includes('RECORD_PUBLISHED')")
    press(browser, "Delete")
    browser.wait("the question", "document.querySelector('#ask').open")
    click(browser, "#ask [value=no]")
    press(browser, "Delete")
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


def item(cid):
    """The script that reads a record in the list."""
    return f"document.querySelector('#record-list li[data-cid={cid}]')?.textContent"


def following(browser, gateway):
    """What is done elsewhere changes list and record at once."""
    browser.tab(gateway.url + "/#records")
    browser.wait("the list", f"{ITEMS} > 5")
    mine = record("followed", "s1")
    cid = gateway.post("/push", mine)["cid"]
    browser.wait("what was pushed, first", f"document.querySelector('#record-list li').dataset.cid === '{cid}'")
    click(browser, "#record-list .title")
    browser.wait("the record", f"{STATE} === 'not published'")
    # The focus stays where it is while all is drawn anew.
    browser.run("document.querySelector('#record-list .title').focus()")
    gateway.post("/publish", {"cids": [cid]})
    browser.wait("its state", f"{STATE} === 'published'")
    browser.wait("its state in the list", f"{item(cid)}.includes(', ') && !{item(cid)}.includes('not published')")
    expect("the focus", browser.run(
        f"return document.activeElement.closest('li')?.dataset.cid === '{cid}' && document.activeElement.className"), "title")
    gateway.post("/sign", {"cid": cid})
    browser.wait("a signature", f"{number('#record .lines .good')} === 1")
    browser.wait("it is in the list", f"{item(cid)}.includes('1 signature')")
    gateway.post("/unpublish", {"cids": [cid]})
    browser.wait("its state", f"{STATE} === 'not published'")
    browser.wait("its state in the list", f"{item(cid)}.includes('not published')")
    gateway.delete(f"/records/{cid}")
    browser.wait("the deletion", f"{STATE}?.startsWith('Deleted at ')")
    expect("its operations", texts(browser, "#record .operations button"), [])
    browser.wait("it is gone from the list", f"{item(cid)} === undefined")
    gateway.post("/push", mine)
    browser.wait("it is back", f"{STATE} === 'not published' && {number('#record .operations button')} === 6")
    close(browser)


def absent(browser, gateway):
    """A link to what is not stored says so; once it is, it appears."""
    mine = record("absent", "s1")
    cid = gateway.post("/push", mine)["cid"]
    gateway.delete(f"/records/{cid}")
    browser.tab(f"{gateway.url}/#records/{cid}")
    browser.wait("it says so", f"{STATE} === 'No record with this cid is stored.'")
    expect("its operations", texts(browser, "#record .operations button"), [])
    browser.wait("live", LIVE)
    gateway.delete(f"/records/{cid}")
    browser.wait("nothing below is promised", f"/^Deleted at [0-9:]+\\.$/.test({STATE})")
    gateway.post("/push", mine)
    browser.wait("it appears", "document.querySelector('#record h2').textContent === 'absent v1'")
    close(browser)


def more(browser, gateway):
    """Pages that are open stay open after an operation, here or elsewhere."""
    browser.tab(gateway.url + "/#records")
    browser.wait("a page", f"{ITEMS} === 50")
    click(browser, "#more-records")
    browser.wait("two pages", f"{ITEMS} === 100")
    cid = browser.run("return document.querySelectorAll('#record-list li')[80].dataset.cid")
    browser.run("document.querySelectorAll('#record-list .title')[80].click()")
    browser.wait("the record", f"{STATE} === 'not published'")
    press(browser, "Publish")
    browser.wait("its state in the list", f"{item(cid)} && !{item(cid)}.includes('not published')")
    expect("the pages", browser.run(f"return {ITEMS}"), 100)
    close(browser)
