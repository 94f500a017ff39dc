"""A Lambda that reaches the tailnet without a network device: tailscaled in userspace mode, and calls through its SOCKS5 server.

Put `tailscale` and `tailscaled`, the static binaries for the function's processor, beside this file. Environment: AUTH_KEY_PARAMETER, such
as /tailnet/pools/ci/auth-key, and TARGET, such as http://db.corp.example.internal:8080/status.
"""

import http.client
import os
import socket
import struct
import subprocess
import time
import urllib.parse
import uuid

import boto3

PROXY = ("127.0.0.1", int(os.environ.get("SOCKS5_PORT", "1055")))
SOCKET = os.environ.get("TAILSCALED_SOCKET", "/tmp/tailscaled.sock")

os.environ["PATH"] = os.environ.get("LAMBDA_TASK_ROOT", ".") + ":" + os.environ["PATH"]


def join():
    """Once for each execution environment. The key is in this process's memory and in a pipe: in no argument, file or variable."""
    subprocess.Popen([
        "tailscaled", "--tun=userspace-networking", f"--socks5-server={PROXY[0]}:{PROXY[1]}", "--state=mem:", "--statedir=/tmp", f"--socket={SOCKET}",
    ])
    key = boto3.client("ssm").get_parameter(Name=os.environ["AUTH_KEY_PARAMETER"], WithDecryption=True)["Parameter"]["Value"]
    deadline = time.monotonic() + 8   # Lambda's limit for what happens before the first event is ten seconds
    while not os.path.exists(SOCKET) and time.monotonic() < deadline:
        time.sleep(0.05)
    subprocess.run(
        ["tailscale", f"--socket={SOCKET}", "up", "--auth-key=file:/proc/self/fd/0", f"--hostname=agent-{uuid.uuid4().hex}", "--accept-routes", "--timeout=8s"],
        input=key.encode(), check=True, timeout=10)


def connect(host, port):
    """A connection through the SOCKS5 server, which resolves the name in the tailnet."""
    name = host.encode("idna")
    proxied = socket.create_connection(PROXY, timeout=10)
    proxied.sendall(b"\x05\x01\x00")
    if read(proxied, 2) != b"\x05\x00":
        raise ConnectionError("the SOCKS5 server wants to know who asks")
    proxied.sendall(b"\x05\x01\x00\x03" + bytes([len(name)]) + name + struct.pack(">H", port))
    answer = read(proxied, 4)
    if answer[1]:
        raise ConnectionError(f"{host}:{port} is not reached: SOCKS5 code {answer[1]}")
    read(proxied, {1: 4, 4: 16}.get(answer[3]) or read(proxied, 1)[0])
    read(proxied, 2)
    return proxied


def read(proxied, count):
    text = b""
    while len(text) < count:
        more = proxied.recv(count - len(text))
        if not more:
            raise ConnectionError("the SOCKS5 server hung up")
        text += more
    return text


def handler(event, context):
    target = urllib.parse.urlsplit(os.environ["TARGET"])
    port = target.port or 80
    call = http.client.HTTPConnection(target.hostname, port)
    call.sock = connect(target.hostname, port)
    call.request("GET", target.path or "/")
    answer = call.getresponse()
    return {"status": answer.status, "body": answer.read().decode(errors="replace")}


join()
