"""Tries the dashboard in a real browser, as people use it.

Usage: browser_dashboard.py PROGRAM PUBLIC
Starts PROGRAM (the gateway) on a port of its own; prints ok, or what went wrong.
"""

import sys
import tempfile

import dashboard_access as access
import dashboard_changed as changed
import dashboard_drawer as drawer
import dashboard_filters as filters
import dashboard_history as history
import dashboard_live as live
import dashboard_outage as outage
import dashboard_overview as overview
import dashboard_phone as phone
import dashboard_records as records
import dashboard_sign_in as sign_in
import dashboard_text as words
import dashboard_webhooks as webhooks
from browser import Browser, Gateway
from dashboard_page import ROWS, click, number, text, texts, write
from support import expect, free_port

PROGRAM, PUBLIC = sys.argv[1:]
# The cid of the bytes "absent", which no record has.
ABSENT = "baeareic22obqjnjvykmh3pjemv6buenyqsme75qa3hzytxvq2ttdj7xhsi"


def syncs(browser, gateway):
    browser.tab(gateway.url + "/#syncs")
    write(browser, "#start-sync [name=remote]", gateway.url)
    click(browser, "#start-sync button")
    browser.wait("its end", "document.querySelector('[data-status=COMPLETED]') !== null")
    write(browser, "#start-sync [name=cids]", ABSENT)
    click(browser, "#start-sync button")
    browser.wait("the other's", "document.querySelector('[data-status=FAILED] .bad')?.textContent.includes('baeareic22')")
    expect("the states in words", [texts(browser, f"[data-status={each}] .state") for each in ("COMPLETED", "FAILED")],
           [["completed"], ["failed"]])
    expect("how long it took", "took" in text(browser, "[data-status=COMPLETED]"), True)
    browser.run("document.querySelector('[data-status=FAILED] button:not(.bare)').click()")
    browser.wait("it failed again", f"{number('[data-status=FAILED]')} === 2")
    expect("in all", text(browser, "#sync-total"), "3 syncs: 2 failed, 1 completed")
    click(browser, "[data-status=FAILED] a")
    browser.wait("its events", f"document.querySelector('nav [aria-current]').textContent === 'Live' && {ROWS} === 2")
    browser.driver.back()
    browser.tab(gateway.url + "/#subscribers")
    browser.wait("who listens", "document.querySelectorAll('#subscriber-list tr').length > 0")


def main():
    port = free_port()
    with tempfile.TemporaryDirectory() as directory:
        def start():
            # The pages begin empty, so that what they show is what a test has done.
            return Gateway(PROGRAM, PUBLIC, port, directory, "--set", "events.recent.max_events=0")
        gateway = start()
        browser = Browser()
        try:
            overview.overview(browser, gateway)
            overview.settings(browser, gateway)
            overview.keys(browser, gateway)
            live.filters(browser, gateway)
            live.list_of_events(browser, gateway)
            drawer.rows(browser, gateway)
            drawer.drawer(browser, gateway)
            drawer.phone(browser, gateway)
            drawer.bytes_as_received(browser, gateway)
            filters.excluded(browser, gateway)
            filters.kept(browser, gateway)
            filters.searched(browser, gateway)
            filters.selected(browser, gateway)
            live.burst(browser, gateway)
            live.changed_filter(browser, gateway)
            live.taken_over(browser, gateway)
            records.push(browser, gateway)
            records.broken(browser, gateway)
            records.lines(browser, gateway)
            records.records(browser, gateway)
            records.buttons(browser, gateway)
            records.looking(browser, gateway)
            records.following(browser, gateway)
            records.absent(browser, gateway)
            records.more(browser, gateway)
            words.controls(browser, gateway)
            syncs(browser, gateway)
            changed.all_of(browser, gateway)
            phone.phone(browser, gateway)
            access.accessibility(browser, gateway)
            access.deleted(browser, gateway)
            gateway = outage.restart(browser, gateway, start)
            gateway = live.gap(browser, gateway, start)
            gateway = outage.away(browser, gateway, start)
            live.dropped(browser, PUBLIC)
            outage.no_room(browser, PROGRAM, PUBLIC)
            sign_in.all_of(browser, PROGRAM, PUBLIC)
            history.all_of(browser, PROGRAM, PUBLIC)
            webhooks.all_of(browser, PROGRAM, PUBLIC)
        finally:
            browser.driver.quit()
            gateway.stop()
    print("ok")


main()
