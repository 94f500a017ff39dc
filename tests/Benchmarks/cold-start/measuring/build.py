"""Builds what is measured, or says what is missing."""
import dataclasses
import importlib.util
import io
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import zipfile

from .launch import Trouble

HERE = pathlib.Path(__file__).resolve().parent.parent
ROOT = HERE.parents[2]
RID = {"x86_64": "linux-x64", "aarch64": "linux-arm64"}.get(platform.machine())
GOPATH = pathlib.Path("/usr/share/gocode")   # where Debian's packages of Go libraries put their sources


@dataclasses.dataclass(frozen=True)
class Variant:
    name: str
    command: tuple
    built_with: str
    package: pathlib.Path    # the file, or the folder of files, that goes into the function's zip
    is_machine_code: bool

    def zip_bytes(self):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for file in sorted(file for file in self.package.iterdir() if file.suffix in (".dll", ".json")) if self.package.is_dir() else [self.package]:
                archive.write(file, "bootstrap" if file == self.package else file.name)
        return len(packed.getvalue())

    def highest_glibc(self):
        """The newest glibc that the executable asks for, as (2, 34); None where it asks for none."""
        if not self.is_machine_code:
            return None
        symbols = subprocess.run(["objdump", "-T", self.package], capture_output=True, text=True)
        return max((tuple(map(int, version.split("."))) for version in re.findall(r"GLIBC_([0-9.]+)", symbols.stdout)), default=None)


def variants(options, scratch):
    if not shutil.which("objdump"):
        raise Trouble("objdump is missing: apt-get install binutils")
    found = [python()]
    if not options.without_go:
        found.append(go(scratch))
    found += [bare(), sdk()]
    if not options.peers_only:
        found += [managed("JIT", False), managed("ReadyToRun", True), bootstrap(options.bootstrap)]
    return found


def python():
    if not importlib.util.find_spec("boto3"):
        raise Trouble(f"{sys.executable} has no boto3: {sys.executable} -m pip install boto3")
    import boto3
    source = HERE / "peers/python/bootstrap.py"
    return Variant("Python", (sys.executable, str(source)), f"Python {platform.python_version()}, boto3 {boto3.__version__}", source, False)


def go(scratch):
    sdk = GOPATH / "src/github.com/aws/aws-sdk-go-v2"
    if not shutil.which("go") or not sdk.is_dir():
        raise Trouble("the Go peer needs Go and its AWS SDK: apt-get install golang-go golang-github-aws-aws-sdk-go-v2-dev\n"
                      "(--without-go leaves that peer out)")
    out = scratch / "go-peer"
    say("building the Go peer")
    environment = os.environ | {"GO111MODULE": "off", "GOPATH": str(GOPATH), "GOFLAGS": "", "CGO_ENABLED": "0"}   # no cgo: linked statically
    must(["go", "build", "-trimpath", "-ldflags", "-s -w", "-o", out, "."], cwd=HERE / "peers/go", env=environment)
    version = subprocess.run(["go", "env", "GOVERSION"], capture_output=True, text=True, check=True).stdout.strip().removeprefix("go")
    sdk_version = re.search(r'goModuleVersion = "([^"]+)"', (sdk / "aws/go_module_metadata.go").read_text())[1]
    return Variant("Go", (str(out),), f"Go {version}, AWS SDK v2 {sdk_version}", out, True)


def bare():
    return Variant("bare", (str(program := publish(HERE / "peers/bare", "bare-peer")),), ".NET 10, Native AOT, no SDK", program, True)


def sdk():
    return Variant("SDK", (str(program := publish(HERE / "peers/sdk", "sdk-peer")),), ".NET 10, Native AOT, AWS SDK", program, True)


def bootstrap(path):
    built_with = "as given"
    if path is None:
        path, built_with = publish(ROOT / "src/Functions", "bootstrap"), ".NET 10, Native AOT"
    if not os.access(path, os.X_OK) or path.is_dir():
        raise Trouble(f"{path} is not an executable file")
    return Variant("bootstrap", (str(path.resolve()),), built_with, path.resolve(), True)


def managed(name, is_precompiled):
    """The same function for the managed runtime, which the machine has."""
    project = ROOT / "src/Functions"
    publish(project, "bootstrap.dll", name.lower(), "-p:PublishAot=false", "--no-self-contained", f"-p:PublishReadyToRun={str(is_precompiled).lower()}")
    out = ROOT / "artifacts/publish/Functions" / name.lower()
    return Variant(name, (str(pathlib.Path(shutil.which("dotnet")).resolve()), str(out / "bootstrap.dll")), f".NET 10, {name}", out, False)


def stub():
    return publish(HERE / "stub", "cold-start-stub")


def publish(project, program, kind="cold-start", *properties):
    if RID is None:
        raise Trouble(f"no .NET runtime identifier for {platform.machine()}")
    if not shutil.which("dotnet"):
        raise Trouble("dotnet is missing")
    out = ROOT / "artifacts/publish" / project.name / kind
    say(f"publishing {project.relative_to(ROOT)}")
    must(["dotnet", "publish", project, "-c", "Release", "-r", RID, "-o", out, "--nologo", "-v", "quiet", *properties])
    return out / program


def must(command, **how):
    """Runs a build; its output goes where progress goes, so that standard output holds the result alone."""
    if subprocess.run(command, stdout=sys.stderr, **how).returncode != 0:
        raise Trouble("failed: " + " ".join(map(str, command)))


def say(text):
    print(text, file=sys.stderr, flush=True)
