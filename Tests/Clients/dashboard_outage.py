"""The gateway goes away and comes back; or it has no room."""

import tempfile
import urllib.request

from browser import Gateway
from dashboard_access import check, colors
from dashboard_page import LIVE, ROWS, close, is_seen, number, text
from support import expect, free_port, record, until

# The pauses between attempts grow to a minute.
RECOVERY = 90
AWAY = "document.querySelector('#state').dataset.state === 'reconnecting'"
FALSEHOODS = ["No subscribers.", "No syncs yet.", "No matching records.", "No records yet.", "No events yet.", "Ready\n"]


def restart(browser, gateway, start):
    browser.tab(gateway.url + "/?types=RECORD_PUSHED")
    browser.wait("live", LIVE)
    browser.run("window.same = true")
    gateway.stop()
    browser.wait("the loss", "document.querySelector('#state').dataset.state === 'reconnecting'")
    gateway = start()
    browser.wait("live again", LIVE, RECOVERY)
    gateway.post("/push", record("after"))
    browser.wait("an event", f"{ROWS} === 1")
    expect("no reload", browser.run("return window.same"), True)
    return gateway


def away(browser, gateway, start):
    """Every view says that the gateway is away, none says anything else, and all recover by themselves."""
    cid = gateway.post("/push", record("lasting"))["cid"]
    fresh = browser.tab(gateway.url + "/#overview")
    browser.wait("live", LIVE)
    reader = browser.tab(f"{gateway.url}/#records/{cid}")
    browser.wait("the record", f"{LIVE} && {number('#record .operations')} === 1")
    listener = browser.tab(f"{gateway.url}/#subscribers")
    browser.wait("who listens", f"{number('#subscriber-list tr')} > 0")
    gateway.stop()
    for tab in (fresh, reader, listener):
        browser.driver.switch_to.window(tab)
        browser.wait("the loss", AWAY)
    browser.wait("who listens is not known",
                 "document.querySelector('#no-subscribers').textContent.startsWith('Unknown')")
    expect("who listened", is_seen(browser, "#subscriber-list"), False)
    browser.driver.switch_to.window(fresh)
    for index, view in enumerate(("overview", "live", f"records/{cid}", "records", "syncs", "subscribers")):
        browser.run("location.hash = arguments[0]", view)
        browser.wait("the view", f"document.querySelector('#{view.split('/')[0]}').checkVisibility()")
        if not text(browser, "#away").startswith("No connection: ") or not is_seen(browser, "#away"):
            raise AssertionError(f"{view} says {text(browser, '#away')!r}")
        words = browser.run("return document.body.innerText")
        expect(f"what {view} says besides", [each for each in FALSEHOODS if each in words], [])
        colors(browser, ("light", "dark")[index % 2])
        check(browser, f"{view}, away")
    browser.run("location.hash = arguments[0]", f"records/{cid}")
    browser.wait("the record is not there", "document.querySelector('#record')?.textContent.includes('Not loaded')")
    gateway = start()
    browser.wait("the record", f"{number('#record .operations')} === 1", RECOVERY)
    browser.wait("the list", f"{number('#record-list li')} > 5", RECOVERY)
    browser.wait("no banner", "document.querySelector('#away').hidden", RECOVERY)
    browser.driver.switch_to.window(listener)
    browser.wait("who listens", f"{number('#subscriber-list tr')} > 0")
    browser.driver.switch_to.window(reader)
    browser.wait("live", LIVE, RECOVERY)
    gateway.delete(f"/records/{cid}")
    browser.wait("it still follows", f"{number('#record .operations')} === 0")
    for tab in (reader, listener, fresh):
        browser.driver.switch_to.window(tab)
        browser.driver.close()
    browser.driver.switch_to.window(browser.driver.window_handles[0])
    return gateway


RECORD_STATES = """
    window.seen = [];
    new MutationObserver(() => {
        const state = document.querySelector("#state")?.dataset.state;
        if (state && state !== seen.at(-1)) seen.push(state);
    }).observe(document, { subtree: true, childList: true, attributes: true });
"""


def no_room(browser, program, public):
    """Who is sent away for want of room is not live, not for a moment; with room it is."""
    with tempfile.TemporaryDirectory() as directory:
        gateway = Gateway(program, public, free_port(), directory, "--set", "limits.subscribers=1")
        stream = urllib.request.urlopen(gateway.url + "/events", timeout=10)
        stream.readline()
        browser.tab("about:blank")
        browser.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": RECORD_STATES})
        browser.driver.get(gateway.url + "/#live")
        browser.wait("sent away", AWAY)
        until("asked twice", lambda: gateway.metric("rejected") >= 2)
        expect("the states", browser.run("return seen"), ["connecting", "reconnecting"])
        expect("it says why", is_seen(browser, "#away"), True)
        stream.close()
        browser.wait("live", LIVE)
        close(browser)
        gateway.stop()
