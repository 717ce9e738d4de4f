"""A trail in a file says what the chain said; a file that says anything else is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from chain_engines import Consortium, Embedded, founders
from chain_story import Story, tell

from pixelpact.chain import Chain, Trail, deploy
from pixelpact.errors import InputError, OutputError


@pytest.fixture(scope="module")
def told(embedded_engine: Embedded) -> tuple[Consortium, Story]:
    deployer, a, b, c, d = (embedded_engine.funded() for _ in range(5))
    network = deploy(embedded_engine.network, deployer, founders(a, b, c, d))
    consortium = Consortium(embedded_engine, network, deployer, a, b, c, d)
    return consortium, tell(consortium)


@pytest.fixture(scope="module")
def chain(told: tuple[Consortium, Story]) -> Chain:
    return Chain.connect(told[0].network)


@pytest.fixture(scope="module")
def trail(chain: Chain) -> Trail:
    return Trail.of(chain, 0, chain.head().number)


@pytest.fixture
def value(trail: Trail) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(trail.to_json())
    return found


def read(value: object) -> Trail:
    return Trail.from_json(json.dumps(value))


def test_a_trail_comes_back_as_it_was(trail: Trail, folder: Path):
    path = folder / "trail.json"
    trail.save(path)
    assert Trail.load(path) == trail
    assert len(trail.events) > 19


def test_a_trail_is_what_the_chain_says(chain: Chain, trail: Trail):
    assert trail.network == chain.network
    assert trail.events == tuple(chain.events(0, chain.head().number))
    assert (trail.first, trail.last, trail.last_hash) == (0, chain.head().number, chain.head().hash)


def test_by_default_a_trail_ends_at_the_final_head(chain: Chain):
    final = chain.final_head()
    trail = Trail.of(chain)
    assert (trail.last, trail.last_hash) == (final.number, final.hash)


def test_people_can_read_it(told: tuple[Consortium, Story], value: dict[str, Any]):
    story = told[1]
    entry = next(
        each
        for each in value["events"]
        if each["event"] == "AccessRequested" and not each["fields"]["reason"]
    )
    assert entry["contract"] == "AccessLedger"
    assert entry["fields"]["query"]["study"] == "0x" + story.study.hex()
    assert entry["fields"]["directive"]["modifiers"][0] == {
        "code": 22,
        "value": "0x" + b"DE".hex().ljust(64, "0"),
    }
    refusal = next(each for each in value["events"] if each["event"] == "RefusalSet")
    assert refusal["fields"]["sequence"] == str(2**64 - 1)


def _remove(entry: dict[str, Any], key: str) -> None:
    del entry[key]


def _flip(text: str) -> str:
    return text[:-1] + ("0" if text[-1] != "0" else "1")


ENTRY_CHANGES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "another event": lambda each: each.update(event="StudyErased"),
    "another contract": lambda each: each.update(contract="PolicyEngine"),
    "another address": lambda each: each.update(address=_flip(each["address"])),
    "another time as text": lambda each: each.update(timestamp=str(each["timestamp"])),
    "a negative block": lambda each: each.update(block=-1),
    "a boolean": lambda each: each.update(index=True),
    "another topic": lambda each: each.update(topics=[*each["topics"][:-1], _flip(each["topics"][-1])]),
    "a topic less": lambda each: each.update(topics=each["topics"][:-1]),
    "no topics": lambda each: each.update(topics=[]),
    "topics that are none": lambda each: each.update(topics="0x"),
    "other data": lambda each: each.update(data=_flip(each["data"])),
    "data in capitals": lambda each: each.update(data=each["data"].upper()),
    "more data": lambda each: each.update(data=each["data"] + "00" * 32),
    "no data": lambda each: each.update(data=None),
    "another field": lambda each: each["fields"].update(study="0x" + "77" * 32),
    "a field more": lambda each: each["fields"].update(note="harmless"),
    "a field less": lambda each: each["fields"].pop("study"),
    "a key more": lambda each: each.update(note="harmless"),
    "a key less": lambda each: _remove(each, "transaction"),
    "a short hash": lambda each: each.update(block_hash=each["block_hash"][:-2]),
}


@pytest.mark.parametrize("change", ENTRY_CHANGES.values(), ids=ENTRY_CHANGES)
def test_an_entry_that_says_something_else_is_refused(
    value: dict[str, Any], change: Callable[[dict[str, Any]], Any]
):
    entry = next(each for each in value["events"] if each["event"] == "StudyRotated")
    change(entry)
    with pytest.raises(InputError, match="trail can't be used"):
        read(value)


def test_every_field_of_every_event_is_held_to_its_log(value: dict[str, Any]):
    for entry in value["events"]:
        for name, said in list(entry["fields"].items()):
            entry["fields"][name] = "something else"
            with pytest.raises(InputError, match="not what its log says"):
                read(value)
            entry["fields"][name] = said
    read(value)


TRAIL_CHANGES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "another format": lambda trail: trail.update(format="trail"),
    "another version": lambda trail: trail.update(version=2),
    "a version as text": lambda trail: trail.update(version="1"),
    "a key more": lambda trail: trail.update(note="harmless"),
    "a key less": lambda trail: _remove(trail, "last_hash"),
    "another network": lambda trail: trail["network"].update(engine="anvil"),
    "other contracts": lambda trail: trail["network"].update(contracts={}),
    "events that are none": lambda trail: trail.update(events={}),
    "an event that is none": lambda trail: trail.update(events=[5]),
    "swapped": lambda trail: trail["events"].reverse(),
    "repeated": lambda trail: trail["events"].append(trail["events"][-1]),
    "beyond its range": lambda trail: trail.update(last=trail["events"][-1]["block"] - 1),
    "before its range": lambda trail: trail.update(first=trail["events"][0]["block"] + 1),
    "a negative range": lambda trail: trail.update(first=-1),
    "back in time": lambda trail: trail["events"][-1].update(timestamp=1),
    "two times of a block": lambda trail: trail["events"][0].update(timestamp=1),
    "two blocks of a number": lambda trail: trail["events"][0].update(block_hash="0x" + "77" * 32),
}


@pytest.mark.parametrize("change", TRAIL_CHANGES.values(), ids=TRAIL_CHANGES)
def test_a_trail_that_can_not_be_is_refused(value: dict[str, Any], change: Callable[[dict[str, Any]], Any]):
    change(value)
    with pytest.raises(InputError):
        read(value)


def test_a_key_twice_is_refused(trail: Trail):
    text = trail.to_json()
    with pytest.raises(InputError, match="a key twice"):
        Trail.from_json(text.replace('"first": 0', '"first": 0, "first": 0'))


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "[" * 200_000], ids=["empty", "cut", "list", "null", "deep"]
)
def test_other_texts_are_refused(text: str):
    with pytest.raises(InputError, match="trail can't be used"):
        Trail.from_json(text)


def test_files_that_can_not_be_used_are_said(trail: Trail, folder: Path):
    with pytest.raises(OutputError, match="can't be written"):
        trail.save(folder)
    with pytest.raises(InputError, match="can't be read"):
        Trail.load(folder / "missing.json")
    (folder / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="can't be read"):
        Trail.load(folder / "binary")
