"""Turns runs into the table, the ratios and the verdicts."""
import collections
import dataclasses
import os
import platform
import statistics

from .launch import Trouble

# The targets, as bootstrap's share of a peer or as an upper limit.
TIME_OF_PYTHON = 1 / 15
MEMORY_OF_PYTHON = 1 / 3
TIME_OF_GO = 2.5
TIME_OF_SDK = 1.3
ZIP_BYTES = 8_000_000
GLIBC = (2, 34)   # Amazon Linux 2023's, which provided.al2023 runs on


def check_same_work(rounds):
    """Every variant must make the same calls, each as often, in every round; their order is its own affair."""
    seen = {}
    for runs in rounds:
        for name, run in runs.items():
            calls = collections.Counter(call for _, call in run.calls)
            calls.update(f"{call} (warm)" for call in run.warm_calls)
            if seen.setdefault(name, calls) != calls:
                raise Trouble(f"{name} does not make the same calls in every round:\n" + difference({"once": seen[name], "later": calls}))
    if any(calls != next(iter(seen.values())) for calls in seen.values()):
        raise Trouble("the variants do not do the same work:\n" + difference(seen))


def difference(seen):
    calls = sorted({call for counted in seen.values() for call in counted})
    lines = [f"  {call}: " + ", ".join(f"{name} {counted[call]}" for name, counted in seen.items())
             for call in calls if len({counted[call] for counted in seen.values()}) > 1]
    return "\n".join(lines)


@dataclasses.dataclass(frozen=True)
class Verdict:
    target: str
    found: str
    met: bool

    def __str__(self):
        return f"{'met' if self.met else 'MISSED'}: {self.target} (found: {self.found})"


class Results:
    def __init__(self, variants, rounds):
        self.variants = variants
        self.rounds = rounds
        self.zips = {variant.name: variant.zip_bytes() for variant in variants}
        self.glibc = {variant.name: variant.highest_glibc() for variant in variants}
        self.verdicts = self._judge() if "bootstrap" in self.zips else []

    def all_met(self):
        return all(verdict.met for verdict in self.verdicts)

    def ratio(self, measure, name, peer):
        """The median of the ratios of each round: what slows a whole round down cancels out."""
        return statistics.median(self._ratios(measure, name, peer))

    def _ratios(self, measure, name, peer):
        return [getattr(runs[name], measure) / getattr(runs[peer], measure) for runs in self.rounds]

    def _judge(self):
        time, memory = self.ratio("ms", "bootstrap", "Python"), self.ratio("peak_kib", "bootstrap", "Python")
        zipped, glibc = self.zips["bootstrap"], self.glibc["bootstrap"]
        verdicts = [
            Verdict("time at most 1/15 of Python's", f"1/{1 / time:.1f}", time <= TIME_OF_PYTHON),
            Verdict("memory at most 1/3 of Python's", f"1/{1 / memory:.1f}", memory <= MEMORY_OF_PYTHON),
        ]
        if "Go" in self.zips:
            of_go = self.ratio("ms", "bootstrap", "Go")
            verdicts.append(Verdict("time at most 2.5 times Go's", f"{of_go:.2f}", of_go <= TIME_OF_GO))
        of_sdk = self.ratio("ms", "bootstrap", "SDK")
        verdicts.append(Verdict("time at most 1.3 times that of the SDK peer, which makes the same calls and does nothing else", f"{of_sdk:.2f}", of_sdk <= TIME_OF_SDK))
        return verdicts + [
            Verdict("zip at most 8 MB", f"{zipped / 1e6:.2f} MB", zipped <= ZIP_BYTES),
            Verdict("GLIBC at most 2.34", dotted(glibc), glibc is None or glibc <= GLIBC),
        ]

    def as_text(self):
        peers = [peer for peer in ("Python", "Go", "bare", "SDK") if peer in self.zips]
        head = ["variant", "exec to answer, ms (min / median / max)", *(f"time of {peer}'s" for peer in peers), "exec to first `next`, ms",
                "warm event, ms", "CPU, ms", "peak memory, MiB", "memory of Python's", "connections", "zip, MB", "GLIBC"]
        rows = [head, ["---"] * len(head), *(self._row(variant, peers) for variant in self.variants)]
        calls = sum(1 for _ in self.rounds[0]["Python"].calls)
        lines = ["| " + " | ".join(row) + " |" for row in rows]
        lines += ["", f"{len(self.rounds)} rounds on {machine()}. The same {calls} calls in every run."]
        if self.verdicts:
            lines += ["", *map(str, self.verdicts)]
            if "Go" not in self.zips:
                lines.append("not measured: time at most 2.5 times Go's")
        return "\n".join(lines)

    def _row(self, variant, peers):
        runs = [by_name[variant.name] for by_name in self.rounds]
        times = [run.ms for run in runs]
        return [
            f"{variant.name} ({variant.built_with})",
            f"{min(times):.1f} / {statistics.median(times):.1f} / {max(times):.1f}",
            *(f"{self.ratio('ms', variant.name, peer):.3g}" for peer in peers),
            f"{statistics.median(run.next_ms for run in runs):.1f}",
            f"{statistics.median(run.warm_ms for run in runs):.2f}",
            f"{statistics.median(run.cpu_ms for run in runs):.1f}",
            f"{statistics.median(run.peak_kib for run in runs) / 1024:.1f}",
            f"{self.ratio('peak_kib', variant.name, 'Python'):.3g}",
            f"{statistics.median(run.connections for run in runs):g}",
            "-" if variant.name == "Python" else f"{self.zips[variant.name] / 1e6:.2f}",   # of a script, the zip is not what it needs
            dotted(self.glibc[variant.name]),
        ]

    def as_json(self):
        return {
            "machine": machine(),
            "variants": [{"name": variant.name, "builtWith": variant.built_with, "zipBytes": self.zips[variant.name],
                          "glibc": dotted(self.glibc[variant.name])} for variant in self.variants],
            "rounds": [{name: dataclasses.asdict(run) for name, run in runs.items()} for runs in self.rounds],
            "verdicts": [dataclasses.asdict(verdict) for verdict in self.verdicts],
        }


def machine():
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}"


def dotted(version):
    return "none" if version is None else ".".join(map(str, version))
