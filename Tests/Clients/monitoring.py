"""Prometheus with the gateway: the scrape, every query of the dashboard for Grafana, every alert.

    monitoring.py PROGRAM

Runs the gateway PROGRAM and, beside it, Debian's prometheus with the configuration of
config/prometheus, only with another port and a shorter interval. Every query of config/grafana has to
return data, every alert has to name metrics that are served, and has to have a test and a runbook.

The last line is `N passed, M failed`, or `skipped: ` and the reason where prometheus is missing.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request

from readme_gateway import Gateway
from support import expect, free_port, record, until

PROGRAM = os.path.abspath(sys.argv[1])
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROMETHEUS = ROOT / "config/prometheus"
DASHBOARD = json.loads((ROOT / "config/grafana/directory-gateway.json").read_text())
ALERTS = (PROMETHEUS / "alerts.yml").read_text()
# What Grafana puts into a query.
VARIABLES = {"$__rate_interval": "10s", "$job": ".*", "$instance": ".*"}


def promtool(*arguments):
    ran = subprocess.run(["promtool", *arguments], cwd=PROMETHEUS, capture_output=True, text=True)
    if ran.returncode:
        raise AssertionError(ran.stdout + ran.stderr)


class Prometheus:
    """Prometheus that scrapes a gateway each second."""

    def __init__(self, directory, gateway):
        configuration = (PROMETHEUS / "prometheus.yml").read_text()
        for old, new in (("127.0.0.1:8080", f"127.0.0.1:{gateway.port}"), ("15s", "1s")):
            if old not in configuration:
                raise AssertionError(f"prometheus.yml has no {old}")
            configuration = configuration.replace(old, new)
        folder = pathlib.Path(directory)
        (folder / "prometheus.yml").write_text(configuration)
        (folder / "alerts.yml").write_text(ALERTS)
        self.url = f"http://127.0.0.1:{free_port()}"
        self.log = open(folder / "log", "w+")
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={folder}/prometheus.yml",
             f"--storage.tsdb.path={folder}/data",
             f"--web.listen-address={self.url.removeprefix('http://')}"],
            stdout=self.log, stderr=self.log)

    def get(self, path, **parameters):
        query = "?" + urllib.parse.urlencode(parameters) if parameters else ""
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}{query}", timeout=10) as response:
            return json.loads(response.read())["data"]

    def query(self, text):
        for name, value in VARIABLES.items():
            text = text.replace(name, value)
        return self.get("query", query=text)["result"]

    def has_scraped(self, times):
        """Whether the gateway was scraped so often."""
        try:
            found = self.query(f'count_over_time(up{{job="directory-gateway"}}[1h]) >= {times}')
        except OSError:
            if self.process.poll() is not None:
                self.log.seek(0)
                raise AssertionError(self.log.read())
            return False
        return bool(found)

    def stop(self):
        self.process.terminate()
        self.process.wait(20)
        self.log.close()


def traffic(gateway):
    """What makes each metric have samples: once before the first scrape, and once after it."""
    cid = gateway.push(record("monitored"))
    gateway.post("/publish", {"cids": [cid]})
    gateway.post("/sign", {"cid": cid})
    gateway.get(f"/records/{cid}")
    # A record that the remote, which is the gateway itself, does not have.
    unknown = "baeareiagip55kh227nytpyzsvhp5bihr45xt5bc2vvjsol42bnzn5jrp2a"
    gateway.post("/sync", {"remote_directory_url": gateway.url, "cids": [unknown]})
    until("the sync has failed", lambda: gateway.get("/syncs")["syncs"][0]["status"] == "FAILED")
    # An id that the gateway does not know, and its event log is off: a reset.
    stream = urllib.request.Request(
        gateway.url + "/events?last_event_id=01a203d3-84c7-7000-8314-f21e160b4a1e")
    reader = urllib.request.urlopen(stream, timeout=20)
    reader.read(64)
    return reader


def flood(gateway):
    """More streams than are allowed: the metric of refusals."""
    readers = []
    for _ in range(4):
        try:
            readers.append(urllib.request.urlopen(gateway.url + "/events", timeout=20))
        except urllib.error.HTTPError as error:
            expect("status of a refused stream", error.code, 503)
    return readers


def queries():
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]
    for variable in DASHBOARD["templating"]["list"]:
        if variable["type"] == "query":
            # `label_values(series, label)`
            series = re.fullmatch(r"label_values\((.*), \w+\)", variable["query"]["query"])[1]
            yield f"variable {variable['name']}", series


def served(gateway):
    """The names of the metrics, without what is added to those of histograms."""
    page = gateway.ask(urllib.request.Request(gateway.url + "/metrics"))
    return set(re.findall(r"^# TYPE (\S+)", page, re.M))


def main():
    missing = [name for name in ("prometheus", "promtool") if not shutil.which(name)]
    if missing:
        print(f"skipped: there is no {' and no '.join(missing)}")
        return
    failures, count = [], 0

    def check(name, test):
        nonlocal count
        count += 1
        try:
            test()
            print(f"ok: {name}", flush=True)
        except Exception as error:
            failures.append(name)
            print(f"failed: {name}: {type(error).__name__}: {error}")

    check("the configuration", lambda: promtool("check", "config", "prometheus.yml"))
    check("the tests of the alerts", lambda: promtool("test", "rules", "alerts.test.yml"))
    tests = (PROMETHEUS / "alerts.test.yml").read_text()
    operations = (ROOT / "docs/operations.md").read_text()
    alerts = re.findall(r"- alert: (\w+)", ALERTS)
    for alert in alerts:
        check(f"{alert} has a test", lambda: expect(
            "in alerts.test.yml", f"alertname: {alert}\n" in tests, True))
        check(f"{alert} has a runbook", lambda: expect(
            "in operations.md", f"\n### {alert}\n" in operations, True))
        check(f"{alert} names its runbook", lambda: expect(
            "annotation", f"runbook: docs/operations.md#{alert.lower()}\n" in ALERTS, True))

    with tempfile.TemporaryDirectory() as directory:
        gateway = Gateway(PROGRAM, directory, "limits.subscribers=3", "sync.attempts=1")
        prometheus = Prometheus(directory, gateway)
        try:
            readers = [traffic(gateway)] + flood(gateway)
            until("three scrapes", lambda: prometheus.has_scraped(3), 60)
            # Rates need a change after the first scrape.
            gateway.push(record("later"))
            for title, query in queries():
                check(f"{title}: {query[:60]}", lambda: until(
                    f"{query} has data", lambda: prometheus.query(query), 10))
            names = served(gateway)
            for name in sorted(set(re.findall(r"directory_gateway_\w+|process_\w+", ALERTS))):
                metric = re.sub(r"_(bucket|sum|count)$", "", name)
                check(f"{name} of an alert is served", lambda: expect(
                    "in /metrics", metric in names or name in names, True))
            rules = prometheus.get("rules")["groups"][0]["rules"]
            expect("alerts", [rule["name"] for rule in rules], alerts)
            for rule in rules:
                check(f"{rule['name']} can be evaluated", lambda: until(
                    "evaluated", lambda: {r["name"]: r["health"] for r in prometheus.get("rules")[
                        "groups"][0]["rules"]}[rule["name"]] == "ok", 10))
            for reader in readers:
                reader.close()
        finally:
            prometheus.stop()
            gateway.stop()
    print(f"{count - len(failures)} passed, {len(failures)} failed")
    sys.exit(1 if failures else 0)


main()
