"""Measures how fast one gateway copies the records of another, and what memory that takes.

Usage: sync.py PROGRAM [RECORDS]

Starts PROGRAM twice, each with a port and data directory of its own, pushes and publishes RECORDS
(10,000) records on one, has the other sync them, and prints the records a second and the resident
memory of the copying gateway on the way: it must not grow with the records.
"""

import json
import sys
import tempfile
import time

from gateway import Gateway, record

BATCH = 500


def main():
    program = sys.argv[1]
    total = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    with tempfile.TemporaryDirectory() as directory:
        with Gateway(program, f"{directory}/remote") as remote, \
                Gateway(program, f"{directory}/local") as local:
            print(f"sync: pushing {total:,} records to the remote", file=sys.stderr)
            for start in range(0, total, BATCH):
                lines = "\n".join(record(n) for n in range(start, min(start + BATCH, total)))
                remote.request("POST", "/push", lines, "application/x-ndjson")
            remote.request("POST", "/publish", '{"all":true}')
            idle = local.resident()
            began = time.monotonic()
            cpu = local.cpu(), remote.cpu()
            body = json.dumps({"remote_directory_url": f"http://{remote.address}"})
            sync = json.loads(local.request("POST", "/sync", body))["sync_id"]
            memory = []
            while True:
                status = json.loads(local.request("GET", f"/syncs/{sync}"))
                memory.append((status["copied"], local.resident()))
                print(f"\rsync: {status['copied']:,} copied", end="", file=sys.stderr)
                if status["status"] not in ("PENDING", "IN_PROGRESS"):
                    break
                time.sleep(0.05)
            took = time.monotonic() - began
            cpu = local.cpu() - cpu[0], remote.cpu() - cpu[1]
            print(file=sys.stderr)
            if status["status"] != "COMPLETED" or status["copied"] != total:
                raise SystemExit(f"the sync did not end well: {status}")
            half = min(memory, key=lambda point: abs(point[0] - total / 2))[1]
            print("### Sync\n")
            print(f"sync of {total:,} records: {total / took:,.0f} records/s")
            print(f"  CPU per record: {cpu[0] / total * 1e6:.0f} µs here, "
                  f"{cpu[1] / total * 1e6:.0f} µs at the remote")
            print(f"  resident memory here: {idle / 1024:.0f} MiB before, {half / 1024:.0f} MiB "
                  f"half-way, {max(m for _, m in memory) / 1024:.0f} MiB at most")


if __name__ == "__main__":
    main()
