"""Validators that sealed apart from each other."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pixelpact.chain import Account
from pixelpact.errors import InputError, UnreachableError
from pixelpact.localnet.ask import wait_until
from pixelpact.localnet.clique import Validator, begin_sealing, mend, socket_of
from pixelpact.localnet.geth import prepare_geth
from pixelpact.localnet.plan import Plan
from pixelpact.localnet.processes import Daemon, stop_all
from pixelpact.localnet.programs import find_program


@contextmanager
def running(*daemons: Daemon) -> Iterator[list[Validator]]:
    try:
        validators = []
        for daemon in daemons:
            daemon.start()
            validator = Validator(socket_of(daemon.folder))
            silent = UnreachableError("silent")
            wait_until(lambda each=validator: each.peers >= 0, daemon, 30, silent)
            validators.append(validator)
        yield validators
    finally:
        stop_all(daemons)


def until(holds: object, seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_chain_that_stands_still_is_mended(tmp_path: Path):
    plan = Plan.draw("geth", 3, 1).written(tmp_path)
    program = find_program("geth", lambda _: None)
    daemons = prepare_geth(tmp_path, plan, [Account.generate().address], program, {"HOME": str(tmp_path)})
    # The one whose turn block 1 is stays away: the blocks of the other two are equally heavy.
    signers = [daemon.command[daemon.command.index("--unlock") + 1] for daemon in daemons]
    one, other = (
        daemon for daemon, signer in zip(daemons, signers, strict=True) if signer != sorted(signers)[1]
    )
    for apart in (one, other):
        with running(apart) as (validator,):
            validator.start_sealing()
            until(lambda each=validator: each.head()[2] == 1)
    with running(one, other) as validators:
        until(lambda: all(each.peers == 1 for each in validators))
        for each in validators:
            each.start_sealing()
        time.sleep(5)
        heads = [each.head() for each in validators]
        # Two of three are enough to go on, but each has just sealed.
        assert [number for _, _, number in heads] == [1, 1]
        assert heads[0][:2] != heads[1][:2]
        assert heads[0][0] == heads[1][0]

        mend(validators)

        until(lambda: all(each.head()[2] > 3 for each in validators))
        assert validators[0].hash_of(3) == validators[1].hash_of(3)

    # Started as localnet does it, they don't get there.
    with running(*daemons) as validators:
        begin_sealing(validators)
        until(lambda: min(each.head()[2] for each in validators) > 8)


def test_a_folder_that_lies_too_deep_for_a_socket_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match="lies too deep"):
        socket_of(tmp_path / ("a" * 80) / "institution-01" / "geth")
