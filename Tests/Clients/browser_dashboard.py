"""Tries the dashboard in a real browser, as people use it.

Usage: browser_dashboard.py PROGRAM PUBLIC
Starts PROGRAM (the gateway) on a port of its own; prints ok, or what went wrong.
"""

import sys
import tempfile

import dashboard_access as access
import dashboard_live as live
import dashboard_outage as outage
import dashboard_phone as phone
import dashboard_records as records
import dashboard_text as words
from browser import Browser, Gateway
from dashboard_page import click, write
from support import free_port

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
    browser.tab(gateway.url + "/#subscribers")
    browser.wait("who listens", "document.querySelectorAll('#subscriber-list tr').length > 0")


def main():
    port = free_port()
    with tempfile.TemporaryDirectory() as directory:
        def start():
            return Gateway(PROGRAM, PUBLIC, port, directory)
        gateway = start()
        browser = Browser()
        try:
            live.filters(browser, gateway)
            live.list_of_events(browser, gateway)
            live.burst(browser, gateway)
            live.changed_filter(browser, gateway)
            live.taken_over(browser, gateway)
            records.push(browser, gateway)
            records.records(browser, gateway)
            records.following(browser, gateway)
            records.absent(browser, gateway)
            records.more(browser, gateway)
            words.controls(browser, gateway)
            syncs(browser, gateway)
            phone.phone(browser, gateway)
            access.accessibility(browser, gateway)
            access.deleted(browser, gateway)
            gateway = outage.restart(browser, gateway, start)
            gateway = live.gap(browser, gateway, start)
            gateway = outage.away(browser, gateway, start)
            live.dropped(browser, PUBLIC)
            outage.no_room(browser, PROGRAM, PUBLIC)
        finally:
            browser.driver.quit()
            gateway.stop()
    print("ok")


main()
