"""Tries public/directory-events.js in a real browser.

Usage: browser_module.py PROGRAM PUBLIC
Starts PROGRAM (the gateway) on a port of its own; prints ok, or what went wrong.
"""

import contextlib
import json
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import module_servers
from browser import Browser, Gateway
from module_servers import served
from support import expect, free_port, record, secret, until

PROGRAM, PUBLIC = sys.argv[1:]

LISTEN = """
    const [filter, options] = arguments;
    window.heard = []; window.states = []; window.lost = []; window.statuses = []; window.resets = [];
    return import("/directory-events.js").then((module) => {
        window.directory = module;
        window.subscription = module.subscribe(filter, {
            onEvent: (event) => heard.push(event),
            onStatus: (status) => { states.push(status.state); statuses.push(status); },
            onDropped: (count) => lost.push(count),
            onReset: (reset) => resets.push(reset),
        }, options ?? {});
    });
"""


class Page(Browser):
    def listen(self, filter=None, options=None):
        self.run(LISTEN, filter or {}, options)


def operations(browser, gateway):
    browser.tab(gateway.url + "/healthz")
    browser.listen({"types": ["RECORD_PUSHED", "EVENT_TYPE_RECORD_DELETED"], "labels": ["a+b & é"]})
    browser.wait("live", "states.at(-1) === 'live'")
    expect("states", browser.run("return states"), ["connecting", "live"])
    other = browser.run("return directory.operations.push(arguments[0])", record("other"))
    mine = browser.run("return directory.operations.push(arguments[0])", record("mine", "a+b & é <b>"))
    expect("a new record", mine["isNew"], True)
    browser.wait("the event", "heard.length === 1")
    event = browser.run("return {...heard[0], time: heard[0].time.getTime()}")
    expect("its resource", event["resourceId"], mine["cid"])
    expect("its type", event["type"], "RECORD_PUSHED")
    expect("its labels", event["labels"], ["/skills/a+b & é <b>"])
    expect("as it was received", json.loads(event["data"])["id"], event["id"])
    if abs(event["time"] / 1000 - time.time()) > 60:
        raise SystemExit(f"its time is {event['time']}")
    script = """
        const {operations: o} = directory; const cid = arguments[0];
        return (async () => [
            (await o.publish({cids: [cid]})).published, (await o.records({label: ["a+b"]})).records.length,
            await o.labels(cid), (await o.head(cid)).size > 100,
            (await o.signingKey()).startsWith("-----BEGIN PUBLIC KEY-----"), (await o.metrics()).includes("_records 2"),
            JSON.parse(await o.pull(cid)).name, (await o.sign(cid)).cid === cid,
            (await o.verify(cid)).verified, (await o.signatures(cid)).signatures.length,
            (await o.unpublish([cid])).unpublished,
            (await o.pushMany([{a: 1}, JSON.parse(await o.pull(cid))])).map((r) => r.status),
            await o.sync(location.origin).then(async ({sync_id}) => (await o.syncStatus(sync_id)).sync_id === sync_id),
            (await o.syncs()).syncs.length, await o.remove(cid) === undefined,
        ])();
    """
    cid = mine["cid"]
    expect("operations", browser.run(script, cid),
           [[cid], 1, ["/skills/a+b & é <b>"], True, True, True, "mine", True, True, 1, [cid], [422, 200], True, 1, True])
    faults = browser.run("""
        return directory.operations.push({name: 1}).catch((e) =>
            [e instanceof directory.GatewayError, e.status, e.faults.length, e.faults[0].pointer])
    """)
    expect("faults", faults, [True, 422, 7, "/version"])
    browser.run("subscription.close()")
    expect("closed", browser.run("return states.at(-1)"), "closed")
    until("the end of the streams", lambda: gateway.subscribers() == 0)
    assert other["cid"] != cid


def shared(browser, gateway):
    """Eight tabs and more connections than a browser has: they share one."""
    tabs = []
    for _ in range(8):
        tabs.append(browser.tab(gateway.url + "/healthz"))
        browser.listen({"types": ["RECORD_PUSHED"]})
        browser.wait("live", "states.at(-1) === 'live'")
    expect("connections of eight tabs", gateway.subscribers(), 1)
    cid = browser.run("return directory.operations.push(arguments[0])", record("shared"))["cid"]
    for tab in tabs:
        browser.driver.switch_to.window(tab)
        browser.wait("the event in each tab", "heard.length === 1")
        expect("the event", browser.run("return heard[0].resourceId"), cid)
    # The one that holds the connection goes; another takes over.
    def connections():
        return [each["id"] for each in gateway.get("/subscribers")["subscribers"]]

    first = connections()
    browser.driver.switch_to.window(tabs[0])
    browser.driver.close()
    browser.driver.switch_to.window(tabs[5])
    until("another connection", lambda: len(connections()) == 1 and connections() != first)
    browser.wait("live again", "states.at(-1) === 'live'")
    browser.run("return directory.operations.push(arguments[0])", record("again"))
    for tab in tabs[1:]:
        browser.driver.switch_to.window(tab)
        browser.wait("the second event in each tab", "heard.length >= 2")
        expect("events", browser.run("return heard.length"), 2)
    for tab in tabs[1:-1]:
        browser.driver.switch_to.window(tab)
        browser.driver.close()
    browser.driver.switch_to.window(tabs[-1])
    until("the last one listens", lambda: gateway.subscribers() == 1)


def restart(browser, gateway, start):
    """In the tab that is left; without a reload. The gateway keeps no events, and that is told."""
    browser.run("states.length = 0; heard.length = 0; resets.length = 0")
    gateway.stop()
    browser.wait("the loss", "states.includes('reconnecting')")
    expect("the reason", browser.run("return statuses.find((s) => s.state === 'reconnecting').reason"),
           "the gateway is shutting down")
    gateway = start()
    browser.wait("live after the restart", "states.at(-1) === 'live'")
    browser.run("return directory.operations.push(arguments[0])", record("shared"))
    browser.wait("an event after the restart", "heard.length === 1")
    expect("the reset", browser.run("return resets"), [{"cause": "history-off"}])
    browser.run("subscription.close()")
    return gateway


def resuming(browser, start):
    """What is published while a tab has no connection arrives later, once and in order."""
    settings = ("--set", "events.history.max_events=1000", "--set", "events.retry=2s")
    gateway = start(*settings)
    for shared in (True, False):
        browser.tab(gateway.url + "/healthz")
        browser.listen({"types": ["RECORD_PUSHED"]}, {"shared": shared})
        browser.wait("live", "states.at(-1) === 'live'")
        cids = [gateway.post("/push", record(f"before {shared}"))["cid"]]
        browser.wait("the first event", "heard.length === 1")
        gateway.stop()
        gateway = start(*settings)
        # The tab comes back after 2 s at the earliest.
        for number in range(3):
            cids.append(gateway.post("/push", record(f"missed {shared} {number}"))["cid"])
        if browser.run("return states.at(-1)") != "reconnecting":
            raise AssertionError("the tab was back too early for this test")
        browser.wait("the events that were missed", "heard.length === 4")
        browser.wait("live again", "states.at(-1) === 'live'")
        cids.append(gateway.post("/push", record(f"after {shared}"))["cid"])
        browser.wait("an event afterwards", "heard.length === 5")
        expect("all events", browser.run("return heard.map((e) => e.resourceId)"), cids)
        expect("resets", browser.run("return resets"), [])
        if shared:
            taking_over(browser, gateway)
        else:
            beginning(browser, cids)
        browser.run("subscription.close()")
    gateway.stop()


def taking_over(browser, gateway):
    """The tab with the connection goes; the next one goes on where the first one was."""
    first = browser.driver.current_window_handle
    second = browser.tab(gateway.url + "/healthz")
    browser.listen({"types": ["RECORD_PUSHED"]})
    browser.wait("live", "states.at(-1) === 'live'")
    cids = [gateway.post("/push", record("to both"))["cid"]]
    browser.wait("an event", "heard.length === 1")
    browser.driver.switch_to.window(first)
    browser.driver.close()
    browser.driver.switch_to.window(second)
    for number in range(5):
        cids.append(gateway.post("/push", record(f"while it changes {number}"))["cid"])
    browser.wait("all events", "heard.length === 6")
    expect("the events", browser.run("return heard.map((e) => e.resourceId)"), cids)


def beginning(browser, cids):
    """A stream that begins after an event that is known."""
    browser.run("""
        const after = heard[1].id; subscription.close(); heard.length = 0;
        subscription = directory.subscribe({types: ["RECORD_PUSHED"]}, {onEvent: (e) => heard.push(e)}, {after});
    """)
    browser.wait("the events after it", "heard.length === 3")
    expect("the events after it", browser.run("return heard.map((e) => e.resourceId)"), cids[2:])


def tokens(browser, start):
    """A token is carried by streams and operations, in no address; what is missing is said."""
    entries = {"owner": "scopes=events:read|records:read|records:write|admin",
               "reader": "scopes=records:read", "x": "scopes=events:read labels=/skills/x"}
    values = {name: secret(f"a-token-of-{name}-for-the-browser") for name in entries}
    listed = ",".join(f"name={name} token={values[name]} {scopes}" for name, scopes in entries.items())
    gateway = start("--set", "auth.mode=token", "--set", f"auth.tokens={listed}",
                    "--set", "log.level=debug")
    browser.tab(gateway.url + "/healthz")
    for token, words in ((None, "no token"), ("reader", "events:read"), ("unknown", "not known")):
        options = {} if token is None else {"token": values.get(token, "a-token-that-is-unknown")}
        for shared in (True, False):
            browser.listen({}, {**options, "shared": shared})
            browser.wait("the refusal", "states.at(-1) === 'refused'")
            status = browser.run("return statuses.at(-1)")
            expect(f"the status for {token}", status["httpStatus"], 403 if token == "reader" else 401)
            if words not in status["reason"] or "oken" not in status["remedy"]:
                raise AssertionError(f"{token}: {status}")
            browser.run("subscription.close()")
    browser.listen({}, {"token": values["x"]})
    browser.wait("live", "states.at(-1) === 'live'")
    browser.run("""
        window.owner = directory.operationsAt("", {token: () => Promise.resolve(arguments[0])});
        return (async () => {
            await owner.push(arguments[1]); await owner.push(arguments[2]);
        })();
    """, values["owner"], record("hidden", "y"), record("shown", "x"))
    browser.wait("an event", "heard.length === 1")
    expect("the labels that the token allows", browser.run("return heard[0].labels"), ["/skills/x"])
    errors = browser.run("""
        const wrong = directory.operationsAt("", {token: arguments[0]});
        const caught = (promise) => promise.then(() => "none", (e) => [e.status, e.message, e.remedy]);
        return (async () => [await caught(wrong.push({})), await caught(directory.operations.push({}))])();
    """, values["reader"])
    expect("the statuses", [error[0] for error in errors], [403, 401])
    if "records:write" not in errors[0][1] or "no token" not in errors[1][1]:
        raise AssertionError(f"{errors}")
    browser.run("subscription.close()")
    gateway.stop()


def ending(browser, start, directory):
    """The token of a stream ends: that is said, and a function gives the next one."""
    gateway = start("--set", "auth.mode=token")

    def create(*words):
        made = subprocess.run(
            [PROGRAM, "token", "create", "--data-dir", directory, "--subject", "a", "--scopes",
             "events:read", *words], capture_output=True, text=True, check=True, timeout=20)
        return secret(made.stdout.strip())
    browser.tab(gateway.url + "/healthz")
    made = [create("--expires", "4s"), create()]

    def known(token):
        message = urllib.request.Request(
            gateway.url + "/session", headers={"Authorization": f"Bearer {token}"})
        with contextlib.suppress(urllib.error.HTTPError):
            return urllib.request.urlopen(message, timeout=10).status == 200
    until("the tokens are known", lambda: all(map(known, made)), 3)
    browser.run("window.given = []; window.tokens = arguments[0]", made)
    browser.run("""
        window.states = []; window.statuses = [];
        return import("/directory-events.js").then(({subscribe}) => {
            window.subscription = subscribe({}, {
                onStatus: (s) => { states.push(s.state); statuses.push(s); },
            }, {token: async () => { given.push(1); return tokens[Math.min(given.length, 2) - 1]; }});
        });
    """)
    browser.wait("live", "states.at(-1) === 'live'")
    browser.wait("the end of the token", "states.includes('reconnecting')")
    expect("the reason", browser.run("return statuses.find((s) => s.state === 'reconnecting').reason"),
           "the token has expired")
    browser.wait("live with the next token", "states.at(-1) === 'live'")
    browser.run("subscription.close()")
    gateway.stop()


def refused(browser, gateway):
    browser.tab(gateway.url + "/healthz")
    browser.listen({"types": ["RECORD_FRIED"]})
    browser.wait("the refusal", "states.at(-1) === 'refused'")
    reason = browser.run("return statuses.at(-1).reason")
    if "RECORD_FRIED" not in reason:
        raise SystemExit(f"the reason is {reason}")
    browser.run("subscription.close()")


def together(browser, gateway):
    """Two subscriptions of one page to the same share what one tab has; each ends alone."""
    browser.tab(gateway.url + "/healthz")
    before = gateway.subscribers()
    browser.listen({"types": ["RECORD_PUSHED"]}, {"base": gateway.url + "/"})
    browser.run("""
        window.second = []; window.secondStates = [];
        window.other = directory.subscribe({types: ["RECORD_PUSHED"]}, {
            onEvent: (event) => second.push(event), onStatus: ({state}) => secondStates.push(state),
        });
    """)
    browser.wait("both live", "states.at(-1) === 'live' && secondStates.at(-1) === 'live'")
    expect("connections of two subscriptions", gateway.subscribers(), before + 1)
    browser.run("""
        subscription.close();
        return directory.operations.push(arguments[0])
    """, record("together"))
    browser.wait("the event at the one that stayed", "second.length === 1")
    expect("events at the one that went", browser.run("return heard.length"), 0)
    expect("the last states", browser.run("return [states.at(-1), secondStates.at(-1)]"),
           ["closed", "live"])
    browser.run("other.close()")
    until("the end of the streams", lambda: gateway.subscribers() == before)
    expect("an address that is none", browser.run("""
        try { directory.subscribe({}, {}, {base: "ftp://localhost"}); return "" }
        catch (error) { return error.name }
    """), "TypeError")


def recovering(browser, gateway):
    """A refusal of one tab is not handed on to those that come later."""
    with served(module_servers.Passing) as address:
        browser.tab(gateway.url + "/healthz")
        browser.listen({}, {"base": address})
        browser.wait("the refusal", "states.at(-1) === 'refused'")
        browser.tab(gateway.url + "/healthz")
        browser.listen({}, {"base": address})
        browser.wait("live in the other tab", "states.includes('live')")
        browser.run("subscription.close()")


def dropped(browser, gateway):
    with served(module_servers.Lossy) as address:
        for shared in (True, False):
            browser.tab(gateway.url + "/healthz")
            browser.listen({}, {"base": address, "shared": shared})
            browser.wait("the loss", "lost.length === 1")
            expect("the loss", browser.run("return lost"), [17])
            browser.run("subscription.close()")


def no_room(browser, gateway):
    """Who is sent away was never live, however slowly it is said."""
    with served(module_servers.Full) as address:
        for shared in (True, False):
            browser.tab(gateway.url + "/healthz")
            browser.listen({}, {"base": address, "shared": shared})
            browser.wait("the reason", "statuses.at(-1).reason === 'it is full'")
            expect("the states", browser.run("return states"), ["connecting", "reconnecting"])
            expect("when it comes back", browser.run("return statuses.at(-1).retryIn"), 60000)
            browser.run("subscription.close()")


def pieces(browser, gateway):
    """A stream means the same however it is cut; what is not ended by an empty line is no event."""
    with served(module_servers.Pieces) as address:
        browser.tab(gateway.url + "/healthz")
        browser.listen({}, {"base": address, "shared": False})
        browser.wait("the end", "states.at(-1) === 'reconnecting'")
        expect("the events", browser.run("return heard.map((e) => [e.type, e.resourceId])"),
               [["RECORD_PUSHED", "é€🦉"]] * 2)
        expect("the states", browser.run("return states"), ["connecting", "live", "reconnecting"])
        browser.run("subscription.close()")


def unfit(browser, gateway):
    """Responses that are no stream are no reason to give up, and none to hurry."""
    for handler, reason, least in ((module_servers.Page, "the response is not an event stream", 500),
                                   (module_servers.Busy, "it is busy", 40000)):
        with served(handler) as address:
            browser.tab(gateway.url + "/healthz")
            browser.listen({}, {"base": address, "shared": False})
            browser.wait("the reason", f"statuses.at(-1).reason === '{reason}'")
            expect("the states", browser.run("return [...new Set(states)]"), ["connecting", "reconnecting"])
            retry = browser.run("return statuses.at(-1).retryIn")
            if retry < least:
                raise AssertionError(f"{reason}: it asks again in {retry} ms")
            browser.run("subscription.close()")


def main():
    port = free_port()
    with tempfile.TemporaryDirectory() as directory:
        def start(*settings):
            return Gateway(PROGRAM, PUBLIC, port, directory, *settings)
        gateway = start()
        browser = Page()
        try:
            operations(browser, gateway)
            shared(browser, gateway)
            gateway = restart(browser, gateway, start)
            refused(browser, gateway)
            together(browser, gateway)
            recovering(browser, gateway)
            dropped(browser, gateway)
            no_room(browser, gateway)
            pieces(browser, gateway)
            unfit(browser, gateway)
            gateway.stop()
            resuming(browser, start)
            tokens(browser, start)
            ending(browser, start, directory)
        finally:
            browser.driver.quit()
            gateway.stop()
    print("ok")


main()
