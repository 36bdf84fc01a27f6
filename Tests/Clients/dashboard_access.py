"""Accessibility, as far as axe finds faults in it."""

import importlib.util
import pathlib

from dashboard_page import LIVE, ROWS, close, number, only, screen
from support import expect, record

AXE = (pathlib.Path(importlib.util.find_spec("axe_core_python").origin).parent / "axe.min.js").read_text()
CHECK = AXE + """
    return axe.run({ resultTypes: ["violations"] }).then(({ violations }) => violations.flatMap((v) =>
        v.nodes.map((n) => `${v.id}: ${n.html.slice(0, 120)} ${n.failureSummary}`)));
"""


def check(browser, what, is_tested=True):
    found = browser.run(CHECK)
    if found:
        raise AssertionError(f"{what}: {found[:3]}")
    if not is_tested:
        return
    # And it does look: what is planted is found.
    browser.run("document.querySelector('main').append(new Image())")
    expect("planted faults", [fault.split(":")[0] for fault in browser.run(CHECK)], ["image-alt"])
    browser.run("document.querySelector('main > img').remove()")


def colors(browser, scheme):
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
        "features": [{"name": "prefers-color-scheme", "value": scheme},
                     {"name": "prefers-reduced-motion", "value": "reduce"}]})


# What can be opened in a view, one after the other.
OPENED = {
    "overview": {
        "settings": "document.querySelector('#settings').open = true",
        "shortcuts": "document.querySelector('#settings').open = false; document.querySelector('#open-keys').click()",
        "sign-in": "document.querySelector('#keys').close(); document.querySelector('#sign-in').showModal()",
    },
    "live": {
        "filter": "document.querySelector('#filter-menu').open = true",
        "more": "document.querySelector('#more-menu').open = true",
        "event": "document.querySelector('#more-menu').open = false; document.querySelector('#events .open').click()",
        "selection": """
            const plot = document.querySelector("#live-chart .plot");
            for (const key of ["ArrowLeft", "ArrowLeft"]) {
                plot.dispatchEvent(new KeyboardEvent("keydown", { key, shiftKey: true, bubbles: true }));
            }
        """,
        "push": """
            document.querySelector("#open-push").click();
            const field = document.querySelector("#push-text");
            field.value = '{"a": 1,}';
            field.dispatchEvent(new Event("input"));
            document.querySelector("#push-send").click();
        """,
    },
}


def accessibility(browser, gateway):
    cid = gateway.post("/push", record("accessible", "s1"))["cid"]
    gateway.post("/sign", {"cid": cid})
    for scheme in ("light", "dark"):
        for width in (1280, 390):
            for view in ("overview", "live", "records", f"records/{cid}", "syncs", "subscribers"):
                browser.tab(f"{gateway.url}/#{view}")
                colors(browser, scheme)
                screen(browser, width)
                browser.driver.refresh()
                browser.wait("live", LIVE)
                prepare(browser, gateway, view)
                check(browser, f"{view}, {scheme}, {width}")
                for name, script in OPENED.get(view, {}).items():
                    browser.run(script)
                    check(browser, f"{view}, {name}, {scheme}, {width}", is_tested=False)
                close(browser)
    gateway.delete(f"/records/{cid}")


def prepare(browser, gateway, view):
    """Brings something into the view."""
    if view == "live":
        newest = gateway.get("/records?limit=1")["records"][0]["cid"]
        gateway.post("/publish", {"cids": [newest]})
        browser.wait("rows", f"{ROWS} > 0")
        only(browser, "RECORD_PUBLISHED")
        browser.wait("live, with a mark", f"{LIVE} && {number('.mark')} === 1")
    elif view == "records":
        browser.wait("records", f"{number('#record-list li')} > 0")
    elif view == "overview":
        browser.wait("the tiles", f"{number('#tiles .tile')} > 4 && {number('#top-labels li')} > 0")
    elif view == "subscribers":
        browser.wait("who listens", f"{number('#subscriber-list tr')} > 0")
    elif view != "syncs":
        browser.wait("the record", f"{number('#record .lines .good')} === 1")


def deleted(browser, gateway):
    """A record that was deleted while it was open."""
    for scheme in ("light", "dark"):
        cid = gateway.post("/push", record("accessible", "s2"))["cid"]
        browser.tab(f"{gateway.url}/#records/{cid}")
        colors(browser, scheme)
        browser.wait("the record", f"{LIVE} && {number('#record .operations')} === 1")
        gateway.delete(f"/records/{cid}")
        browser.wait("its end", f"{number('#record .operations')} === 0")
        check(browser, f"deleted, {scheme}")
        close(browser)
