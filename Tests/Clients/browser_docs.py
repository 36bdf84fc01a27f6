"""Tries the page of the HTTP API in a real browser.

Usage: browser_docs.py PROGRAM PUBLIC
Starts PROGRAM (the gateway) on a port of its own; prints ok, or what went wrong.
"""

import subprocess
import sys
import tempfile

import dashboard_access as access
from browser import Browser, Gateway
from dashboard_page import number, text, texts, write
from support import expect, free_port, until

PROGRAM, PUBLIC = sys.argv[1:]
SHOWN = "document.querySelectorAll('.operation').length > 20"


def every_route(browser, gateway):
    browser.tab(gateway.url + "/docs")
    browser.wait("the routes", SHOWN)
    paths = gateway.get("/openapi.json")["paths"]
    wanted = sorted(f"{method.upper()} {path}" for path, item in paths.items() for method in item)
    found = browser.run("return [...document.querySelectorAll('.operation')].map((e) => e.ariaLabel)")
    expect("the routes", sorted(found), wanted)
    expect("links to them", browser.run(f"return {number('#links [data-words]')}"), len(wanted))
    for part in ("undefined", "[object Object]", "NaN"):
        expect(part, part in browser.run("return document.body.innerText"), False)
    # Every link inside the page leads somewhere.
    expect("dead links", browser.run("""
        return [...document.querySelectorAll('a[href^="#"]')].map((a) => a.getAttribute("href").slice(1))
            .filter((id) => !document.getElementById(id));
    """), [])
    expect("frames", len(texts(browser, "[id^=frame-]")), 14)
    expect("faults of the policy", [entry for entry in browser.driver.get_log("browser")
                                    if entry["level"] == "SEVERE"], [])


def commands(browser, gateway):
    """What the page offers to try works: for the routes that can be tried without more."""
    for operation in ("listRecords", "listSyncs", "getHealth", "getSigningKey", "push"):
        command = text(browser, f"#{operation} .bar pre")
        ran = subprocess.run(["bash", "-c", f"{command} -sf"], capture_output=True, text=True, timeout=20)
        expect(f"exit code of {command} ({ran.stdout})", ran.returncode, 0)


def finding(browser):
    write(browser, "#find", "post /sign")
    shown = "[...document.querySelectorAll('#links [data-words]')].filter((e) => !e.hidden).map((e) => e.innerText.replace(/\\s+/g, ' '))"
    browser.wait("one route", f"{shown}.length === 1")
    expect("what is found", browser.run(f"return {shown}"), ["POST /sign"])


def address(browser, gateway):
    """An address goes to its place, and opens it."""
    browser.tab(gateway.url + "/docs#problem-invalid-record")
    browser.wait("the problem", "document.querySelector('#problem-invalid-record')?.open === true")
    until("it is seen", lambda: browser.run("""
        const { top, bottom } = document.querySelector('#problem-invalid-record').getBoundingClientRect();
        return bottom > 0 && top < innerHeight;
    """))


def sizes(browser, gateway):
    """Nothing is wider than the page, in light and dark, on a desk and on a phone."""
    for width in (1280, 390):
        for theme in ("light", "dark"):
            browser.tab(gateway.url + "/docs")
            browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
                "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500})
            browser.run("localStorage.setItem('directory-gateway.theme', JSON.stringify(arguments[0]))", theme)
            browser.driver.refresh()
            browser.wait("the routes", SHOWN)
            expect(f"what is wider than the page at {width}", browser.run("""
                const page = document.documentElement;
                return page.scrollWidth - page.clientWidth;
            """), 0)
            access.check(browser, f"/docs, {width}, {theme}")
    browser.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def main():
    with tempfile.TemporaryDirectory() as directory:
        gateway = Gateway(PROGRAM, PUBLIC, free_port(), directory)
        browser = Browser()
        try:
            every_route(browser, gateway)
            commands(browser, gateway)
            finding(browser)
            address(browser, gateway)
            sizes(browser, gateway)
            print("ok")
        finally:
            browser.driver.quit()
            gateway.stop()


main()
