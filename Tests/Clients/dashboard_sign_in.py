"""The dashboard of a gateway that asks for a token (auth.mode: token): sign-in, what is offered, sign-out."""

import json
import tempfile
import urllib.request

from browser import Gateway
from dashboard_page import LIVE, ROWS, click, close, is_seen, text, write
from support import expect, free_port, record, secret

READER = secret("a-token-of-the-reader-in-the-browser")
OWNER = secret("a-token-of-the-owner-in-the-browser")


def push(gateway, name):
    message = urllib.request.Request(
        gateway.url + "/push", json.dumps(record(name)).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {OWNER}"})
    urllib.request.urlopen(message, timeout=10).close()


def sign_in(browser, token):
    browser.wait("the question", "document.querySelector('#sign-in').open")
    write(browser, "#sign-in-token", token)
    click(browser, "#sign-in [type=submit]")


def sign_out(browser, subject):
    click(browser, "#account summary")
    expect("who is signed in", text(browser, "#account summary"), subject)
    click(browser, "#account button")
    browser.wait("the question again", "document.querySelector('#sign-in').open")


def use(browser, gateway):
    push(gateway, "before")
    browser.tab(gateway.url + "/#live")
    sign_in(browser, READER[:-1] + "x")
    browser.wait("the refusal", "document.querySelector('#sign-in-error').textContent === 'The token is not known.'")
    sign_in(browser, READER)
    browser.wait("the stream", LIVE)
    expect("the push button", is_seen(browser, "#open-push"), False)
    expect("the subscribers", is_seen(browser, "nav a[href='#subscribers']"), False)
    push(gateway, "heard")
    browser.wait("its event", f"{ROWS} >= 1 && document.querySelector('#events').textContent.includes('heard')")
    kept = browser.run("return JSON.stringify({ ...localStorage, ...sessionStorage }) + document.cookie")
    expect("the token is kept nowhere that scripts can read", READER in kept or "session" in kept, False)
    sign_out(browser, "reader")
    # The stream has ended with the session: nothing comes any more.
    push(gateway, "unheard")
    expect("a request of the page", browser.run("return fetch('/session').then(({ status }) => status)"), 401)
    sign_in(browser, OWNER)
    browser.wait("the stream of another subject", LIVE)
    browser.wait("what that one may do", "document.querySelector('#open-push').checkVisibility()")
    expect("the subscribers", is_seen(browser, "nav a[href='#subscribers']"), True)
    sign_out(browser, "owner")
    close(browser)


def all_of(browser, program, public):
    with tempfile.TemporaryDirectory() as directory:
        gateway = Gateway(
            program, public, free_port(), directory, "--set", "auth.mode=token", "--set",
            f"auth.tokens=name=reader token={READER} scopes=events:read|records:read,"
            f"name=owner token={OWNER} scopes=events:read|records:read|records:write|webhooks|admin")
        try:
            use(browser, gateway)
        finally:
            gateway.stop()
