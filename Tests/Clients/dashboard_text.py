"""Bidirectional controls in a stranger's text: seen, and without effect."""

import urllib.parse

from dashboard_page import LIVE, click, close, number, press, text, texts
from support import expect, record

CONTROLS = "".join(map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C]))
NAME = f"agent{CONTROLS}txt.exe"
WRITTEN = "".join(f"[U+{ord(each):04X}]" for each in CONTROLS)


def clean(browser, what):
    """None is in the document, also in no attribute."""
    expect(what, browser.run("return document.documentElement.outerHTML.match(/\\p{Bidi_Control}/gu)"), None)


def controls(browser, gateway):
    address = f"{gateway.url}/?types=&labels={urllib.parse.quote('/skills/' + NAME)}#live"
    browser.tab(address)
    browser.wait("live", LIVE)
    expect("for a terminal", f"$'/skills/agent\\u202a" in text(browser, "#dirctl"), True)
    cid = gateway.post("/push", record(NAME, NAME))["cid"]
    browser.wait("the event", "document.querySelector('#events .row .details') !== null")
    expect("the label", text(browser, "#events .row .details bdi"), f"/skills/agent{WRITTEN}txt.exe")
    clean(browser, "the live view")
    browser.run("location.hash = arguments[0]", f"records/{cid}")
    browser.wait("the record", f"{number('#record .operations')} === 1")
    expect("its name", text(browser, "#record h2 bdi"), f"agent{WRITTEN}txt.exe")
    expect("its name in the list", text(browser, f"li[data-cid={cid}] bdi"), f"agent{WRITTEN}txt.exe")
    expect("its label", text(browser, "#record .tag"), f"/skills/agent{WRITTEN}txt.exe")
    browser.wait("its content", f"{number('#record pre')} === 1")
    expect("its content", "\\u202e" in text(browser, "#record pre"), True)
    press(browser, "Delete")
    browser.wait("the question", "document.querySelector('#ask').open")
    expect("the question", f"agent{WRITTEN}txt.exe" in text(browser, "#ask-text"), True)
    clean(browser, "the records")
    click(browser, "#ask [value=no]")
    browser.run("location.hash = 'overview'")
    browser.wait("the top labels", "document.querySelector('#top-labels')?.textContent.includes('[U+202E]')")
    clean(browser, "the overview")
    browser.run("location.hash = 'live'")
    browser.run("document.querySelector('#events .open').click()")
    browser.wait("the drawer", f"{number('#drawer pre')} === 1")
    clean(browser, "the drawer")
    browser.run("location.hash = 'subscribers'")
    browser.wait("the filter", "document.querySelector('#subscriber-list')?.textContent.includes('[U+202E]')")
    clean(browser, "the subscribers")
    gateway.delete(f"/records/{cid}")
    close(browser)
