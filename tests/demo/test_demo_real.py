"""The story over real nodes, as a person tells it on the command line.

Nearly all of the time goes in waiting for blocks, so the scenarios go side by side in one test.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from demo_told import Running, pixelpact

from pixelpact.audit import Auditor
from pixelpact.demo.outcome import STEPS
from pixelpact.localnet import Localnet
from pixelpact.localnet.clique import Validator

Told = dict[str, Any]
_KEYS = {"ok", "chain", "store", "version", "steps", "studies", "gas", "audit", "report"}
_SHARED = "Hospital A seals"


def test_the_story_over_real_nodes(one_image: Path, tmp_path_factory: pytest.TempPathFactory):
    lines = (
        (over_geth, over_a_chain_that_stands_still),
        (twice_over_one_localnet,),
        (over_a_chain_that_falls_silent, interrupted, stopped, killed),
    )

    def one_after_another(line: int) -> None:
        for scenario in lines[line]:
            # A short name: the path of a Geth's socket has a limit.
            scenario(tmp_path_factory.mktemp("real"), one_image)

    with ThreadPoolExecutor(len(lines)) as pool:
        for _ in pool.map(one_after_another, range(len(lines))):
            pass


def over_geth(folder: Path, image: Path) -> None:
    run = Running("--chain", "geth", "--store", "kubo", "--dicom", str(image), cwd=folder, output="out")
    code, told = run.end()
    assert code == 0, run.stderr
    _check(told, "geth", run.folder)
    # What it started is stopped, and what that has kept stays for whoever wants to look into it.
    assert not _nodes(run.folder)
    kept = [run.folder / f"localnet/institution-{number:02d}/kubo/blocks" for number in range(1, 5)]
    assert all(any(each.glob("??/*.data")) for each in kept[:2])


def twice_over_one_localnet(folder: Path, image: Path) -> None:
    with _up(folder / "net", "anvil") as net:
        events = 0
        for number, output in enumerate(("first", "second"), start=1):
            run = _begin(net, image, folder, output)
            code, told = run.end()
            assert code == 0, run.stderr
            _check(told, "anvil", run.folder)
            # The auditor reads the whole chain, and tells what was there before from what is new.
            assert told["audit"]["events"] > events
            events = told["audit"]["events"]
            left = Auditor.connect(net.network).report().findings
            assert [each.code.value for each in left] == ["disposal-not-attested"] * number
        assert "Found already before" in (run.folder / "report.html").read_text("utf-8")
        assert net.status().state == "up"


def over_a_chain_that_stands_still(folder: Path, image: Path) -> None:
    with _up(folder / "net", "geth") as net:
        run = _begin(net, image, folder, "midway")
        run.wait_for(_SHARED)
        # Half of the signers seal no more: all nodes answer, and no block comes.
        for each in net.institutions[2:]:
            Validator(each.folder / "geth.ipc").ask("miner_stop")
        code, told = _within_three_minutes(run)
        assert (code, told["ok"]) == (6, False)
        assert [step["ok"] for step in told["steps"]].count(False) == 1

        code, told = _within_three_minutes(_begin(net, image, folder, "before"))
        assert (code, told["error"]["kind"]) == (6, "ClockApartError")
        assert not (folder / "before").exists()


def over_a_chain_that_falls_silent(folder: Path, image: Path) -> None:
    with _up(folder / "net", "anvil") as net:
        run = _begin(net, image, folder, "midway")
        run.wait_for(_SHARED)
        with _frozen(net):
            code, told = _within_three_minutes(run)
            assert (code, told["ok"]) == (6, False)
            assert "does not answer" in told["steps"][-1]["sentence"]

            code, told = _within_three_minutes(_begin(net, image, folder, "before"))
            assert (code, told["error"]["kind"]) == (6, "UnreachableError")
            assert not (folder / "before").exists()


def interrupted(folder: Path, image: Path) -> None:
    run = _begin_own(folder, image)
    run.wait_for("Starting the nodes")
    run.process.send_signal(signal.SIGINT)
    assert run.end() == (130, {})
    assert not _nodes(run.folder)


def stopped(folder: Path, image: Path) -> None:
    run = _begin_own(folder, image)
    run.wait_for(_SHARED)
    run.process.send_signal(signal.SIGTERM)
    run.wait_for("Stopping the nodes")
    # Whoever is impatient does not make it leave nodes behind.
    run.process.send_signal(signal.SIGINT)
    assert run.end() == (130, {})
    assert not _nodes(run.folder)


def killed(folder: Path, image: Path) -> None:
    run = _begin_own(folder, image)
    run.wait_for(_SHARED)
    run.process.kill()
    run.process.wait()
    pids = _nodes(run.folder)
    assert len(pids) == 5
    # It could stop nothing; the next run in its folder does.
    done = pixelpact("demo", "--dicom", str(image), "--output", run.folder.name, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert not [pid for pid in pids if Path(f"/proc/{pid}/exe").exists()]


def _check(told: Told, chain: str, folder: Path) -> None:
    assert set(told) == _KEYS
    assert (told["chain"], told["store"], told["ok"]) == (chain, "kubo", True)
    assert [step["name"] for step in told["steps"]] == list(STEPS)
    assert all(step["ok"] is True for step in told["steps"])
    # To the other nodes, which take no wrong bytes, the block is missing; where it lies it is seen why.
    said = {step["name"]: step["sentence"] for step in told["steps"]}["fault-bit"]
    assert "its bytes do not hash to its CID" in said
    assert told["audit"]["findings"] == []
    assert [study["identical"] for study in told["studies"]] == [True]
    assert all(21_000 < gas < 1_000_000 for gas in told["gas"].values())
    assert Auditor.from_trail(folder / "trail.json").report().events == told["audit"]["events"]
    assert f"chain: {chain}, store: kubo" in (folder / "report.html").read_text("utf-8")


@contextmanager
def _up(folder: Path, engine: str) -> Iterator[Localnet]:
    try:
        yield Localnet.up(folder, engine=engine)
    finally:
        Localnet.stop(folder)


@contextmanager
def _frozen(net: Localnet) -> Iterator[None]:
    """The chain's nodes stopped as SIGSTOP does: they take connections and never answer."""
    pids = {each.chain.pid for each in net.status().institutions if each.chain.pid}
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def _begin(net: Localnet, image: Path, folder: Path, output: str) -> Running:
    return Running("--network", str(net.folder), "--dicom", str(image), cwd=folder, output=output)


def _begin_own(folder: Path, image: Path) -> Running:
    return Running("--chain", "anvil", "--dicom", str(image), cwd=folder, output="out")


def _within_three_minutes(run: Running) -> tuple[int, Told]:
    began = time.monotonic()
    ended = run.end()
    assert time.monotonic() - began < 180
    return ended


def _nodes(output: Path) -> list[int]:
    """The pids of the nodes that a run started and that run still."""
    noted = [json.loads(each.read_text("utf-8"))["pid"] for each in output.glob("localnet/**/node.pid")]
    return [pid for pid in noted if Path(f"/proc/{pid}/exe").exists()]
