"""Counts the instructions of single pieces of work with callgrind: the figures do not depend on what
else the machine does.

Usage: micro.py BENCH-MICRO
"""

import os
import re
import subprocess
import sys
import tempfile

SIZES = [1_000, 10_000, 100_000]
SCALING = {
    "match-cid": "match an event; each subscription follows another record",
    "match-label": "match an event; subscriptions over 50 labels",
    "match-distinct-label": "match an event; each subscription looks for another text in labels, ten match",
    "match-type": "match an event; subscriptions over the types, one or two each",
    "subscribe": "one more subscription comes and goes",
}
SINGLE = {
    "encode": "encode an event: JSON and frame",
    "parse-request": "parse a request for a stream",
    "canonical-json": "parse a record's JSON and write its canonical form",
    "read-record": "the same, with validation, labels and hash",
}


def instructions(program, work, size, count):
    run = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
         "--toggle-collect=bench_measured", program, work, str(size), str(count)],
        capture_output=True, text=True,
        # Without seeds of its own the same work is the same instructions in every run.
        env={**os.environ, "SWIFT_DETERMINISTIC_HASHING": "1"})
    found = re.search(r"Collected\s*:\s*(\d+)", run.stderr)
    if run.returncode != 0 or not found:
        raise SystemExit(f"bench: {work} {size}: {run.stderr[-600:]}")
    return int(found[1]) / count


def main():
    with tempfile.TemporaryDirectory() as directory:
        # callgrind of Debian 12 cannot read the debug information of this compiler.
        program = os.path.join(directory, "bench-micro")
        subprocess.run(["strip", "--strip-debug", "-o", program, sys.argv[1]], check=True)
        measure(program)


def measure(program):
    lines = ["### Instructions", "",
             "| subscriptions | " + " | ".join(f"{size:,}" for size in SIZES) + " | last ÷ first |",
             "|---|---|---|---|---|"]
    for work, meaning in SCALING.items():
        print(f"bench: counting instructions: {meaning}", file=sys.stderr)
        counts = [instructions(program, work, size, 300) for size in SIZES]
        cells = " | ".join(f"{count:,.0f}" for count in counts)
        lines.append(f"| {meaning} | {cells} | {counts[-1] / counts[0]:.2f} |")
    many = 1_000_000
    print(f"bench: counting instructions: {many:,} subscriptions", file=sys.stderr)
    lines += ["", f"With {many:,} subscriptions, each over another record, an event takes "
              f"{instructions(program, 'match-cid', many, 300):,.0f} instructions; over another label "
              f"each, {instructions(program, 'match-distinct-label', 100, 300):,.0f} with 100 of them."]
    # Between two sizes of crowd, so that what an event costs once is left out.
    small, large = (instructions(program, "deliver", size, 20) for size in (1_000, 2_000))
    lines += ["", "| work | instructions |", "|---|---|",
              f"| one more subscriber of an event, up to its `send` | {(large - small) / 1000:,.0f} |"]
    for work, meaning in SINGLE.items():
        print(f"bench: counting instructions: {meaning}", file=sys.stderr)
        lines.append(f"| {meaning} | {instructions(program, work, 1, 300):,.0f} |")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
