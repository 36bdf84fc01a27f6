"""On a phone: nothing is wider than the screen, and what is tapped comes into sight."""

from dashboard_page import LIVE, click, close, is_seen, number, only, screen
from support import expect, record

# 320 px: WCAG 1.4.10.
WIDTHS = (320, 390)
LONG = "m" * 150


def fits(browser, what, width):
    found = browser.run("return Math.max(document.documentElement.scrollWidth, document.body.scrollWidth, innerWidth)")
    if found > width:
        widest = browser.run("""
            return [...document.querySelectorAll("*")].filter((e) => e.getBoundingClientRect().right > arguments[0])
                .map((e) => e.outerHTML.slice(0, 100)).slice(0, 5);
        """, width)
        raise AssertionError(f"{what} is {found} px wide on {width} px: {widest}")


def phone(browser, gateway):
    cid = gateway.post("/push", record(f"long {LONG}", LONG))["cid"]
    gateway.post("/sign", {"cid": cid})
    for width in WIDTHS:
        browser.tab(gateway.url + "/#live")
        screen(browser, width)
        browser.driver.refresh()
        browser.wait("live", LIVE)
        gateway.post("/publish", {"cids": [cid]})
        browser.run("document.querySelector('#filter [name=labels]').value = arguments[0]", LONG)
        only(browser, "RECORD_PUBLISHED")
        browser.wait("a mark", f"{number('.mark')} === 1")
        for view in ("overview", "live", "records", f"records/{cid}", "syncs", "subscribers"):
            browser.run("location.hash = arguments[0]", view)
            browser.wait("the view", f"document.querySelector('#{view.split('/')[0]}').checkVisibility()")
            if "/" in view:
                browser.wait("the signature", f"{number('#record .lines .good')} === 1")
            fits(browser, view, width)
        click(browser, "#open-push")
        browser.run("document.querySelector('#push-text').value = JSON.stringify({ name: 7, skills: [{}] })")
        click(browser, "#push-send")
        browser.wait("the faults", f"{number('#faults li')} > 2")
        fits(browser, "the push dialog", width)
        close(browser)
    tapped(browser, gateway)
    gateway.delete(f"/records/{cid}")


def tapped(browser, gateway):
    browser.tab(gateway.url + "/#records")
    screen(browser, WIDTHS[0])
    browser.wait("the list", f"{number('#record-list li')} === 50")
    browser.run("document.querySelectorAll('#record-list .title')[40].scrollIntoView()")
    before = browser.run("return scrollY")
    if before < 800:
        raise AssertionError(f"the list was scrolled by {before} px only")
    browser.run("document.querySelectorAll('#record-list .title')[40].click()")
    browser.wait("the record", f"{number('#record .operations')} === 1")
    place = browser.run("const { top, bottom } = document.querySelector('#record h2').getBoundingClientRect(); return [top, bottom]")
    if place[0] < 0 or place[1] > 800:
        raise AssertionError(f"the record is at {place} of 800")
    click(browser, "#record .back")
    browser.wait("the list", "document.querySelector('#record-list').checkVisibility()")
    browser.wait("where it was", f"Math.abs(scrollY - {before}) < 5")
    expect("the focus", browser.run("return [...document.querySelectorAll('#record-list .title')].indexOf(document.activeElement)"), 40)
    expect("the record", is_seen(browser, "#record"), False)
    close(browser)
