"""Tries public/directory-events.js in a real browser.

Usage: browser_module.py PROGRAM PUBLIC
Starts PROGRAM (the gateway) on a port of its own; prints ok, or what went wrong.
"""

import hashlib
import json
import sys
import tempfile
import time

import module_servers
from browser import Browser, Gateway
from module_servers import served
from support import expect, free_port, record, until

PROGRAM, PUBLIC = sys.argv[1:]

LISTEN = """
    const [filter, options] = arguments;
    window.heard = []; window.states = []; window.lost = []; window.statuses = []; window.resets = [];
    return import("/directory-events.js").then((module) => {
        window.directory = module;
        window.subscription = module.subscribe(filter, {
            onEvent: (event) => heard.push(event),
            onStatus: (status) => { states.push(status.state); statuses.push(status); },
            onDropped: (count) => lost.push(count), onReset: (reset) => resets.push(reset),
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
    until("nobody listens", lambda: gateway.subscribers() == 0)
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
    browser.driver.switch_to.window(tabs[0])
    browser.driver.close()
    browser.driver.switch_to.window(tabs[5])
    until("another connection", lambda: gateway.subscribers() == 1)
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
    """In the tab that is left; without a reload."""
    browser.run("states.length = 0; heard.length = 0")
    gateway.stop()
    browser.wait("the loss", "states.includes('reconnecting')")
    expect("the reason", browser.run("return statuses.find((s) => s.state === 'reconnecting').reason"),
           "the gateway is shutting down")
    gateway = start()
    browser.wait("live after the restart", "states.at(-1) === 'live'")
    browser.run("return directory.operations.push(arguments[0])", record("shared"))
    browser.wait("an event after the restart", "heard.length === 1")
    browser.run("subscription.close()")
    return gateway


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
    until("nobody listens", lambda: gateway.subscribers() == before)
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


HEARD = "return heard.map(({ resourceId }) => resourceId)"


def resumed(browser):
    """With an event log a stream goes on after its last event, also over a restart; nothing comes twice."""
    with tempfile.TemporaryDirectory() as directory:
        port = free_port()

        def start():
            return Gateway(PROGRAM, PUBLIC, port, directory, "--set", "events.history.max_events=100")
        gateway = start()
        try:
            for shared in (True, False):
                browser.tab(gateway.url + "/healthz")
                browser.listen({"types": ["RECORD_PUSHED"]}, {"shared": shared})
                browser.wait("live", "states.at(-1) === 'live'")
                first = gateway.post("/push", record("before the loss"))["cid"]
                browser.wait("the first", "heard.length === 1")
                gateway.stop()
                browser.wait("the loss", "states.at(-1) === 'reconnecting'")
                gateway = start()
                second = gateway.post("/push", record("maybe during it"))["cid"]
                browser.wait("the second", "heard.length === 2")
                browser.wait("live", "states.at(-1) === 'live'")
                third = gateway.post("/push", record("after it"))["cid"]
                browser.wait("the third", "heard.length === 3")
                expect("each once, in order", browser.run(HEARD), [first, second, third])
                expect("whether it says so", browser.run("return statuses.at(-1).resumed"), True)
                expect("resets", browser.run("return resets"), [])
                expect("from an id on", since(browser, gateway), [second, third])
                browser.driver.close()
                browser.driver.switch_to.window(browser.driver.window_handles[0])
        finally:
            gateway.stop()


def since(browser, gateway):
    """What comes after the first event that this page has heard."""
    browser.run("""
        window.again = [];
        directory.subscribe({ types: ["RECORD_PUSHED"] }, { onEvent: (event) => again.push(event.resourceId) },
            { lastEventId: heard[0].id });
    """)
    browser.wait("what came after it", "again.length >= 2")
    return browser.run("return again")


def reset(browser, gateway, start):
    """Without a log it is said that events may be missing, each time."""
    browser.tab(gateway.url + "/healthz")
    browser.listen({"types": ["RECORD_PUSHED"]})
    browser.wait("live", "states.at(-1) === 'live'")
    gateway.post("/push", record("the last that is known"))
    browser.wait("it", "heard.length === 1")
    gateway.stop()
    gateway = start()
    browser.wait("the reset", "resets.length === 1")
    expect("its cause", browser.run("return resets[0].cause"), "history-off")
    return gateway


def tokens(browser):
    """A token goes with the stream and with operations; without one it is said what is missing."""
    with tempfile.TemporaryDirectory() as directory:
        secret = "reader-0123456789abcdef0123456789abcdef"
        digest = hashlib.sha256(secret.encode()).hexdigest()
        gateway = Gateway(PROGRAM, PUBLIC, free_port(), directory, "--set", "auth.mode=token", "--set",
                          f"auth.tokens=name=reader sha256={digest} scopes=events:read")
        try:
            browser.tab(gateway.url + "/icon.svg")
            browser.listen({})
            browser.wait("the refusal", "states.at(-1) === 'refused'")
            expect("the status", browser.run("return statuses.at(-1).httpStatus"), 401)
            browser.run("subscription.close()")
            browser.listen({}, {"token": secret})
            browser.wait("live", "states.at(-1) === 'live'")
            error = browser.run(
                "return directory.operationsAt('', { token: arguments[0] }).records().catch(({ status, message }) => [status, message])",
                secret)
            expect("the status", error[0], 403)
            expect("the scope", "records:read" in error[1], True)
        finally:
            gateway.stop()


def main():
    port = free_port()
    with tempfile.TemporaryDirectory() as directory:
        def start():
            return Gateway(PROGRAM, PUBLIC, port, directory)
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
            gateway = reset(browser, gateway, start)
            resumed(browser)
            tokens(browser)
        finally:
            browser.driver.quit()
            gateway.stop()
    print("ok")


main()
