"""A gateway and a headless Chromium for the tests in a browser."""

import json
import os
import subprocess
import threading
import urllib.request

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from readme_gateway import keep
from support import until


class Gateway:
    def __init__(self, program, public, port, directory, *settings):
        self.url = f"http://localhost:{port}"
        self.process = subprocess.Popen(
            [program, "--listen-address", f"127.0.0.1:{port}", "--data-dir", directory,
             "--set", f"dashboard.directory={public}", "--set", "events.retry=200ms",
             "--set", "drain_timeout=2s", *settings],
            stderr=subprocess.PIPE, text=True)
        said = []
        for line in self.process.stderr:
            said.append(line)
            if "url=http" in line:
                break
        else:
            raise SystemExit("the gateway did not start")
        threading.Thread(target=keep, args=(said, self.process.stderr), daemon=True).start()

    def stop(self):
        self.process.terminate()
        self.process.wait(20)

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return json.load(answer)

    def post(self, path, body):
        message = urllib.request.Request(
            self.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(message, timeout=10) as answer:
            return json.load(answer)

    def delete(self, path):
        urllib.request.urlopen(urllib.request.Request(self.url + path, method="DELETE"), timeout=10).close()

    def metric(self, part):
        """The sum of the metrics whose name holds a part."""
        with urllib.request.urlopen(self.url + "/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.split()[-1]) for line in lines if part in line and line[0] != "#")

    def subscribers(self):
        return len(self.get("/subscribers")["subscribers"])


class Browser:
    def __init__(self, *more):
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for flag in ("--headless=new", "--disable-gpu", "--disable-dev-shm-usage",
                     "--disable-background-networking", "--no-first-run", *more):
            options.add_argument(flag)
        if os.getuid() == 0:
            options.add_argument("--no-sandbox")
        self.driver = webdriver.Chrome(
            options=options, service=Service("/usr/bin/chromedriver"))
        self.driver.set_script_timeout(60)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def tab(self, url):
        self.driver.switch_to.new_window("tab")
        self.driver.get(url)
        return self.driver.current_window_handle

    def wait(self, what, script, seconds=20):
        until(what, lambda: self.run(f"return {script}"), seconds)
