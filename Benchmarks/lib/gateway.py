"""A gateway of one's own for a benchmark: a free port, a data directory, and what it costs."""

import http.client
import json
import os
import re
import subprocess

TICKS = os.sysconf("SC_CLK_TCK")


def record(number, words=""):
    return json.dumps({
        "schema_version": "1.0.0",
        "name": f"bench/{number}",
        "version": "v1",
        "description": f"a record of the benchmark{words}",
        "authors": ["bench"],
        "created_at": "2025-10-18T14:23:15Z",
        "skills": [{"name": "natural_language_processing/text_completion"}],
    })


class Gateway:
    """Runs PROGRAM between `with` and its end."""

    def __init__(self, program, directory, *settings):
        self.process = subprocess.Popen(
            [program, "--listen-address", "127.0.0.1:0", "--data-dir", directory,
             "--set", "log.access=false", *settings],
            stderr=subprocess.PIPE, text=True)
        self.address = None
        for line in self.process.stderr:
            found = re.search(r"http://([0-9.]+:\d+)", line)
            if found:
                self.address = found[1]
                break
        if not self.address:
            raise SystemExit("the gateway did not start")
        # Its log is not read from here on: it must not fill the pipe.
        self.drain = subprocess.Popen(["cat"], stdin=self.process.stderr,
                                      stdout=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)
        self.drain.wait(5)

    def request(self, method, path, body=None, content_type="application/json"):
        connection = http.client.HTTPConnection(self.address, timeout=120)
        connection.request(method, path, body, {"Content-Type": content_type} if body else {})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path}: {answer.status} {content[:300]!r}")
        return content

    def resident(self):
        """KiB."""
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])

    def cpu(self):
        """Seconds of CPU, system time included."""
        with open(f"/proc/{self.process.pid}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS
