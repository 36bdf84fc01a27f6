"""The records: searched, opened, and following the stream."""

import json
import pathlib
import tempfile
import urllib.parse

from selenium.webdriver.common.by import By

from dashboard_page import LIVE, click, close, enter, is_seen, number, press, text, texts, write
from support import expect, record, until

ITEMS = number("#record-list li")
STATE = "document.querySelector('#record [role=status]')?.textContent"


def records(browser, gateway):
    browser.tab(gateway.url + "/#records")
    cid = gateway.post("/push", record("alpha <b>", "s1"))["cid"]
    browser.wait("the list", "document.querySelectorAll('#record-list li').length > 5")
    write(browser, "#find [name=q]", "lph <")
    enter(browser, "#find [name=q]")
    browser.wait("what fits", "document.querySelectorAll('#record-list li').length === 1")
    expect("the search in the address", urllib.parse.urlparse(browser.driver.current_url).fragment, "records?q=lph%20%3C")
    click(browser, "#record-list .title")
    browser.wait("the record", "document.querySelector('#record h2')?.textContent === 'alpha <b> v1'")
    expect("its address", urllib.parse.urlparse(browser.driver.current_url).fragment, f"records/{cid}?q=lph%20%3C")
    expect("its label", text(browser, "#record .tag"), "/skills/s1")
    expect("its state", browser.run(f"return {STATE}"), "not published")
    gateway.post("/publish", {"cids": [cid]})
    browser.wait("its own events", "document.querySelector('.trail [data-type=RECORD_PUBLISHED]') !== null")
    press(browser, "Delete")
    browser.wait("the question", "document.querySelector('#ask').open")
    click(browser, "#ask [value=no]")
    press(browser, "Delete")
    click(browser, "#ask [value=yes]")
    browser.wait("it is gone", "document.querySelector('#record').hidden")
    browser.wait("from the list too", "document.querySelectorAll('#record-list li').length === 0")
    close(browser)


def buttons(browser, gateway):
    """The buttons know the state; verifying says what came out and by whom."""
    cid = gateway.post("/push", record("stateful", "s1"))["cid"]
    browser.tab(f"{gateway.url}/#records/{cid}")
    browser.wait("the record", f"{number('#record .operations')} === 1")
    names = "[...document.querySelectorAll('#record .operations button')].map((b) => b.textContent + (b.disabled ? '!' : '')).join()"
    browser.wait("the buttons", f"{names} === 'Publish,Sign,Verify,Download,Delete'")
    press(browser, "Verify")
    browser.wait("nothing to verify", "document.querySelector('#record .result').textContent.includes('the record has no signature')")
    press(browser, "Sign")
    browser.wait("a signature", "document.querySelector('#record .good')?.textContent.includes('matches its key')")
    browser.wait("it is signed", f"{names} === 'Publish,Signed!,Verify,Download,Delete'")
    press(browser, "Publish")
    browser.wait("it is published", f"{names} === 'Unpublish,Signed!,Verify,Download,Delete' && {STATE} === 'published'")
    press(browser, "Verify")
    browser.wait("the result", "document.querySelector('#record .result').textContent.includes('1 of 1 signature match')")
    signer = gateway.get(f"/records/{cid}/signatures")["signatures"][0]["signer"]
    expect("by whom", f"signed by {signer}" in text(browser, "#record .result")
           and "the key of this gateway" in text(browser, "#record .result"), True)
    browser.run("document.querySelector('#record details').open = true")
    write(browser, "#record textarea", "not a key")
    press(browser, "Verify with this key")
    browser.wait("the refusal", "document.querySelector('#toast').textContent.length > 10")
    gateway.delete(f"/records/{cid}")
    close(browser)


def looking(browser, gateway):
    """Looking at a record is no event."""
    cid = gateway.post("/push", record("looked at", "s1"))["cid"]
    pulls = lambda: gateway.metric('events_published_total{type="RECORD_PULLED"}')
    before = pulls()
    browser.tab(f"{gateway.url}/#records/{cid}")
    browser.wait("the record", f"document.querySelector('#record h2')?.textContent === 'looked at v1' && {LIVE}")
    gateway.post("/publish", {"cids": [cid]})
    browser.wait("its state", f"{STATE} === 'published'")
    browser.wait("the content", "document.querySelector('#record pre')?.textContent.includes('looked at')")
    expect("events of looking", pulls() - before, 0)
    gateway.delete(f"/records/{cid}")
    close(browser)


def push(browser, gateway):
    browser.tab(gateway.url + "/#records")
    click(browser, "#open-push")
    faulty = '{\n  "name": 7,\n  "version": "v1",\n  "skills": [\n    {"name": "a"},\n    {}\n  ]\n}'
    put(browser, faulty)
    click(browser, "#push-send")
    browser.wait("the faults", "document.querySelectorAll('#faults li').length === 6")
    faults = browser.run("return [...document.querySelectorAll('#faults li')].map((f) => f.textContent)")
    expect("their places", [f for f in faults if "required" not in f],
           ["line 2: /name must be a string, not a number", "line 6: /skills/1 needs a name or an id"])
    browser.run("[...document.querySelectorAll('#faults button')].at(-1).click()")
    expect("the place", browser.run(
        "const t = document.querySelector('#push-text'); return t.value.slice(t.selectionStart, t.selectionEnd)"), "{}")
    put(browser, json.dumps(record("pushed")))
    click(browser, "#push-send")
    browser.wait("the record", "document.querySelector('#record h2')?.textContent === 'pushed v1'")
    close(browser)


def put(browser, words):
    """Puts a text into the field as if it were pasted."""
    browser.run("const t = document.querySelector('#push-text'); t.value = arguments[0]; t.dispatchEvent(new Event('input'))", words)


def broken(browser, gateway):
    """What is no JSON is shown with line and column, marked, and can be jumped to."""
    browser.tab(gateway.url + "/#records")
    click(browser, "#open-push")
    for words, place, part in (
            ('{\n  "name": "a",\n  "version": v1\n}', "line 3, column 14: v1 is not a value; a string needs double quotes", "v1"),
            ('{"a": 1,\n}', "line 1, column 8: there is a comma before }", ","),
            ('{"a": 1,\n "b": [1, 2}', "line 2, column 12: a comma or ] is expected here", "}"),
            ('{"a": 1,\n "a": 2}', 'line 2, column 2: the key "a" is there twice', '"a"'),
            ("{\n  'a': 1}", "line 2, column 3: a key in double quotes is expected here", "'"),
            ('{"a": "b\n"}', "line 1, column 7: this string is not closed on its line", '"b')):
        put(browser, words)
        click(browser, "#push-send")
        browser.wait("the fault", f"{number('#faults li')} === 1")
        expect("the fault", text(browser, "#faults li"), place)
        expect("the marked line", texts(browser, "#push-lines .faulty"), [place.split(",")[0].split()[1]])
        click(browser, "#faults button")
        expect("the place", browser.run(
            "const t = document.querySelector('#push-text'); return t.value.slice(t.selectionStart, t.selectionEnd)"), part)
    click(browser, "#push-example")
    expect("no fault is left", browser.run(f"return {number('#push-lines .faulty')}"), 0)
    click(browser, "#push-send")
    browser.wait("the example", "document.querySelector('#record h2')?.textContent.startsWith('example.org/my-team/paper-scout v0.1.')")
    close(browser)


def lines(browser, gateway):
    """Records one on each line, from a file: each has its result."""
    before = int(gateway.metric("directory_gateway_records"))
    browser.tab(gateway.url + "/#records")
    click(browser, "#open-push")
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "records.ndjson")
        file.write_text("\n".join([json.dumps(record("line one")), json.dumps({"name": 7}), "{broken", json.dumps(record("line four")), ""]))
        browser.driver.find_element(By.CSS_SELECTOR, "#push-file").send_keys(str(file))
        browser.wait("what it is", "document.querySelector('#push-kind').textContent === 'NDJSON: 4 records'")
        click(browser, "#push-send")
        browser.wait("the results", f"{number('#faults li')} === 2")
        expect("in all", text(browser, "#faults p"), "2 records pushed, 0 stored already, 2 refused")
        expect("the lines", [line.split(":")[0] for line in texts(browser, "#faults li")], ["line 2", "line 3"])
        expect("they are marked", texts(browser, "#push-lines .faulty"), ["2", "3"])
        click(browser, "#faults li:last-child button")
        expect("the place", browser.run(
            "const t = document.querySelector('#push-text'); return t.value.slice(t.selectionStart, t.selectionEnd)"), "{broken")
        # A file that is too large for the field is sent as it is.
        file.write_text("\n".join(json.dumps({**record(f"line {n}"), "description": "d" * 120}) for n in range(5000)))
        browser.driver.find_element(By.CSS_SELECTOR, "#push-file").send_keys(str(file))
        browser.wait("what it is", "document.querySelector('#push-kind').textContent.includes('NDJSON, sent as it is')")
        click(browser, "#push-send")
        browser.wait("the end", "!document.querySelector('#push').open", 60)
        expect("in all", text(browser, "#toast"), "5,000 records pushed, 0 stored already, 0 refused.")
    expect("stored", int(gateway.metric("directory_gateway_records")) - before, 5002)
    close(browser)


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
    browser.wait("its state in the list", f"{item(cid)} && !{item(cid)}.includes('not published')")
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
    browser.wait("it is back", f"{STATE} === 'not published' && {number('#record .operations button')} === 5")
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
