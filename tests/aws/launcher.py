"""The tests' AWS: moto in this process, with the operations and the misbehaviour that moto lacks.

    python3 launcher.py [--port N]    prints {"port": N} when ready; ends when its standard input closes
    python3 launcher.py --check       ends with 0 where this Python has the moto that requirements.txt asks for
"""

import argparse
import json
import os
import re
import sys
import threading
from importlib import metadata
from pathlib import Path


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    check()
    if not arguments.check:
        serve(arguments.port)


def check():
    wanted = re.search(r"^moto\[server\]==(\S+)", Path(__file__).with_name("requirements.txt").read_text(), re.MULTILINE).group(1)
    try:
        found = metadata.version("moto")
        import moto.server  # noqa: F401  needs Flask, which a bare moto lacks
    except (ImportError, metadata.PackageNotFoundError) as problem:
        sys.exit(f"{sys.executable} has no moto server {wanted}: {problem!r}")
    if found != wanted:
        sys.exit(f"{sys.executable} has moto {found}, not {wanted}")


def serve(port):
    # Nothing of the caller's AWS configuration reaches boto3, which moto uses for its service models.
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(AWS_ACCESS_KEY_ID="unused", AWS_SECRET_ACCESS_KEY="unused", AWS_DEFAULT_REGION="us-east-1")
    os.environ.update(AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull)

    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import WSGIRequestHandler, make_server

    import commands
    import enforcement
    import identity
    import lifecycle
    import networks
    import novalue
    import transactions
    import zones
    from interception import Interception

    class Handler(WSGIRequestHandler):
        disable_nagle_algorithm = True  # headers and body are two writes: else 40 ms are lost to a delayed acknowledgement

        def log_request(self, *_):
            pass  # interception.py keeps the log

        def connection_dropped(self, *_):
            self.close_connection = True  # a HangUp: without this the connection waits for a next request

    commands.install()
    lifecycle.install()
    networks.install()
    novalue.install()
    enforcement.install()
    identity.install()
    transactions.install()
    zones.install()
    app = Interception(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=Handler)
    os.environ["MOTO_PORT"] = str(server.port)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    print(json.dumps({"port": server.port}), flush=True)
    sys.stdout = sys.stderr  # moto prints now and then
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)  # calls may still be paused; nothing here is worth waiting for


if __name__ == "__main__":
    main()
