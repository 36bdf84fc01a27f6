"""Two thousand events in one burst must not hold up the dashboard: no frame above 100 ms.

Usage: browser_frames.py PROGRAM PUBLIC
Starts PROGRAM (the gateway) on a port of its own; prints ok, or what went wrong. It measures time,
so nothing else should be running: `make test` runs it when the other tests are done.
"""

import json
import sys
import tempfile

from browser import Browser, Gateway
from support import free_port, record

PROGRAM, PUBLIC = sys.argv[1:]
LONGEST = 100


def longest_frame(browser, gateway, lines):
    browser.tab(gateway.url)
    browser.wait("live", "document.querySelector('#state').dataset.state === 'live'")
    browser.run("""
        window.longest = 0;
        new PerformanceObserver((list) => {
            for (const { duration } of list.getEntries()) longest = Math.max(longest, duration);
        }).observe({ type: "longtask" });
        window.pushed = fetch("/push", { method: "POST", body: arguments[0],
            headers: { "content-type": "application/x-ndjson" } }).then((a) => a.text());
    """, lines)
    browser.wait("all events", "document.querySelector('#count').textContent.replace(/\\D/g, '') === '2000'")
    longest = browser.run("return longest")
    browser.driver.close()
    browser.driver.switch_to.window(browser.driver.window_handles[0])
    return longest


def main():
    lines = "\n".join(json.dumps(record(f"r{n}")) for n in range(2000))
    with tempfile.TemporaryDirectory() as directory:
        gateway = Gateway(PROGRAM, PUBLIC, free_port(), directory)
        browser = Browser()
        try:
            # The machine may be busy elsewhere: the best of some attempts is what the page takes.
            frames = []
            while len(frames) < 6 and min(frames, default=LONGEST + 1) > LONGEST:
                frames.append(longest_frame(browser, gateway, lines))
        finally:
            browser.driver.quit()
            gateway.stop()
    if min(frames) > LONGEST:
        raise SystemExit(f"the longest frames took {frames} ms")
    print("ok")


main()
