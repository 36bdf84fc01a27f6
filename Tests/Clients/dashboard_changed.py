"""The dashboard in front of gateways that are older, forbid something, or say something else."""

import json

import changed_gateway
from support import expect, record
from dashboard_page import LIVE, ROWS, click, close, exported, is_seen, number, text, texts, write

JSON = "application/json"
PROBLEM = "application/problem+json"


def refused(status, detail):
    return lambda request: (status, PROBLEM, {"status": status, "detail": detail})


def recent(browser, gateway):
    """The last events are there when the page is opened, once, and as they were received."""
    lines = ['{"id":"00000000-0000-7000-8000-00000000000%d","type":"EVENT_TYPE_RECORD_PULLED","timestamp":"2026-01-02T03:04:0%d.000006Z","resource_id":"bae\\u00e9%d","labels":["/a,]b"]}'
             % (n, n, n) for n in (1, 2)]
    changes = {"GET /events/recent": lambda request: (200, JSON, ('{"events":[%s]}' % " , ".join(lines)).encode())}
    with changed_gateway.served(gateway, changes, {"/events/recent": {"get": []}}) as address:
        browser.tab(address + "/#live")
        browser.wait("the events", f"{ROWS} === 2")
        browser.wait("live", LIVE)
        gateway.post("/push", record("after them"))
        browser.wait("a new one", f"{ROWS} === 3")
        expect("newest first", browser.run("return [...document.querySelectorAll('#events .row')].map((r) => r.dataset.type)"),
               ["RECORD_PUSHED", "BEFORE", "RECORD_PULLED", "RECORD_PULLED"])
        expect("as received", exported(browser)[:2], lines)
        close(browser)


def peek(browser, gateway):
    """With a route for it, the content is there without an event."""
    mine = record("peeked at")
    cid = gateway.post("/push", mine)["cid"]
    changes = {f"GET /records/{cid}": lambda request: (
        (200, JSON, mine) if request.query.get("peek") == "1" else (500, PROBLEM, {"detail": "it was pulled"}))}
    with changed_gateway.served(gateway, changes, {"/records/{cid}": {"get": ["peek"]}}) as address:
        browser.tab(f"{address}/#records/{cid}")
        browser.wait("the content", "document.querySelector('#record pre')?.textContent.includes('peeked at')")
        expect("its description", text(browser, "#record .about"), "d")
        close(browser)


def search(browser, gateway):
    """With a search for words, the words go to it, and the total is shown."""
    asked = []

    def listing(request):
        if "q" not in request.query:
            return None
        asked.append(request.query["q"])
        return 200, JSON, {"records": [], "total": 0}

    with changed_gateway.served(gateway, {"GET /records": listing}, {"/records": {"get": ["q"]}}) as address:
        browser.tab(f"{address}/#records?q=two%20words")
        browser.wait("nothing", "document.querySelector('#no-records').textContent === 'No matching records.'")
        expect("the words", asked[-1], "two words")
        expect("the total", text(browser, "#record-total"), "0 of 0 records")
        expect("the field", browser.run("return document.querySelector('#find [name=q]').value"), "two words")
        close(browser)


def subscriber(number, **members):
    return {"id": number, "address": f"192.0.2.{number}:1", "since": "2026-01-02T03:04:05Z", "format": "text/event-stream",
            "filter": {}, "delivered": 10 * number, "dropped": 0, "queued": 0, **members}


def subscribers(browser, gateway):
    """Client, lag, slow badge, sorting, several pages, disconnecting."""
    pages = [[subscriber(1, user_agent="curl/7.88"), subscriber(2, queued=90, user_agent="Mozilla/5.0 Firefox/130.0")],
             [subscriber(3, delivered=500, user_agent="dirctl/1")]]
    removed = []

    def listing(request):
        page = int(request.query.get("after") or 0)
        return 200, JSON, {"subscribers": pages[page], **({"next": "1"} if page == 0 else {})}

    def remove(request):
        removed.append(request.path)
        return 204, JSON, b""

    with changed_gateway.served(gateway, {"GET /subscribers": listing, "DELETE /subscribers/*": remove},
                                {"/subscribers/{id}": {"delete": []}}) as address:
        browser.tab(f"{address}/#subscribers")
        browser.wait("all pages", f"{number('#subscriber-list tr')} === 3")
        expect("the largest lag first", texts(browser, "#subscriber-list td:first-child"), ["Firefox", "curl/7.88", "dirctl/1"])
        expect("the slow one", browser.run("return document.querySelector('#subscriber-list .slow').closest('tr').dataset.id"), "2")
        expect("in words", text(browser, "#subscriber-total"), "3 subscribers, 1 slow")
        browser.run("[...document.querySelectorAll('.sort')].find((b) => b.textContent.startsWith('Delivered')).click()")
        expect("sorted", texts(browser, "#subscriber-list td:first-child"), ["dirctl/1", "Firefox", "curl/7.88"])
        expect("it says so", browser.run("return document.querySelector('[aria-sort]').textContent + document.querySelector('[aria-sort]').ariaSort"),
               "Delivered ▾descending")
        browser.run("document.querySelector('#subscriber-list tr[data-id=\"3\"] button').click()")
        browser.wait("the question", "document.querySelector('#ask').open")
        click(browser, "#ask [value=yes]")
        browser.wait("it is done", "document.querySelector('#toast').textContent === 'Disconnected.'")
        expect("the request", removed, ["/subscribers/3"])
        close(browser)


def forbidden(browser, gateway):
    """What the user must not see is said to be so; the rest is shown."""
    changes = {"GET /metrics": refused(403, "needs admin"), "GET /subscribers": refused(403, "needs admin"),
               "GET /readyz": refused(401, "needs admin")}
    with changed_gateway.served(gateway, changes) as address:
        browser.tab(address)
        browser.wait("the tiles", f"{number('#tiles .tile')} > 4")
        browser.wait("the records", "!document.querySelector('#tiles .tile:first-child').classList.contains('unknown')")
        words = text(browser, "#overview")
        for part in ("readiness: not allowed for you", "Metrics: not allowed for you", "from the stream of this page"):
            expect(part, part in words, True)
        expect("no banner", is_seen(browser, "#away"), False)
        browser.run("location.hash = 'subscribers'")
        browser.wait("the reason", "document.querySelector('#no-subscribers').textContent === 'Not shown: needs admin'")
        close(browser)
    with changed_gateway.served(gateway, {"GET /records": refused(403, "needs a scope"), "GET /syncs": refused(403, "needs a scope")}) as address:
        for view in ("records", "syncs"):
            browser.tab(f"{address}/#{view}")
            browser.wait(f"the reason for {view}", f"document.querySelector('#no-{view}').textContent === 'Not shown: needs a scope'")
            close(browser)


def session(browser, gateway):
    """A token is asked for, and given away once; then only what is allowed is offered."""
    state = {"in": False, "given": []}

    def who(request):
        if not state["in"]:
            return 401, PROBLEM, {"status": 401, "detail": "no token"}
        return 200, JSON, {"subject": "reader", "scopes": ["events:read", "records:read"], "expires": "2030-01-02T03:04:05Z"}

    def sign_in(request):
        state["given"].append(request.headers["Authorization"])
        state["in"] = request.headers["Authorization"] == "Bearer right"
        return (204, JSON, b"") if state["in"] else (401, PROBLEM, {"detail": "the token is not known"})

    def sign_out(request):
        state["in"] = False
        return 204, JSON, b""

    changes = {"GET /session": who, "POST /session": sign_in, "DELETE /session": sign_out}
    with changed_gateway.served(gateway, changes, {"/session": {"get": [], "post": [], "delete": []}}) as address:
        browser.tab(address)
        browser.wait("the question", "document.querySelector('#sign-in').open")
        write(browser, "#sign-in-token", "wrong")
        click(browser, "#sign-in [type=submit]")
        browser.wait("the refusal", "document.querySelector('#sign-in-error').textContent === 'the token is not known'")
        write(browser, "#sign-in-token", "right")
        click(browser, "#sign-in [type=submit]")
        browser.wait("the subject", "document.querySelector('#account summary')?.textContent === 'reader'")
        expect("what was given", state["given"], ["Bearer wrong", "Bearer right"])
        expect("the push button", is_seen(browser, "#open-push"), False)
        expect("the subscribers", is_seen(browser, "nav a[href='#subscribers']"), False)
        expect("nothing is kept", "right" in browser.run("return JSON.stringify({ ...localStorage, ...sessionStorage })"), False)
        click(browser, "#account summary")
        click(browser, "#account button")
        browser.wait("the question again", "document.querySelector('#sign-in').open")
        close(browser)


def all_of(browser, gateway):
    for each in (recent, peek, search, subscribers, forbidden, session):
        each(browser, gateway)
