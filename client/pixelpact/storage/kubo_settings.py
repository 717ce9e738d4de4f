"""What a Kubo node may be set to, so that no stranger learns of a study and no power cut loses one.

A study's blocks are ciphertext, but who holds how much, and asks for what, is nobody's business: a node that
stores them speaks to nobody outside its swarm. Settings are read from the node's configuration, which is what
it will use when it starts next; whether its swarm asks for a key is found out by knocking.
"""

from __future__ import annotations

import ipaddress
import json
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

__all__ = ["Flaw", "durability_flaws", "knock", "own_gateway", "settings_flaws"]

#: Where it stands, what it must be, and why. An empty list, an empty object and nothing are the same.
_PRIVATE: tuple[tuple[str, Any, str], ...] = (
    ("Routing.Type", "none", "it looks up and announces blocks in a public network"),
    ("Routing.DelegatedRouters", [], "it asks public servers who has a block"),
    ("Bootstrap", [], "it introduces itself to the nodes of a public network"),
    ("Provide.Enabled", False, "it tells others which blocks it has"),
    ("Discovery.MDNS.Enabled", False, "it calls out to every machine on its local network"),
    ("AutoConf.Enabled", False, "it fetches settings from a public server"),
    ("AutoTLS.Enabled", False, "it asks a public server for a certificate and a name"),
    ("AutoNAT.ServiceMode", "disabled", "it helps strangers to find out how they can be reached"),
    ("HTTPRetrieval.Enabled", False, "it may fetch blocks from public servers"),
    ("Ipns.DelegatedPublishers", [], "it sends names to public servers"),
    ("DNS.Resolvers", {}, "it asks resolvers that this machine does not use"),
    ("Swarm.DisableNatPortMap", True, "it opens a port on the router in front of it"),
    ("Swarm.RelayClient.Enabled", False, "it lets strangers relay its connections"),
    ("Swarm.RelayService.Enabled", False, "it relays strangers' connections"),
    ("Plugins.Plugins.telemetry.Disabled", True, "it may report on itself"),
    ("Pinning.RemoteServices", {}, "it may hand what it pins to a service elsewhere"),
)
_GREETING = b"\x13/multistream/1.0.0\n"


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is wrong with a node.

    Attributes:
        setting: where it stands in the node's configuration, or what else was looked at.
        found: what is there, as JSON.
        why: what the node does because of it, a clause.
        remedy: what to do, a sentence without a full stop.
    """

    setting: str
    found: str
    why: str
    remedy: str


def settings_flaws(config: Mapping[str, Any]) -> tuple[Flaw, ...]:
    """What in a node's configuration lets others learn of it, or lets them in."""
    flaws = []
    for setting, wanted, why in _PRIVATE:
        found = _at(config, setting)
        if not _same(found, wanted):
            remedy = f"ipfs config --json {setting} '{json.dumps(wanted)}', then start the node again"
            flaws.append(Flaw(setting, json.dumps(found), why, remedy))
    for setting in ("Addresses.API", "Addresses.Gateway"):
        strangers = [address for address in _several(_at(config, setting)) if not _is_local(address)]
        if strangers:
            why = "others than this machine can command it or read every block of it"
            remedy = f"Set {setting} to an address of this machine alone, then start the node again"
            flaws.append(Flaw(setting, json.dumps(strangers), why, remedy))
    origins = _several(_at(config, "API.HTTPHeaders.Access-Control-Allow-Origin"))
    if "*" in origins:
        setting = "API.HTTPHeaders.Access-Control-Allow-Origin"
        why = "any page in a browser on this machine can command it"
        flaws.append(Flaw(setting, json.dumps(origins), why, "Remove the header, then start the node again"))
    return tuple(flaws) + _gateway_flaws(config)


def _gateway_flaws(config: Mapping[str, Any]) -> tuple[Flaw, ...]:
    setting = "Gateway.HTTPHeaders.Access-Control-Allow-Origin"
    # Kubo's gateway allows every origin unless its configuration says something else, be it nothing.
    origins = _at(config, setting)
    if not _several(_at(config, "Addresses.Gateway")) or (
        origins is not None and "*" not in _several(origins)
    ):
        return ()
    why = "any page in a browser on this machine can read each block whose CID it knows"
    headers = json.dumps({"Access-Control-Allow-Origin": []})
    remedy = f"ipfs config --json Gateway.HTTPHeaders '{headers}', then start the node again"
    return (Flaw(setting, json.dumps(origins), why, remedy),)


def own_gateway(config: Mapping[str, Any], url: str) -> str | None:
    """Where a node's gateway listens, as its configuration tells; None unless both are on this machine.

    Args:
        config: the node's configuration.
        url: of its RPC.
    """
    if not _is_loopback(urlsplit(url).hostname or ""):
        return None
    for door in filter(None, map(_door, filter(_is_local, _several(_at(config, "Addresses.Gateway"))))):
        host, port = door
        if port:
            return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    return None


def durability_flaws(config: Mapping[str, Any]) -> tuple[Flaw, ...]:
    """What in a node's configuration lets it lose blocks that it said it had stored."""
    flaws = []
    stores = [part for part in _parts(_at(config, "Datastore.Spec")) if part.get("type") == "flatfs"]
    if not stores or not all(part.get("sync") is True for part in stores):
        found = json.dumps([part.get("sync") for part in stores])
        why = "a power cut may lose blocks that it said it had stored"
        remedy = 'Keep blocks in flatfs and set "sync": true there, then start the node again'
        flaws.append(Flaw("Datastore.Spec", found, why, remedy))
    # With its cache of what it has, or without writing through, a block that was damaged or lost on its disk
    # is never written again: the node says that it has stored it.
    for setting, wanted, default in (
        ("Datastore.BlockKeyCacheSize", 0, None),
        ("Datastore.WriteThrough", True, True),
    ):
        found_there = _at(config, setting)
        if not _same(default if found_there is None else found_there, wanted):
            why = "it does not store a block again whose file was damaged"
            remedy = f"ipfs config --json {setting} {json.dumps(wanted)}, then start the node again"
            flaws.append(Flaw(setting, json.dumps(found_there), why, remedy))
    return tuple(flaws)


def knock(listening: Sequence[str], patience: float) -> tuple[Flaw, ...]:
    """Whether a node speaks to a peer that has no swarm key.

    In a swarm with a key the first bytes on a connection are a random nonce and ciphertext (libp2p's private
    networks, PSK version 1); otherwise a node answers the greeting of multistream-select with the same.

    Args:
        listening: the node's own multiaddresses, as its ``swarm/addrs/listen`` tells them.
        patience: seconds for each.
    """
    doors = [door for door in map(_door, listening) if door]
    udp = [address for address in listening if "/udp/" in address]
    remedy = "Put the swarm's swarm.key into its repository and start it with LIBP2P_FORCE_PNET=1"
    if udp:
        return (Flaw("swarm.key", json.dumps(udp), "only a node without a swarm key listens by UDP", remedy),)
    silent = 0
    for door in doors:
        answer = _answer(door, patience)
        if answer and answer.startswith(_GREETING[: len(answer)]):
            return (Flaw("swarm.key", json.dumps(door), "it speaks to peers that have no key", remedy),)
        silent += not answer
    if doors and silent == len(doors):
        why = "none of its swarm addresses can be reached from here, so nothing shows that it asks for a key"
        return (Flaw("swarm.key", json.dumps(doors), why, "Run this on the machine of the node"),)
    return ()


def _answer(door: tuple[str, int], patience: float) -> bytes:
    answer = b""
    with suppress(OSError), socket.create_connection(door, patience) as peer:
        peer.settimeout(patience)
        peer.sendall(_GREETING)
        while len(answer) < len(_GREETING) and (more := peer.recv(len(_GREETING) - len(answer))):
            answer += more
    return answer


def _door(address: str) -> tuple[str, int] | None:
    parts = address.split("/")
    if len(parts) < 5 or parts[1] not in ("ip4", "ip6") or parts[3] != "tcp" or not parts[4].isdigit():
        return None
    return parts[2], int(parts[4])


def _is_local(address: str) -> bool:
    parts = address.split("/")
    if parts[1:2] == ["unix"]:
        return True
    return len(parts) > 2 and _is_loopback(parts[2])


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _at(config: Mapping[str, Any], setting: str) -> Any:
    value: Any = config
    for name in setting.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _same(found: Any, wanted: Any) -> bool:
    if wanted in ([], {}):
        return found in (None, [], {})
    return type(found) is type(wanted) and found == wanted


def _several(value: Any) -> list[str]:
    return [value] if isinstance(value, str) and value else list(value or ())


def _parts(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every object in a datastore's specification, which nests them in lists and under names."""
    ahead = [value]
    while ahead:
        part = ahead.pop()
        if isinstance(part, Mapping):
            yield part
            ahead += part.values()
        elif isinstance(part, list):
            ahead += part
