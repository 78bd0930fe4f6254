"""One service of the reference company as a process: `python -m alarm_company crm --site DIR --coordinator KEY`.

It makes its data, listens on loopback, says on which port, and ends with whoever holds its standard input.
"""

from __future__ import annotations

import argparse
import errno
import importlib
import json
import socket
import sys
import threading
from datetime import date
from pathlib import Path

import uvicorn

from alarm_company.site import KEYRING_KEY, SERVICES, Site
from alarm_company.world import World
from sectorprivacy.encryption import environment_key
from sectorprivacy.errors import PortInUse, PrivacyError
from sectorprivacy.integrations.http_signatures import HttpSigner
from sectorprivacy.integrations.starlette import routes
from sectorprivacy.rights.service import Peer
from sectorprivacy.signing import Verifier


def main() -> int:
    """Run one service until standard input ends. Returns the exit code."""
    arguments = _arguments()
    site = Site(arguments.site, environment_key(KEYRING_KEY))
    try:
        listening = _listen(arguments.port)
    except PrivacyError as refused:
        sys.stderr.write(f"{refused}\n")
        return 1
    module = importlib.import_module(f"alarm_company.{arguments.service}")
    if not site.database.exists():
        seed, customers, day = arguments.world.split(",")
        module.fill(site, World.generate(int(seed), int(customers), date.fromisoformat(day)))
    coordinator = Peer(Verifier.load(arguments.coordinator), {"find", "export", "plan", "apply"})
    app = routes(module.build(site), signer=HttpSigner(site.signer("answers")), peers=[coordinator])
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off"))
    threading.Thread(target=_end_with_parent, args=(server,), daemon=True).start()
    sys.stdout.write(json.dumps({"service": arguments.service, "port": listening.getsockname()[1]}) + "\n")
    sys.stdout.flush()
    server.run(sockets=[listening])
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="alarm_company", description="One service of the reference company.")
    parser.add_argument("service", choices=SERVICES)
    parser.add_argument("--site", type=Path, required=True, help="folder of this service")
    parser.add_argument("--world", default="1,2000,2026-11-25", help="seed, number of customers and day of the world")
    parser.add_argument("--coordinator", type=Path, required=True, help="public key of the coordinator")
    parser.add_argument("--port", type=int, default=0, help="port on loopback; by default a free one")
    return parser.parse_args()


def _listen(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
    except OSError as failed:
        listening.close()
        if failed.errno == errno.EADDRINUSE:
            raise PortInUse(port=port) from None
        raise
    return listening


def _end_with_parent(server: uvicorn.Server) -> None:
    sys.stdin.read()
    server.should_exit = True


if __name__ == "__main__":
    sys.exit(main())
