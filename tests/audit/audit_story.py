"""One honest story with every kind of event in it, and the means to forge its trail.

A forged event is a well-formed log: its trail passes every check of the file format.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from audit_world import (
    OTHER_PATIENT,
    STRANGER,
    A,
    Asked,
    B,
    C,
    D,
    World,
    admin,
    word,
)
from eth_abi.abi import encode

from pixelpact.chain import Event, Trail
from pixelpact.chain.abi import Entry, contract_abi
from pixelpact.chain.answers import Log
from pixelpact.chain.events import decode_event, own_fields
from pixelpact.chain.records import directive_struct, evidence_struct, struct_of
from pixelpact.models import Directive
from pixelpact.policy import OperatorPermission, Purpose, purpose_set


@dataclass(frozen=True)
class Story:
    """The trail of the story, and what stands in it."""

    trail: Trail
    shared: bytes
    erased: bytes
    for_b: Directive
    for_d: Directive
    denied: Asked
    b_served: Asked
    c_denied: Asked
    d_served: Asked
    d_refused: Asked
    d_unserved: Asked
    d_research: Asked


def tell() -> Story:
    world = World()
    world.keys(B, C, D)
    world.send(world.institutions.set_operator(STRANGER, int(OperatorPermission.RELEASES)), admin(A))
    shared, other = world.register(local=1), world.register(local=2)
    erased = world.register(local=3, subject=OTHER_PATIENT)
    denied = world.ask(B, shared)
    for_b = world.consent(grantee=B)
    b_served = world.ask(B, shared, for_b)
    world.release(b_served)
    world.confirm(b_served, 1)
    c_denied = world.ask(C, shared, for_b)
    for_d = world.consent(grantee=D)
    d_served = world.ask(D, shared, for_d)
    world.release(d_served)
    for_research = world.consent(grantee=D, purposes=purpose_set(Purpose.HRESCH))
    d_research = world.ask(D, shared, for_research, Purpose.BIORCH)
    world.refuse(purpose_set(Purpose.HOPERAT))
    world.ask(D, shared, for_d, Purpose.CAREMGT)
    d_refused = world.ask(D, shared, for_d)
    world.turn_down(d_refused)
    world.revoke(for_b)
    world.rotate(shared)
    world.dispose(shared, 1)
    world.release(d_served)
    world.confirm(d_served, 2)
    world.ask(B, shared, for_b)
    world.send(world.studies.withdraw(other), admin(A))
    world.send(world.studies.reinstate(other), admin(A))
    world.send(world.studies.erase(erased, word(9)), admin(A))
    world.dispose(erased, 1)
    world.revoke_all(OTHER_PATIENT)
    d_unserved = world.ask(D, shared, for_d)
    world.send(world.institutions.suspend_self(), admin(C))
    return Story(
        world.trail(),
        shared,
        erased,
        for_b,
        for_d,
        denied,
        b_served,
        c_denied,
        d_served,
        d_refused,
        d_unserved,
        d_research,
    )


def place(trail: Trail, kind: type[Event], **fields: Any) -> int:
    """The place of the first event of this kind with these fields."""
    return next(
        place
        for place, event in enumerate(trail.events)
        if isinstance(event, kind) and all(getattr(event, name) == value for name, value in fields.items())
    )


def change(trail: Trail, at: int, **fields: Any) -> Trail:
    """The trail with other fields in one event."""
    event = trail.events[at]
    forged = _write(trail, event, type(event), own_fields(event) | fields)
    return _whole(trail, (*trail.events[:at], forged, *trail.events[at + 1 :]))


def drop(trail: Trail, at: int) -> Trail:
    """The trail without one event."""
    return _whole(trail, trail.events[:at] + trail.events[at + 1 :])


def append(trail: Trail, kind: type[Event], /, *, later: int = 1, **fields: Any) -> Trail:
    """The trail with one event more, in a block of its own some seconds later; 0: beside the last one."""
    last = trail.events[-1]
    if later == 0:
        beside = _write(trail, replace(last, index=last.index + 1), kind, fields)
        return _whole(trail, (*trail.events, beside))
    where = replace(
        last,
        block=last.block + 1,
        block_hash=word(last.block + 1),
        timestamp=last.timestamp + later,
        index=0,
        transaction=word(0x7A),
    )
    forged = _write(trail, where, kind, fields)
    return _whole(replace(trail, last=forged.block), (*trail.events, forged))


def again(trail: Trail, at: int, *, later: int = 1, **fields: Any) -> Trail:
    """The trail with one event once more at its end, with other fields."""
    event = trail.events[at]
    return append(trail, type(event), later=later, **(own_fields(event) | fields))


def _whole(trail: Trail, events: tuple[Event, ...]) -> Trail:
    """As it would be read from its file."""
    return Trail.from_json(replace(trail, events=events).to_json())


def _write(trail: Trail, where: Event, kind: type[Event], fields: Mapping[str, Any]) -> Event:
    contract, entry = next(
        (contract, entry)
        for contract in trail.network.contracts
        for entry in contract_abi(contract).events.values()
        if entry.name == kind.__name__
    )
    topics, data = _encode(entry, fields)
    log = Log(
        address=trail.network.address(contract),
        topics=topics,
        data=data,
        block_number=where.block,
        block_hash=where.block_hash,
        transaction=where.transaction,
        index=where.index,
    )
    return decode_event(trail.network, log, where.timestamp)


def _encode(entry: Entry, fields: Mapping[str, Any]) -> tuple[tuple[bytes, ...], bytes]:
    # A field that Python has a word for has an underscore behind it.
    values = {
        item["name"]: fields[_FIELDS.get(item["name"]) or _snake_case(item["name"])] for item in entry.inputs
    }
    indexed = [item for item in entry.inputs if item["indexed"]]
    rest = [item for item in entry.inputs if not item["indexed"]]
    topics = tuple(encode([_kind(item)], [_plain(item, values[item["name"]])]) for item in indexed)
    data = encode([_kind(item) for item in rest], [_plain(item, values[item["name"]]) for item in rest])
    return (entry.topic, *topics), data


_FIELDS = {"from": "from_"}


def _kind(item: Mapping[str, Any]) -> str:
    kind: str = item["type"]
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(_kind(part) for part in item['components'])}){kind.removeprefix('tuple')}"


def _plain(item: Mapping[str, Any], value: Any) -> Any:
    if item["type"].endswith("[]"):
        return [_plain({**item, "type": item["type"].removesuffix("[]")}, each) for each in value]
    if item["type"] == "tuple":
        structs: dict[str, Any] = {
            "query": struct_of,
            "directive": directive_struct,
            "evidence": evidence_struct,
            "terms": struct_of,
            "motion": struct_of,
            "body": struct_of,
        }
        struct = value if isinstance(value, Mapping) else structs[item["name"]](value)
        return tuple(_plain(part, struct[part["name"]]) for part in item["components"])
    return value


def _snake_case(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
