"""The page of the webhooks, with a receiver that accepts, and then refuses."""

import http.server
import tempfile
import threading

import dashboard_access as access
import dashboard_phone as phone
from browser import Gateway
from dashboard_page import click, close, number, press_in, screen, text, texts, write
from support import expect, free_port, record, until

ITEM = "#webhook-list > li"


class Receiver:
    """Keeps what it receives, and answers with `status`."""

    def __init__(self):
        self.status, self.received = 204, []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *arguments):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.received.append((self.headers["webhook-id"], body))
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/events"


def webhooks(browser, gateway):
    receiver = Receiver()
    browser.tab(gateway.url + "/#webhooks")
    browser.wait("none", "document.querySelector('#no-webhooks').textContent.startsWith('No webhooks yet')")
    write(browser, "#add-webhook [name=url]", receiver.url)
    write(browser, "#add-webhook [name=types]", "RECORD_PUSHED, RECORD_DELETED")
    click(browser, "#add-webhook button")
    browser.wait("the secret", "document.querySelector('#secret').open")
    expect("the secret", text(browser, "#secret-text").startswith("whsec_"), True)
    click(browser, "#secret [value=close]")
    browser.wait("it is gone", "document.querySelector('#secret-text').textContent === ''")
    browser.wait("the webhook", f"{number(ITEM)} === 1")
    expect("what it receives", "types: RECORD_PUSHED, RECORD_DELETED, as standard" in text(browser, ITEM), True)
    press_in(browser, ITEM, "Test")
    browser.wait("the test", "document.querySelector('#toast').textContent === 'The receiver has taken the test.'")
    press_in(browser, ITEM, "Deliveries")
    browser.wait("its delivery", f"{number(ITEM + ' [data-outcome=succeeded]')} === 1")
    cid = gateway.post("/push", record("for a webhook", "s1"))["cid"]
    until("the event", lambda: any(cid.encode() in body for _, body in receiver.received))
    browser.wait("two deliveries", f"{number(ITEM + ' [data-outcome=succeeded]')} === 2")
    receiver.status = 500
    gateway.delete(f"/records/{cid}")
    browser.wait("it fails", f"document.querySelector('{ITEM}').dataset.state === 'retrying'")
    expect("in words", "status 500" in text(browser, ITEM) and "1 event behind" in text(browser, ITEM), True)
    expect("in all", text(browser, "#webhook-total"), "1 webhook: 1 failing")
    press_in(browser, ITEM, "Disable")
    browser.wait("it is disabled", f"document.querySelector('{ITEM}').dataset.state === 'disabled'")
    press_in(browser, ITEM, "Remove")
    browser.wait("the question", "document.querySelector('#ask').open")
    click(browser, "#ask [value=yes]")
    browser.wait("it is gone", f"{number(ITEM)} === 0")
    expect("at the gateway", gateway.get("/webhooks")["webhooks"], [])
    write(browser, "#add-webhook [name=url]", "http://169.254.169.254/")
    click(browser, "#add-webhook button")
    browser.wait("the refusal", "document.querySelector('#toast').textContent.length > 10")
    expect("nothing is stored", texts(browser, ITEM), [])
    receiver.server.shutdown()
    close(browser)


def looks(browser, gateway):
    """Its colors and its width, with a webhook in each state and the deliveries of one."""
    receiver = Receiver()
    for state in ("enabled", "retrying", "disabled"):
        hook = gateway.post("/webhooks", {
            "url": f"{receiver.url}/{'long' * 40}", "description": state, "types": ["RECORD_PUSHED"]})
        if state == "disabled":
            gateway.post(f"/webhooks/{hook['id']}/disable", {})
        elif state == "retrying":
            receiver.status = 500
        gateway.post("/push", record(f"seen {state}", "s1"))
        until(state, lambda hook=hook, state=state: gateway.get(f"/webhooks/{hook['id']}")["attempts"] or state == "disabled")
    for scheme in ("light", "dark"):
        for width in (1280, *phone.WIDTHS):
            browser.tab(gateway.url + "/#webhooks")
            access.colors(browser, scheme)
            screen(browser, width)
            browser.driver.refresh()
            browser.wait("the webhooks", f"{number(ITEM)} === 3")
            press_in(browser, ITEM, "Deliveries")
            browser.wait("deliveries", f"{number(ITEM + ' [data-outcome]')} > 0")
            access.check(browser, f"webhooks, {scheme}, {width}")
            if width in phone.WIDTHS:
                phone.fits(browser, "webhooks", width)
            close(browser)
    receiver.server.shutdown()


def all_of(browser, program, public):
    with tempfile.TemporaryDirectory() as directory:
        gateway = Gateway(program, public, free_port(), directory)
        try:
            webhooks(browser, gateway)
            looks(browser, gateway)
        finally:
            gateway.stop()
