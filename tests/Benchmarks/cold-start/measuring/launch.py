"""Starts one process and waits for its answer to reach the stub."""
import dataclasses
import datetime
import json
import os
import pathlib
import re
import select
import signal
import statistics
import subprocess
import time

TIME_LIMIT = 60   # seconds for one run
SAMPLE = pathlib.Path(__file__).resolve().parents[4] / "events/asg-launch-lifecycle.json"
MESSAGE = "059f36b4-87a3-44ab-83d2-661975830a7d"


class Trouble(Exception):
    """Something that the person at the terminal has to mend."""


@dataclasses.dataclass(frozen=True)
class Run:
    ms: float              # just before exec to the arrival of the answer
    next_ms: float         # just before exec to the first wait for an event
    cpu_ms: float          # processor time of the whole process, at the answer
    peak_kib: int          # its peak of resident memory (VmHWM), at the answer
    connections: int
    calls: tuple           # (ms, "service operation"), in order of arrival
    warm_ms: float         # from an event to its answer: the median of the events after the first
    warm_calls: tuple      # "service operation" of all those events


class Stub:
    """The program that plays Lambda, AWS and Tailscale on a port of 127.0.0.1."""

    def __init__(self, program, cpu):
        self.cpu = cpu
        os.sched_setaffinity(0, {cpu})   # of this process too; the stub inherits it
        self._process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def __enter__(self):
        self.address = "127.0.0.1:" + self._process.stdout.readline().strip()
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait()

    def begin(self, batch):
        self._process.stdin.write(json.dumps(batch) + "\n")
        if self._process.stdout.readline() != "ready\n":
            raise Trouble("the stub ended")

    def go_on(self):
        """Lets the process have its warm events."""
        self._process.stdin.write("on\n")

    def report(self, pidfd):
        """Waits for the answer, of the first event or the last; None where the process ended first, or took too long."""
        wanted = self._process.stdout.fileno()
        ready, _, _ = select.select([wanted, pidfd], [], [], TIME_LIMIT)
        if wanted not in ready:
            return None
        line = self._process.stdout.readline()
        if not line:
            raise Trouble("the stub ended")
        return json.loads(line)


def two_cpus():
    """One for the stub and this script, one for the process under test."""
    cpus = sorted(os.sched_getaffinity(0))
    if len(cpus) < 2:
        raise Trouble("two CPUs are needed: one for the process under test, one for the rest")
    return cpus[0], cpus[-1]


def run(variant, stub, cpu, scratch):
    stub.begin(batch())
    log = scratch / f"{variant.name}.log"
    home = scratch / "home"
    home.mkdir(exist_ok=True)
    environment = environment_for(stub.address, home)
    with open(log, "wb") as output:
        redirect = [(os.POSIX_SPAWN_DUP2, output.fileno(), 1), (os.POSIX_SPAWN_DUP2, output.fileno(), 2)]
        # The child inherits this CPU. posix_spawn and not fork: a copy of this process would be taken down within the time measured.
        os.sched_setaffinity(0, {cpu})
        started = time.monotonic_ns()
        pid = os.posix_spawn(variant.command[0], variant.command, environment, file_actions=redirect, setsigdef=[signal.SIGPIPE])
        os.sched_setaffinity(0, {stub.cpu})
    pidfd = os.pidfd_open(pid)
    try:
        report = answer(variant, stub, pidfd, log)
        # The stub does not reply to the answer yet, so the process stands still here.
        cpu_ns = time.clock_gettime_ns(cpu_clock_of(pid))
        peak = int(re.search(r"VmHWM:\s+(\d+) kB", pathlib.Path(f"/proc/{pid}/status").read_text())[1])
        stub.go_on()
        warm = answer(variant, stub, pidfd, log)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(pidfd)
    calls = tuple(((at - started) / 1e6, call) for call, at in sorted(report["calls"], key=lambda call: call[1]))
    next_ms = next(at for at, call in calls if call == "runtime next")
    return Run((report["arrived"] - started) / 1e6, next_ms, cpu_ns / 1e6, peak, report["connections"], calls,
               statistics.median(warm["warm"]) / 1e6, tuple(sorted(call for call, _ in warm["calls"])))


def answer(variant, stub, pidfd, log):
    """The report of an event that went well."""
    report = stub.report(pidfd)
    if report is None or report["last"] != "response":
        said = log.read_text(errors="replace")[-4000:]
        what = f"reported {report['last']}: {report['answer']}" if report else "gave no answer"
        raise Trouble(f"{variant.name} {what}\nIts output:\n{said}")
    check_answer(variant, report["answer"])
    return report


def cpu_clock_of(pid):
    """The clock that clock_getcpuclockid(3) gives: nanoseconds of all threads of a process, ended ones included."""
    return (~pid << 3) | 2


def check_answer(variant, answer):
    """The node has not joined yet, so the message must come back."""
    wanted = {"batchItemFailures": [{"itemIdentifier": MESSAGE}]}
    try:
        right = json.loads(answer) == wanted
    except ValueError:
        right = False
    if not right:
        raise Trouble(f"{variant.name} answered {answer!r} and not {json.dumps(wanted)}")


def batch():
    now = datetime.datetime.now(datetime.timezone.utc)
    event = json.loads(SAMPLE.read_text()) | {"time": now.strftime("%Y-%m-%dT%H:%M:%SZ")}
    sent = str(int(now.timestamp() * 1000))
    return {"Records": [{
        "messageId": MESSAGE,
        "receiptHandle": "AQEBstub0receipt0handle==",
        "body": json.dumps(event),
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": sent, "SenderId": "AIDAEXAMPLEEXAMPLE123",
                       "ApproximateFirstReceiveTimestamp": sent},
        "messageAttributes": {},
        "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:111122223333:tailnet-nodes",
        "awsRegion": "eu-west-1",
    }]}


def environment_for(address, home):
    """All that a variant sees: what Lambda sets, what the template sets, and where the stub is."""
    return {
        "AWS_LAMBDA_RUNTIME_API": address, "_HANDLER": "NodeLifecycle", "LAMBDA_TASK_ROOT": "/var/task",
        "AWS_LAMBDA_FUNCTION_NAME": "tailnet-node-lifecycle", "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand", "AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "INFO",
        "AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "AKIDSTUB", "AWS_SECRET_ACCESS_KEY": "stub", "AWS_SESSION_TOKEN": "stub",
        "PATH": "/usr/bin:/bin", "TZ": ":UTC", "HOME": str(home),   # an empty home: no profile of the person who measures is read
        "AWS_ENDPOINT_URL": f"http://{address}", "TAILSCALE_API_URL": f"http://{address}",
        "ACCOUNT_ID": "111122223333", "TAILNET": "-", "TAILSCALE_CREDENTIAL": "/tailnet/credential",
        "NODE_TAGS": "subnet-router=tag:aws-router", "PARAMETER_PREFIX": "/tailnet", "LEDGER_TABLE": "tailnet-ledger",
    }
