"""What goes wrong outside of a command: one sentence, its exit code, nothing lost, and run again it works."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from chain_proxy import serving
from fault_child import Ended, Kill, begin
from fault_commands import Command, Trial
from fault_table import COMMANDS
from fault_trial import failed_and_done
from fault_world import CLINIC, HOSPITAL, PERSON, World, ask
from kubo_proxy import Fault, Proxy, drip, nothing, proxying, reply, silence

from pixelpact.chain import AccessReleased, Chain
from pixelpact.crypto import list_cids
from pixelpact.errors import ChainError, DeniedError, SealedStudyError, StoreError, VaultError
from pixelpact.models import RAW
from pixelpact.storage import FolderStore, KuboStore

Stage = Any
_SHORT = 2.0


def _named(name: str) -> Command:
    return next(each for each in COMMANDS if each.name == name)


# A store that answers with other bytes, or nothing, or slowly


def _block(world: World, standing: dict[str, Any]) -> Path:
    """The file of a block of data of the standing study."""
    store = world.stores[HOSPITAL]
    assert isinstance(store, FolderStore)
    digest = world.chain.studies.study(bytes.fromhex(standing["study"][2:])).manifest_digest
    return store.path([cid for cid in list_cids(digest, store.get) if cid.codec == RAW][-1])


def test_a_store_that_answers_with_other_bytes(stage: Stage):
    command, world = _named("access fetch"), stage.world
    standing = stage.standing(command)
    block = _block(world, standing)
    whole = block.read_bytes()

    def fail(trial: Trial) -> Ended:
        block.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        ended: Ended = world.run(*trial.arguments)
        block.write_bytes(whole)
        return ended

    told = failed_and_done(world, command, standing, {SealedStudyError.exit_code}, fail)
    assert "is damaged" in told


@pytest.mark.parametrize("name", ["study seal", "access fetch"])
def test_a_store_that_is_gone(stage: Stage, name: str):
    command, world = _named(name), stage.world
    store = world.stores[HOSPITAL]
    aside = store.folder.with_name("aside")

    def fail(trial: Trial) -> Ended:
        store.folder.rename(aside)
        store.folder.write_text("something else")
        ended: Ended = world.run(*trial.arguments)
        store.folder.unlink()
        aside.rename(store.folder)
        return ended

    assert "block store" in failed_and_done(
        world, command, stage.standing(command), {StoreError.exit_code}, fail
    )


@contextmanager
def _through(world: World, who: str) -> Iterator[Proxy]:
    """An institution's Kubo node behind something that spoils its answers."""
    path = world.profile(who) / "profile.json"
    before = path.read_text("utf-8")
    value = json.loads(before)
    with proxying(value["store"]["kubo"]) as proxy:
        value["store"]["kubo"] = f"http://127.0.0.1:{proxy.server_address[1]}"
        path.write_text(json.dumps(value), "utf-8")
        try:
            yield proxy
        finally:
            path.write_text(before, "utf-8")


def _impatient() -> None:
    defaults: Any = KuboStore.__init__.__kwdefaults__
    defaults["timeout"] = _SHORT
    patience: Any = Chain.connect.__func__.__kwdefaults__  # type: ignore[attr-defined]
    patience["patience"] = _SHORT


@pytest.mark.parametrize("fault", [nothing, silence, drip, reply(b'{"Key": "another", "Size": 1}')])
def test_a_kubo_node_that_errs_while_a_study_is_sealed(stage_on: Callable[[str], Stage], fault: Fault):
    stage = stage_on("anvil+kubo")
    command, world = _named("study seal"), stage.world

    def fail(trial: Trial) -> Ended:
        with _through(world, HOSPITAL) as proxy:
            proxy.faults["block/put"] = fault
            ended: Ended = world.run(*trial.arguments, prepare=_impatient)
        return ended

    told = failed_and_done(world, command, stage.standing(command), {StoreError.exit_code}, fail)
    assert "Kubo" in told


# A consent that expired between request and release


def _expiring(world: World, standing: dict[str, Any]) -> str:
    """A permitted request whose consent is for one day; its number."""
    number = next(world.numbers)
    consent, invitation = (world.path(f"outputs/{name}-{number}.json") for name in ("day", "invited"))
    world.do(
        *("consent", "sign", "--custodian", 1, "--grantee", 2, "--purpose", "TREAT", "--days", 1, "--yes"),
        *("--output", consent, "--profile", world.profile("patient")),
    )
    world.do("consent", "record", consent, "--profile", world.profile(HOSPITAL))
    world.do(
        *("invite", "create", standing["study"], "--consent", consent, "--output", invitation),
        *("--profile", world.profile(HOSPITAL)),
    )
    told = world.do("access", "request", invitation, "--person", PERSON, "--profile", world.profile(CLINIC))
    assert told["permitted"]
    return str(told["request"])


@pytest.mark.parametrize("moment", [None, "signed", "recorded"])
def test_a_consent_that_expired_between_request_and_release(stage: Stage, moment: str | None):
    world = stage.world
    command = _named("access release")
    request = _expiring(world, stage.standing(command))
    release = ("access", "release", request, "--person", PERSON, "--profile", world.profile(HOSPITAL))
    kill = {"signed": Kill(2, 0), "recorded": Kill(3, -1)}.get(moment or "")
    if kill:
        # Cut off with its transaction signed, or with all done but the last word.
        assert world.run(*release, kill=kill).killed
    ask(world.network.rpc, "evm_increaseTime", 2 * 86_400)

    ended = world.run(*release)

    released = list(
        world.chain.find(AccessReleased, last=world.chain.head().number, request=bytes.fromhex(request[2:]))
    )
    assert ended.code == DeniedError.exit_code, ended.errors
    assert "expired" in ended.errors or "over" in ended.errors, ended.errors
    assert len(ended.errors.splitlines()) == 1
    with world.opened(HOSPITAL) as vault:
        assert vault.pending() == []
    if moment == "recorded":
        # It was published before it was cut off; the chain has the release from when it was allowed.
        assert len(released) == 1
    else:
        assert released == []
    assert world.run(*release).code == (0 if released else DeniedError.exit_code)
    # A new consent, and a new request, go through.
    fresh = _expiring(world, stage.standing(command))
    world.do("access", "release", fresh, "--person", PERSON, "--profile", world.profile(HOSPITAL))


# Two agents on one vault


def test_two_agents_on_one_vault(stage: Stage):
    world = stage.world
    command = _named("study register")
    trial = command.prepare(world, stage.standing(command))
    stop = Kill(1, 0, instead=lambda: os.kill(os.getpid(), signal.SIGSTOP))
    first = begin([str(each) for each in trial.arguments], world.runs, kill=stop)
    while not first.is_stopped():
        time.sleep(0.01)

    second = world.run(*trial.arguments)

    assert second.code == VaultError.exit_code
    assert "is in use" in second.errors
    assert len(second.errors.splitlines()) == 1
    os.kill(first.pid, signal.SIGCONT)
    assert first.wait().code == 0
    trial.check({})


# A node that falls silent, or a chain that stands still, in the midst


class _Node:
    """Between the hospital and its node: as it is, gone, or the chain stands still."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._held: dict[str, Any] = {}
        self.mode = ""

    def respond(self, body: bytes) -> bytes:
        question = json.loads(body)
        method = question["method"]
        if method == "test_mode":
            self.mode = question["params"][0]
            return b"{}"
        if self.mode == "gone":
            # What ends the connection without an answer.
            raise ConnectionAbortedError
        if self.mode == "nonsense":
            return b"<html>502</html>"
        if self.mode == "still" and method == "eth_sendRawTransaction":
            return json.dumps({"jsonrpc": "2.0", "id": question["id"], "result": "0x" + "00" * 32}).encode()
        answer = requests.post(self._url, json=question, timeout=20).json()
        if self.mode == "still" and question["params"][:1] == ["latest"]:
            answer["result"] = self._held.setdefault(method, answer["result"])
        return json.dumps(answer).encode()


@contextmanager
def _between(world: World, who: str) -> Iterator[tuple[_Node, str]]:
    path = world.profile(who) / "network.json"
    before = path.read_text("utf-8")
    node = _Node(world.network.rpc)
    with serving(node.respond) as url:
        replace(world.network, rpc=url).save(path)
        try:
            yield node, url
        finally:
            path.write_text(before, "utf-8")


@pytest.mark.parametrize(
    ("name", "moment", "mode"),
    [
        ("study register", Kill(0, 25), "gone"),
        ("study register", Kill(1, 0), "still"),
        ("access release", Kill(2, 0), "gone"),
        ("access release", Kill(2, 0), "nonsense"),
    ],
)
def test_a_node_that_fails_in_the_midst(stage: Stage, name: str, moment: Kill, mode: str):
    command, world = _named(name), stage.world

    def fail(trial: Trial) -> Ended:
        with _between(world, HOSPITAL) as (_, url):

            def breaks() -> None:
                ask(url, "test_mode", mode)

            kill = replace(moment, instead=breaks)
            ended: Ended = world.run(*trial.arguments, kill=kill, prepare=_impatient)
        return ended

    failed_and_done(world, command, stage.standing(command), {ChainError.exit_code}, fail)
