"""A network's description: read strictly, written whole."""

from __future__ import annotations

import json
import stat
from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixelpact.chain import CONTRACTS, Network
from pixelpact.errors import InputError, OutputError

ADDRESSES = {name: bytes([place + 1]) * 20 for place, name in enumerate(CONTRACTS)}
NETWORK = Network(
    name="Testland",
    chain_id=7_081_976,
    genesis=b"\xab" * 32,
    finality_depth=3,
    clock=30,
    rpc="http://127.0.0.1:8545",
    contracts=ADDRESSES,
)
GOOD = NETWORK.to_dict()


def test_a_description_comes_back_as_it_was(folder: Path):
    path = folder / "network.json"
    NETWORK.save(path)
    assert Network.load(path) == NETWORK
    assert [each.name for each in folder.iterdir()] == ["network.json"]


@given(
    name=st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=100),
    chain_id=st.integers(1, 2**53 - 1),
    genesis=st.binary(min_size=32, max_size=32).filter(any),
    depth=st.integers(0, 100_000),
    clock=st.none() | st.integers(1, 86_400),
    rpc=st.sampled_from(
        ["embedded", "http://127.0.0.1:1", "https://node.hospital.example/rpc?key=x", "http://[::1]:9"]
    ),
    contracts=st.sampled_from([{}, ADDRESSES]),
)
def test_every_description_comes_back_as_it_was(
    name: str,
    chain_id: int,
    genesis: bytes,
    depth: int,
    clock: int | None,
    rpc: str,
    contracts: dict[str, bytes],
):
    network = Network(name, chain_id, genesis, depth, clock, rpc, contracts)
    assert Network.from_json(network.to_json()) == network


def test_the_file_is_what_people_can_read():
    assert json.loads(replace(NETWORK, clock=None).to_json()) == {
        "version": 1,
        "name": "Testland",
        "chain_id": 7_081_976,
        "genesis": "0x" + "ab" * 32,
        "finality_depth": 3,
        "clock": "own",
        "rpc": "http://127.0.0.1:8545",
        "contracts": {name: "0x" + address.hex() for name, address in ADDRESSES.items()},
    }


def test_a_description_can_not_be_changed():
    with pytest.raises(FrozenInstanceError):
        NETWORK.chain_id = 1  # type: ignore[misc]
    with pytest.raises(TypeError):
        NETWORK.contracts["AccessLedger"] = b"\1" * 20  # type: ignore[index]


def test_addresses_may_be_written_in_any_letter_case():
    mixed = {name: "0x" + address.hex().upper() for name, address in ADDRESSES.items()}
    assert Network.from_dict(GOOD | {"contracts": mixed}) == NETWORK


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"version": 2}, "version"),
    ({"version": True}, "version"),
    ({"version": "1"}, "version"),
    ({"name": ""}, "name"),
    ({"name": "x" * 101}, "name"),
    ({"name": "two\nlines"}, "name"),
    ({"name": 5}, "name"),
    ({"chain_id": 0}, "chain id"),
    ({"chain_id": -1}, "chain id"),
    ({"chain_id": 2**53}, "chain id"),
    ({"chain_id": "1"}, "chain id"),
    ({"chain_id": 1.0}, "chain id"),
    ({"chain_id": True}, "chain id"),
    ({"genesis": "ab" * 32}, "genesis"),
    ({"genesis": "0x" + "ab" * 31}, "genesis"),
    ({"genesis": "0x" + "ab" * 33}, "genesis"),
    ({"genesis": "0x" + "zz" * 32}, "genesis"),
    ({"genesis": "0x" + "00" * 32}, "genesis"),
    ({"genesis": None}, "genesis"),
    ({"finality_depth": -1}, "finality depth"),
    ({"finality_depth": 100_001}, "finality depth"),
    ({"finality_depth": "3"}, "finality depth"),
    ({"clock": 0}, "clock"),
    ({"clock": -30}, "clock"),
    ({"clock": 86_401}, "clock"),
    ({"clock": "30"}, "clock"),
    ({"clock": None}, "clock"),
    ({"clock": True}, "clock"),
    ({"rpc": "ftp://node"}, "rpc"),
    ({"rpc": "file:///etc/passwd"}, "rpc"),
    ({"rpc": "127.0.0.1:8545"}, "rpc"),
    ({"rpc": "http://"}, "rpc"),
    ({"rpc": "http://node:0"}, "rpc"),
    ({"rpc": "http://node:99999"}, "rpc"),
    ({"rpc": "http://[::1"}, "rpc"),
    ({"rpc": "http://no de"}, "rpc"),
    ({"rpc": "http://node\n"}, "rpc"),
    ({"rpc": "Embedded"}, "rpc"),
    ({"rpc": 8545}, "rpc"),
    ({"contracts": []}, "contracts"),
    ({"contracts": {"AccessLedger": "0x" + "01" * 20}}, "contracts"),
    ({"contracts": GOOD["contracts"] | {"Another": "0x" + "09" * 20}}, "contracts"),
    ({"contracts": GOOD["contracts"] | {"AccessLedger": "0x" + "00" * 20}}, "contracts"),
    ({"contracts": GOOD["contracts"] | {"AccessLedger": "0x" + "01" * 20}}, "contracts"),
    ({"contracts": GOOD["contracts"] | {"AccessLedger": "0x" + "01" * 19}}, "AccessLedger"),
    ({"contracts": GOOD["contracts"] | {"AccessLedger": 5}}, "AccessLedger"),
    ({"engine": "anvil"}, "keys that no description has: engine"),
]


@pytest.mark.parametrize(("change", "named"), WRONG, ids=lambda value: str(value)[:40])
def test_anything_else_is_refused_by_name(change: dict[str, Any], named: str):
    with pytest.raises(InputError) as caught:
        Network.from_dict(GOOD | change)
    assert named in caught.value.sentence
    assert caught.value.remedy


@pytest.mark.parametrize("key", GOOD)
def test_nothing_may_be_left_out(key: str):
    with pytest.raises(InputError, match=f"it lacks {key}"):
        Network.from_dict({each: value for each, value in GOOD.items() if each != key})


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "5", "null", '{"version": 1, "version": 1}', "[" * 60_000, "NaN", "\ufeff{}"],
    ids=["empty", "cut", "list", "number", "null", "twice", "deep", "nan", "mark"],
)
def test_other_files_are_refused(folder: Path, text: str):
    path = folder / "network.json"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError):
        Network.load(path)


def test_files_that_are_none_are_refused(folder: Path):
    for path in (folder / "missing.json", folder, Path("/dev/zero")):
        with pytest.raises(InputError, match="can't be read"):
            Network.load(path)
    (folder / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="can't be read"):
        Network.load(folder / "binary")
    (folder / "long").write_bytes(b" " * 65_537)
    with pytest.raises(InputError, match="longer than"):
        Network.load(folder / "long")


def test_a_file_that_can_not_be_written_is_said(folder: Path):
    with pytest.raises(OutputError, match="can't be written"):
        NETWORK.save(folder / "missing" / "network.json")
    (folder / "taken").mkdir()
    with pytest.raises(OutputError, match="can't be written"):
        NETWORK.save(folder / "taken")
    assert [each.name for each in folder.iterdir()] == ["taken"]


def test_saving_replaces_a_description_whole(folder: Path):
    path = folder / "network.json"
    NETWORK.save(path)
    replace(NETWORK, name="Otherland").save(path)
    assert Network.load(path).name == "Otherland"
    assert stat.S_ISREG(path.stat().st_mode)


def test_a_network_without_contracts_says_so():
    with pytest.raises(InputError, match="has no AccessLedger"):
        replace(NETWORK, contracts={}).address("AccessLedger")
