"""Real Kubo nodes for the tests: private swarms on loopback, in folders of their own, ended by their ids."""

from __future__ import annotations

import base64
import json
import os
import secrets
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pixelpact.models import Cid

PROGRAM = Path(__file__).resolve().parents[2] / ".tools" / "bin" / "ipfs"
#: The settings of a node that only its own swarm knows.
PRIVATE: dict[str, Any] = {
    "Addresses.API": "/ip4/127.0.0.1/tcp/0",
    "Addresses.Gateway": "/ip4/127.0.0.1/tcp/0",
    "Addresses.Swarm": ["/ip4/127.0.0.1/tcp/0"],
    "AutoConf.Enabled": False,
    "AutoNAT.ServiceMode": "disabled",
    "AutoTLS.Enabled": False,
    "Bootstrap": [],
    "DNS.Resolvers": {},
    "Datastore.BlockKeyCacheSize": 0,
    "Discovery.MDNS.Enabled": False,
    "Gateway.HTTPHeaders": {"Access-Control-Allow-Origin": []},
    "HTTPRetrieval.Enabled": False,
    "Ipns.DelegatedPublishers": [],
    "Plugins.Plugins": {"telemetry": {"Disabled": True}},
    "Provide.Enabled": False,
    "Routing": {"Type": "none", "DelegatedRouters": []},
    "Swarm.DisableNatPortMap": True,
    "Swarm.RelayClient.Enabled": False,
    "Swarm.RelayService.Enabled": False,
    "Swarm.Transports.Network": {"Websocket": False},
}


@dataclass(frozen=True)
class Node:
    repository: Path
    url: str
    process: subprocess.Popen[bytes]

    def ask(self, command: str) -> Any:
        """A question to the node, by nothing that is being tested."""
        request = urllib.request.Request(  # noqa: S310 - our own node, by http
            f"{self.url}/api/v0/{command}", method="POST"
        )
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - as above
            body = answer.read().decode()
        return [json.loads(line) for line in body.splitlines()]

    @property
    def gateway(self) -> str:
        return (self.repository / "gateway").read_text().strip()

    def path(self, cid: Cid) -> Path:
        """The file in which the node keeps a block: flatfs names it by the multihash, in base32."""
        name = base64.b32encode(b"\x12\x20" + cid.digest).decode().rstrip("=")
        return self.repository / "blocks" / name[-3:-1] / f"{name}.data"

    def empty(self) -> None:
        """Unpin everything and sweep."""
        for kind in ("recursive", "direct"):
            (pins,) = self.ask(f"pin/ls?type={kind}")
            for cid in pins.get("Keys") or ():
                self.ask(f"pin/rm?arg={cid}")
        self.ask("repo/gc")


def set_at(config: dict[str, Any], setting: str, value: Any) -> None:
    *path, last = setting.split(".")
    for name in path:
        config = config.setdefault(name, {})
    config[last] = value


@contextmanager
def running(
    repository: Path,
    *,
    key: str | None = None,
    settings: Mapping[str, Any] | None = None,
    sync: bool = True,
) -> Iterator[Node]:
    """A node that is up; ``key`` is the swarm's, an empty one leaves it without."""
    assert PROGRAM.exists(), "No Kubo is there to test with: scripts/build-node kubo builds it"
    environment = os.environ | {"IPFS_PATH": str(repository), "IPFS_TELEMETRY": "off"}
    subprocess.run([PROGRAM, "init", "--empty-repo"], env=environment, check=True, capture_output=True)
    config = json.loads((repository / "config").read_text())
    for setting, value in (PRIVATE | dict(settings or {})).items():
        set_at(config, setting, value)
    for mount in config["Datastore"]["Spec"]["mounts"]:
        if mount["type"] == "flatfs":
            mount["sync"] = sync
    (repository / "config").write_text(json.dumps(config))
    if key != "":
        key = key or secrets.token_hex(32)
        (repository / "swarm.key").write_text(f"/key/swarm/psk/1.0.0/\n/base16/\n{key}\n")
        environment["LIBP2P_FORCE_PNET"] = "1"
    with (repository / "log").open("wb") as log:
        process = subprocess.Popen([PROGRAM, "daemon"], env=environment, stdout=log, stderr=log)
    try:
        yield Node(repository, _url(repository, process), process)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _url(repository: Path, process: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + 60
    log = repository / "log"
    while b"Daemon is ready" not in log.read_bytes():
        if process.poll() is not None or time.monotonic() > deadline:
            raise AssertionError(log.read_text())
        time.sleep(0.05)
    _, _, host, _, port = (repository / "api").read_text().strip().split("/")
    return f"http://{host}:{port}"
