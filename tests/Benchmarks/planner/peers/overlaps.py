"""The same work with Python's ipaddress: prints {kernel: {count: median ms}} as JSON."""
import ipaddress
import json
import pathlib
import statistics
import sys
import time


def read(folder, count):
    lines = [line.split() for line in (folder / f"{count}.txt").read_text().splitlines()]
    return [(ipaddress.ip_network(prefix), int(owner)) for prefix, owner in lines]


def pairwise(networks):
    overlaps = set()
    for i, (one, owner) in enumerate(networks):
        for j in range(i + 1, len(networks)):
            if networks[j][1] != owner and one.overlaps(networks[j][0]):
                overlaps.update((i, j))
    return len(overlaps)


def sort_and_sweep(networks):
    ordered = sorted((int(network.network_address), network.prefixlen, int(network.broadcast_address), owner) for network, owner in networks)
    wider, outside, inside = [], [], []   # owners: None is nobody, -1 several
    for i, (first, _, last, _) in enumerate(ordered):
        parent = i - 1
        while parent >= 0 and ordered[parent][2] < first:
            parent = wider[parent]
        wider.append(parent)
        outside.append(None if parent < 0 else both(outside[parent], ordered[parent][3]))
        inside.append(None)
    count = 0
    for i in range(len(ordered) - 1, -1, -1):
        owner = ordered[i][3]
        count += outside[i] not in (None, owner) or inside[i] not in (None, owner)
        if wider[i] >= 0:
            inside[wider[i]] = both(inside[wider[i]], both(inside[i], owner))
    return count


def both(one, other):
    return other if one in (None, other) else one if other is None else -1


def minimal(networks):
    return len(list(ipaddress.collapse_addresses(network for network, _ in networks)))


def measure(work, networks, rounds):
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work(networks)
        times.append((time.perf_counter() - start) * 1000)
    return min(times), statistics.median(times), max(times)


def main(folder):
    results = {}
    for name, work, counts, rounds in (
        ("pairwise", pairwise, (1_000,), 3),
        ("sort and sweep", sort_and_sweep, (1_000, 10_000, 100_000), 5),
        ("minimal", minimal, (1_000, 10_000, 100_000), 3),
    ):
        for count in counts:
            networks = read(folder, count)
            expected = int((folder / f"{count}.overlapping").read_text())
            if work is not minimal and (found := work(networks)) != expected:
                sys.exit(f"{name}: {found} of {count} prefixes overlap another owner's, not {expected}")
            results.setdefault(name, {})[str(count)] = measure(work, networks, rounds)
            print(f"python {name} {count}: {results[name][str(count)][1]:.1f} ms", file=sys.stderr)
    print(json.dumps(results))


main(pathlib.Path(sys.argv[1]))
