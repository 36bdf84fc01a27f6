"""Filters: what is excluded, what is kept, and the way through the address."""

import urllib.parse

from support import expect, record
from dashboard_page import LIVE, ROWS, click, close, number, open_filter, reset, text, texts, write


def query(browser):
    return urllib.parse.urlparse(browser.driver.current_url).query


def excluded(browser, gateway):
    """An excluded type is not sent; excluded labels are not shown, and come back without the exclusion."""
    browser.tab(gateway.url + "/#live")
    browser.wait("live", LIVE)
    cids = [gateway.post("/push", record(f"excluded {n}", f"skill-{n}"))["cid"] for n in (1, 2)]
    gateway.post("/publish", {"cids": cids})
    browser.wait("the rows", f"{ROWS} === 4")
    browser.run("document.querySelector('#types [data-type=RECORD_PUBLISHED] .not').click()")
    browser.wait("live", LIVE)
    browser.wait("without the type", f"{ROWS} === 2")
    expect("the address", query(browser), "not_types=RECORD_PUBLISHED")
    expect("the command asks for the others", "RECORD_PUBLISHED" not in text(browser, "#curl") and "RECORD_PUSHED" in text(browser, "#curl"), True)
    open_filter(browser)
    write(browser, "#filter [name=not_labels]", "skill-2")
    click(browser, "#filter [type=submit]")
    browser.wait("without the label", f"{ROWS} === 1")
    expect("the menu is closed", browser.run("return document.querySelector('#filter-menu').open"), False)
    expect("in words", texts(browser, "#tokens .token bdi"), ["not type Published", "not label skill-2"])
    expect("the number", text(browser, "#filter-count"), "2")
    gateway.post("/push", record("excluded 2", "skill-2"))
    gateway.post("/push", record("excluded 1", "skill-1"))
    browser.wait("one more", f"{ROWS} === 2")
    click(browser, "#tokens .token:last-child")
    browser.wait("what was excluded", f"{ROWS} === 4")
    expect("the address", query(browser), "not_types=RECORD_PUBLISHED")
    reset(browser)
    browser.wait("live", LIVE)
    for cid in cids:
        gateway.delete(f"/records/{cid}")
    close(browser)


def kept(browser, gateway):
    """A filter with a name and the last filters are there after a reload."""
    browser.tab(gateway.url + "/?labels=/skills/kept#live")
    browser.wait("live", LIVE)
    open_filter(browser)
    write(browser, "#save-filter [name=name]", "mine <b>")
    click(browser, "#save-filter button")
    reset(browser)
    browser.wait("no filter", "location.search === ''")
    browser.driver.refresh()
    browser.wait("live", LIVE)
    open_filter(browser)
    expect("the saved one", texts(browser, "#saved-list .choice"), ["mine <b>"])
    expect("the recent ones", text(browser, "#recent-list .choice"), "label /skills/kept")
    click(browser, "#saved-list .choice")
    browser.wait("the filter", "location.search === '?labels=%2Fskills%2Fkept'")
    expect("the form", browser.run("return document.querySelector('#filter [name=labels]').value"), "/skills/kept")
    open_filter(browser)
    click(browser, "#saved-list .bare")
    browser.wait("it is forgotten", f"{number('#saved-list .choice')} === 0")
    close(browser)


def searched(browser, gateway):
    """The search in the shown events is in the address, and finds names."""
    cid = gateway.post("/push", record("searched for", "s1"))["cid"]
    browser.tab(gateway.url + "/?find=searched%20f#live")
    browser.wait("live", LIVE)
    expect("the field", browser.run("return document.querySelector('#search').value"), "searched f")
    gateway.post("/publish", {"cids": [cid]})
    gateway.post("/push", record("another", "s1"))
    browser.wait("its row", f"{ROWS} === 1")
    write(browser, "#search", "anoth")
    browser.wait("the address", "location.search === '?find=anoth'")
    browser.wait("the other row", "document.querySelector('#events .open')?.textContent === 'another v1'")
    gateway.delete(f"/records/{cid}")
    close(browser)


def selected(browser, gateway):
    """A time that is selected in the chart limits the list, by mouse and by keys."""
    browser.tab(gateway.url + "/#live")
    browser.wait("live", LIVE)
    gateway.post("/push", record("charted", "s1"))
    browser.wait("a row", f"{ROWS} === 1")
    browser.wait("the legend", "document.querySelector('#live-chart .legend').textContent === 'Pushed 1'")
    drag(browser, 0.1, 0.3)
    browser.wait("nothing in that time", f"{ROWS} === 0 && {number('#tokens .token')} === 1")
    expect("it says why", text(browser, "#empty"), "No received event is in the selected time.")
    click(browser, "#tokens .token")
    browser.wait("all", f"{ROWS} === 1")
    drag(browser, 0.2, 0.2)
    browser.wait("one part is selected", f"{ROWS} === 0 && {number('#tokens .token')} === 1")
    drag(browser, 0.999, 0.999)
    browser.wait("the selection reaches to the other click", f"{ROWS} === 1 && {number('#tokens .token')} === 1")
    drag(browser, 0.5, 0.5)
    browser.wait("a click within ends it", f"{number('#tokens .token')} === 0")
    drag(browser, 0.8, 1)
    browser.wait("it is in this time", f"{ROWS} === 1 && {number('#tokens .token')} === 1")
    browser.run("""
        const plot = document.querySelector("#live-chart .plot");
        plot.focus();
        for (const key of ["Escape", "ArrowLeft", "ArrowLeft", "ArrowLeft"]) {
            plot.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, shiftKey: key !== "Escape" }));
        }
    """)
    browser.wait("a time is selected", f"{number('#tokens .token')} === 1")
    expect("the values are said", "–" in text(browser, "#live-chart [role=status]"), True)
    close(browser)


def drag(browser, start, end):
    browser.run("""
        const plot = document.querySelector("#live-chart .plot");
        const { left, width, top } = plot.getBoundingClientRect();
        const at = (part) => ({ clientX: left + part * width, clientY: top + 20, pointerId: 1, bubbles: true, button: 0, pointerType: "mouse" });
        plot.setPointerCapture = () => {};
        plot.dispatchEvent(new PointerEvent("pointerdown", at(arguments[0])));
        plot.dispatchEvent(new PointerEvent("pointermove", at(arguments[1])));
        plot.dispatchEvent(new PointerEvent("pointerup", at(arguments[1])));
    """, start, end)
