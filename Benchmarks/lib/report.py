"""Gathers what was measured and writes it as tables."""

import statistics

ORDER = ["raw", "raw-writev", "gateway", "nchan", "node", "pushpin"]


def spread(values):
    """Median and, in brackets, the quartiles."""
    if len(values) < 4:
        return f"{statistics.median(values):.2f}"
    low, middle, high = statistics.quantiles(values, n=4)
    return f"{middle:.2f} ({low:.2f}–{high:.2f})"


class Table:
    def __init__(self):
        self.costs = {}      # (mode, count) → server → round → µs a delivery
        self.rates = {}      # (mode, count) → server → deliveries a second
        self.void = {}       # (mode, count) → server → what went wrong, in each void round
        self.idle = {}       # count → server → figures
        self.latency = {}    # count → server → figures
        self.versions = {}

    def add(self, work, server, number, result, is_whole):
        if not is_whole:
            self.void.setdefault(work, {}).setdefault(server, []).append(
                f"{result['missing']} missing, {result['duplicate']} double, "
                f"{result['out_of_order']} out of order, {result['closed']} closed")
        cost = result["cpu_us"] / max(result["delivered"], 1)
        self.costs.setdefault(work, {}).setdefault(server, {})[number] = cost
        self.rates.setdefault(work, {}).setdefault(server, []).append(
            result["delivered"] / result["seconds"])

    def add_end(self, work, server, number):
        """A load broke off: what it has measured is void."""
        self.void.setdefault(work, {}).setdefault(server, []).append(
            f"broke off in round {number + 1}")

    def void_rounds(self, work, server):
        return len(self.void.get(work, {}).get(server, []))

    def add_idle(self, count, server, opened, empty, idle, after):
        self.idle.setdefault(count, {})[server] = {
            "resident": (idle - empty) / count, "after": (after - empty) / count,
            "cpu": opened["cpu_us"] / count, "rate": count / opened["seconds"]}

    def add_latency(self, count, server, result, is_whole):
        self.latency.setdefault(count, {})[server] = result | {"whole": is_whole}

    def ratios(self, work, server, base):
        costs = self.costs[work]
        if server not in costs or base not in costs:
            return []
        return [cost / costs[base][number] for number, cost in costs[server].items()
                if number in costs[base]]

    def text(self):
        parts = [self.delivery("one", "One event at a time", "raw"),
                 self.delivery("burst", "Bursts of 64 events", "raw-writev"),
                 self.latencies(), self.idles()]
        peers = [f"- {name}: {version}" for name, version in self.versions.items() if version]
        return "\n".join(peers) + "\n\n" + "\n\n".join(part for part in parts if part)

    def delivery(self, mode, title, base):
        works = sorted(work for work in self.costs if work[0] == mode)
        if not works:
            return ""
        lines = [f"### {title}", "",
                 f"| subscribers | server | CPU µs a delivery | × {base} | gateway ÷ this | "
                 "deliveries/s |", "|---|---|---|---|---|---|"]
        for work in works:
            for server in ORDER:
                if server not in self.costs[work]:
                    continue
                void = "; ".join(self.void.get(work, {}).get(server, []))
                cost = spread(list(self.costs[work][server].values()))
                against = self.ratios(work, server, base)
                ours = self.ratios(work, "gateway", server)
                lines.append(
                    f"| {work[1]:,} | {server} | {f'void: {void}; {cost}' if void else cost} | "
                    f"{spread(against) if against else ''} | "
                    f"{f'{statistics.median(ours):.2f}' if ours and server != 'gateway' else ''} | "
                    f"{statistics.median(self.rates[work][server]):,.0f} |")
        return "\n".join(lines)

    def latencies(self):
        lines = []
        for count, servers in self.latency.items():
            lines += [f"### Publish to receive, 10 events/s to {count:,} subscribers", "",
                      "| server | p50 ms | p99 ms | max ms | p99 × raw |", "|---|---|---|---|---|"]
            base = servers.get("raw", {}).get("p99_ms")
            for server in ORDER:
                if server in servers:
                    it = servers[server]
                    ratio = f"{it['p99_ms'] / base:.2f}" if base else ""
                    note = "" if it["whole"] else f" (void: {it['missing']} missing)"
                    lines.append(f"| {server}{note} | {it['p50_ms']:.2f} | {it['p99_ms']:.2f} | "
                                 f"{it['max_ms']:.2f} | {ratio} |")
        return "\n".join(lines)

    def idles(self):
        lines = []
        for count, servers in self.idle.items():
            lines += ["", f"### {count:,} idle subscribers", "",
                      "| server | resident bytes each | after the first event | CPU µs to accept | "
                      "× raw | accepted/s |", "|---|---|---|---|---|---|"]
            base = servers.get("raw", {}).get("cpu")
            for server in ORDER:
                if server in servers:
                    it = servers[server]
                    ratio = f"{it['cpu'] / base:.2f}" if base else ""
                    lines.append(
                        f"| {server} | {it['resident']:,.0f} | {it['after']:,.0f} | "
                        f"{it['cpu']:.1f} | {ratio} | {it['rate']:,.0f} |")
        return "\n".join(lines).strip()
