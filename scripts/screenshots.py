"""Makes the pictures of the dashboard for the README.

Usage: screenshots.py PROGRAM FOLDER
Starts PROGRAM (the gateway) with the dashboard of this repository and some life in it.
"""

import http.server
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM, FOLDER = sys.argv[1:]
# The cid of the bytes "absent", which no record has.
ABSENT = "baeareic22obqjnjvykmh3pjemv6buenyqsme75qa3hzytxvq2ttdj7xhsi"


def request(url, method="GET", body=None):
    data = json.dumps(body).encode() if body is not None else None
    message = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(message, timeout=10) as answer:
        return answer.read()


def live(url):
    """What a Directory in use does."""
    random.seed(7)
    records = [json.loads(path.read_text()) for path in sorted((ROOT / "examples/records").iterdir())]
    cids = [json.loads(request(f"{url}/push", "POST", record))["cid"] for record in records]
    request(f"{url}/sync", "POST", {"remote_directory_url": url})
    request(f"{url}/sync", "POST", {"remote_directory_url": url, "cids": [ABSENT]})
    for cid in cids[1:4]:
        request(f"{url}/sign", "POST", {"cid": cid})
    for _ in range(20):
        for _ in range(random.randint(1, 9)):
            cid = random.choice(cids)
            match random.randint(0, 5):
                case 0: request(f"{url}/publish", "POST", {"cids": [cid]})
                case 1: request(f"{url}/push", "POST", random.choice(records))
                case 2: request(f"{url}/unpublish", "POST", {"cids": [cid]})
                case _: request(f"{url}/records/{cid}")
        time.sleep(0.5)
    request(f"{url}/records/{cids[0]}", "DELETE")
    request(f"{url}/push", "POST", records[0])
    request(f"{url}/publish", "POST", {"cids": cids[:3]})


class Receiver(http.server.BaseHTTPRequestHandler):
    """Takes the messages of webhooks, but not below /broken."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(503 if self.path.startswith("/broken") else 204)
        self.end_headers()

    def log_message(self, *arguments):
        pass


def hooks(url):
    """Webhooks of which one works, one fails and one is disabled."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_address[1]}"
    for path, more in (("audit", {"description": "audit trail"}),
                       ("broken", {"description": "alerts", "types": ["SYNC_FAILED", "RECORD_PUSHED"]}),
                       ("old", {"description": "the old receiver", "format": "cloudevents"})):
        added = json.loads(request(f"{url}/webhooks", "POST", {"url": f"{base}/{path}", **more}))
    request(f"{url}/webhooks/{added['id']}/disable", "POST")
    live(url)


def browser():
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for flag in ("--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(flag)
    if os.getuid() == 0:
        options.add_argument("--no-sandbox")
    return webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))


def main():
    pathlib.Path(FOLDER).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as directory:
        gateway = subprocess.Popen(
            [PROGRAM, "--listen-address", "127.0.0.1:0", "--data-dir", directory,
             "--set", f"dashboard.directory={ROOT / 'public'}",
             "--set", "outbound.allowed_remotes=public,loopback"], stderr=subprocess.PIPE, text=True)
        url = next(line for line in gateway.stderr if "url=" in line).split("url=")[1].split()[0]
        threading.Thread(target=gateway.stderr.read, daemon=True).start()
        driver = browser()

        def look(name, width, height, scheme, page="", click=None):
            driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
                "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600})
            driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
                "features": [{"name": "prefers-color-scheme", "value": scheme}]})
            if page:
                driver.get("about:blank")
                driver.get(url + page)
            time.sleep(1.5)
            if click:
                driver.execute_script(
                    "[...document.querySelectorAll('#record button')].find((b) => b.textContent === arguments[0]).click()", click)
                time.sleep(0.5)
            driver.save_screenshot(f"{FOLDER}/{name}.png")
            for entry in driver.get_log("browser"):
                print(f"{name}: {entry['level']} {entry['message']}", file=sys.stderr)
            print(f"screenshots: {FOLDER}/{name}.png", file=sys.stderr)

        try:
            driver.get(url + "/#live")
            live(url)
            look("live-light", 1280, 720, "light")
            driver.execute_script("document.querySelectorAll('#events .open')[3].click()")
            look("event", 1280, 720, "dark")
            driver.back()
            look("live-phone", 390, 844, "light")
            driver.get(url + "/#overview")
            threading.Thread(target=live, args=(url,), daemon=True).start()
            time.sleep(10)
            look("overview", 1280, 800, "light")
            cid = next(each["cid"] for each in json.loads(request(f"{url}/records"))["records"] if each["signatures"])
            look("record", 1280, 800, "dark", f"/#records/{cid}", click="Verify")
            look("syncs", 1280, 720, "dark", "/#syncs")
            look("subscribers", 1280, 720, "light", "/#subscribers")
            hooks(url)
            look("webhooks", 1280, 720, "light", "/#webhooks")
            driver.get(f"{url}/#live")
            driver.execute_script(
                "document.querySelector('#open-push').click();"
                "const field = document.querySelector('#push-text');"
                "field.value = JSON.stringify({name: 7, version: 'v1', skills: [{}]}, null, 2);"
                "field.dispatchEvent(new Event('input'));"
                "document.querySelector('#push-send').click();")
            look("push", 1280, 720, "light")
        finally:
            driver.quit()
            gateway.terminate()
            gateway.wait(15)


main()
