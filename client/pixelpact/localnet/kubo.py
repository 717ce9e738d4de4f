"""Kubo: one node an institution, in a private swarm, telling nobody outside that it is there."""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pixelpact.durable import folder_beside, sync_folder
from pixelpact.errors import OutputError

from .files import read_json, write_json, write_private
from .plan import Plan, Ports, institution_folder
from .processes import Daemon

__all__ = ["prepare_kubo"]

_REPOSITORY = "kubo"
_UNFINISHED = ".pixelpact-init"
#: Nothing outside the swarm is asked or told; docs/localnet.md says what each is for.
_PRIVATE: dict[str, Any] = {
    "Bootstrap": [],
    "Routing": {"Type": "none", "DelegatedRouters": []},
    "Provide": {"Enabled": False},
    "AutoConf": {"Enabled": False},
    "AutoTLS": {"Enabled": False},
    "AutoNAT": {"ServiceMode": "disabled"},
    "HTTPRetrieval": {"Enabled": False},
    "DNS": {"Resolvers": {}},
    "Ipns": {"DelegatedPublishers": []},
    # It gives blocks to programs of this machine, and to no page in a browser; it fetches and names nothing.
    "Gateway": {
        "NoFetch": True,
        "NoDNSLink": True,
        "ExposeRoutingAPI": False,
        "DeserializedResponses": False,
        "HTTPHeaders": {"Access-Control-Allow-Origin": [], "Access-Control-Allow-Methods": []},
    },
    "Discovery": {"MDNS": {"Enabled": False}},
    "Plugins": {"Plugins": {"telemetry": {"Disabled": True, "Config": {"Mode": "off"}}}},
    "Version": {"SwarmCheckEnabled": False},
    "Swarm": {
        "DisableNatPortMap": True,
        "EnableHolePunching": False,
        "RelayClient": {"Enabled": False},
        "RelayService": {"Enabled": False},
        # A swarm with a key speaks TCP only.
        "Transports": {
            "Network": {"QUIC": False, "WebTransport": False, "WebRTCDirect": False, "Websocket": False}
        },
    },
}


def prepare_kubo(folder: Path, plan: Plan, program: Path, environment: dict[str, str]) -> list[Daemon]:
    """The nodes in the institutions' order, each with its repository, its peers and the swarm's key.

    Whatever an earlier, interrupted run has made is kept.

    Raises:
        OutputError: a file can't be written, or Kubo can't make a repository.
    """
    key = _swarm_key(folder)
    homes = [institution_folder(folder, number) / _REPOSITORY for number in range(1, len(plan.ports) + 1)]
    for home in homes:
        _make_repository(home, program, environment)
    peers = [
        {
            "ID": read_json(home / "config")["Identity"]["PeerID"],
            "Addrs": [f"/ip4/127.0.0.1/tcp/{ports.swarm}"],
        }
        for home, ports in zip(homes, plan.ports, strict=True)
    ]
    daemons = []
    for home, ports, own in zip(homes, plan.ports, peers, strict=True):
        daemon = Daemon(
            title=f"Kubo of {home.parent.name}",
            folder=home,
            command=(str(program), "--repo-dir", str(home), "daemon", "--migrate=false"),
            environment=environment
            | {"IPFS_PATH": str(home), "LIBP2P_FORCE_PNET": "1", "IPFS_TELEMETRY": "off"},
        )
        # A running node may be writing its own configuration.
        if daemon.pid() is None:
            write_private(home / "swarm.key", key)
            _configure(home / "config", ports, [each for each in peers if each is not own])
        daemons.append(daemon)
    return daemons


def _swarm_key(folder: Path) -> str:
    """The swarm's pre-shared key, made the first time: who does not have it can't speak to a node of it."""
    path = folder / "swarm.key"
    if not path.exists():
        write_private(path, f"/key/swarm/psk/1.0.0/\n/base16/\n{secrets.token_hex(32)}\n")
    return path.read_text("ascii")


def _make_repository(home: Path, program: Path, environment: dict[str, str]) -> None:
    if home.exists():
        return
    # Half a repository is never taken for one: it has its name only when it is whole.
    try:
        with folder_beside(home, _UNFINISHED) as unfinished:
            made = subprocess.run(  # noqa: S603
                [str(program), "--repo-dir", str(unfinished), "init", "--empty-repo"],
                capture_output=True,
                text=True,
                stdin=subprocess.DEVNULL,
                env=environment,
                check=False,
            )
            if made.returncode != 0:
                said = made.stderr.strip().rpartition("\n")[2][:300]
                raise _unmade(home, said or f"it ended with code {made.returncode}")
            unfinished.rename(home)
            sync_folder(home.parent)
    except OSError as error:
        raise _unmade(home, str(error)) from error


def _unmade(home: Path, why: str) -> OutputError:
    return OutputError(
        f"Kubo can't make a repository in {home.parent}",
        why=why,
        remedy="When the cause is gone, run this again",
    )


def _configure(path: Path, ports: Ports, others: Sequence[dict[str, Any]]) -> None:
    config = _merged(read_json(path), _PRIVATE)
    config["Addresses"] |= {
        "API": f"/ip4/127.0.0.1/tcp/{ports.ipfs}",
        "Gateway": [] if ports.gateway is None else f"/ip4/127.0.0.1/tcp/{ports.gateway}",
        "Swarm": [f"/ip4/127.0.0.1/tcp/{ports.swarm}"],
        "Announce": [],
        "AppendAnnounce": [],
    }
    config["Peering"] = {"Peers": list(others)}
    for mount in config["Datastore"]["Spec"]["mounts"]:
        if mount["type"] == "flatfs":
            # A block that was stored stays stored when the power fails.
            mount["sync"] = True
    # What is stored again is written again, whatever it is remembered to have: its file may be damaged.
    config["Datastore"]["BlockKeyCacheSize"] = 0
    write_json(path, config)


def _merged(config: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """The configuration with these values, whatever else it has; an empty object empties."""
    merged = dict(config)
    for name, value in changes.items():
        there = merged.get(name)
        merged[name] = (
            _merged(there, value) if value and isinstance(value, dict) and isinstance(there, dict) else value
        )
    return merged
