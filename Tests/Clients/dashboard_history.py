"""What was before the page was opened: from the event log, or from the memory of the gateway."""

import tempfile

from browser import Gateway
from dashboard_page import LIVE, ROWS, close, text, texts
from support import expect, free_port, record

TRAIL = "[...document.querySelectorAll('.trail li')].map((line) => line.dataset.type).join()"


def trail(browser, gateway):
    """The page of a record has all of its events, also those from before, and none of them twice."""
    cid = gateway.post("/push", record("with a past", "s1"))["cid"]
    gateway.post("/publish", {"cids": [cid]})
    gateway.post("/unpublish", {"cids": [cid]})
    browser.tab(f"{gateway.url}/#records/{cid}")
    browser.wait("its past", f"{TRAIL} === 'RECORD_UNPUBLISHED,RECORD_PUBLISHED,RECORD_PUSHED'")
    expect("the title", "Events of this record" in texts(browser, "#record h3"), True)
    browser.wait("live", LIVE)
    gateway.post("/publish", {"cids": [cid]})
    browser.wait("what happens now", f"{TRAIL} === 'RECORD_PUBLISHED,RECORD_UNPUBLISHED,RECORD_PUBLISHED,RECORD_PUSHED'")
    close(browser)


def before(browser, gateway):
    """The live view begins with the last events, and a mark where it was opened."""
    browser.tab(f"{gateway.url}/#live")
    browser.wait("the events", f"{ROWS} >= 4")
    expect("the mark", "This page was opened here" in text(browser, "#events .mark"), True)
    close(browser)


def without_log(browser, program, public):
    """The last events are there without a log; the trail of a record begins now."""
    with tempfile.TemporaryDirectory() as directory:
        gateway = Gateway(program, public, free_port(), directory)
        try:
            for number in range(4):
                cid = gateway.post("/push", record(f"before {number}"))["cid"]
            before(browser, gateway)
            browser.tab(f"{gateway.url}/#records/{cid}")
            browser.wait("the record", f"{TRAIL} === ''")
            expect("the title", "Events of this record, from now on" in texts(browser, "#record h3"), True)
            close(browser)
        finally:
            gateway.stop()


def all_of(browser, program, public):
    without_log(browser, program, public)
    with tempfile.TemporaryDirectory() as directory:
        gateway = Gateway(program, public, free_port(), directory, "--set", "events.history.max_events=1000")
        try:
            trail(browser, gateway)
            before(browser, gateway)
        finally:
            gateway.stop()
