"""The chain in the process: its own identity, its own time, the real chain's rules."""

from __future__ import annotations

import inspect
import subprocess
import sys
import threading
from typing import Any

import pytest
from chain_engines import Anvil, Consortium, founders

from pixelpact import chain
from pixelpact.chain import Account, Call, Chain, EmbeddedChain, deploy
from pixelpact.errors import ContractError, TransactionError

# PUSH0 STOP: a creation that succeeds wherever Shanghai's PUSH0 exists. PUSH1 0, STOP: everywhere.
PUSH0 = bytes.fromhex("5f00")
PUSH1 = bytes.fromhex("600000")


def python(code: str) -> str:
    """What a new interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_no_two_chains_are_the_same():
    chains = [EmbeddedChain(accounts=1) for _ in range(3)]
    assert len({each.network.genesis for each in chains}) == 3
    assert len({each.network.chain_id for each in chains}) == 3
    assert chains[0].accounts[0].address == chains[1].accounts[0].address


def test_as_many_accounts_as_asked_for_have_ether():
    engine = EmbeddedChain(accounts=3)
    assert len({each.address for each in engine.accounts}) == 3
    network = deploy(engine.network, engine.accounts[0], founders(engine.accounts[1]))
    chain = Chain.connect(network)
    assert chain.balance(engine.accounts[2].address) == 10**24
    assert chain.balance(Account.generate().address) == 0


def test_its_time_is_its_own(embedded_consortium: Consortium):
    network = embedded_consortium.network
    assert network.clock is None
    chain = Chain.connect(network)
    first, last = chain.block(1), chain.head()
    assert last.timestamp - first.timestamp >= last.number - first.number


def test_blocks_on_demand():
    engine = EmbeddedChain(accounts=1)
    chain = Chain.connect(deploy(engine.network, engine.accounts[0], founders(engine.accounts[0])))
    before = chain.head()
    engine.advance(5)
    assert chain.head().number == before.number + 5
    engine.advance(0)
    engine.advance(-1)
    assert chain.head().number == before.number + 5
    engine.travel(86_400)
    assert chain.now() == before.timestamp + 86_400 + 5


def test_push0_does_not_run_here(embedded_consortium: Consortium):
    chain = Chain.connect(embedded_consortium.network, embedded_consortium.a)
    with pytest.raises(ContractError, match="opcode"):
        chain.prepare(Call("none", "constructor", None, PUSH0))
    with pytest.raises(TransactionError):
        chain.send(chain.prepare(Call("none", "constructor", None, PUSH0), gas=100_000))
    assert chain.send(chain.prepare(Call("none", "constructor", None, PUSH1))).call == "other"


def test_push0_does_not_run_on_anvil(anvil_consortium: Consortium, anvil_engine: Anvil):
    chain = Chain.connect(anvil_consortium.network, anvil_consortium.a)
    with pytest.raises(TransactionError):
        chain.send(chain.prepare(Call("none", "constructor", None, PUSH0), gas=100_000))
    assert chain.send(chain.prepare(Call("none", "constructor", None, PUSH1))).call == "other"


def test_several_threads_may_read_and_write(embedded_consortium: Consortium):
    chain = Chain.connect(embedded_consortium.network, embedded_consortium.a)
    found: list[Any] = []

    def work() -> None:
        for _ in range(5):
            found.append(chain.transact(chain.institutions.publish_key(bytes(1216))).block)
            chain.institutions.institution(1)
            list(chain.events())

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 15


def test_deep_nesting_is_still_refused():
    code = (
        "import warnings; warnings.filterwarnings('ignore', 'websockets.legacy')\n"
        "import sys, json; before = sys.getrecursionlimit()\n"
        "from pixelpact.chain import EmbeddedChain; EmbeddedChain()\n"
        "assert sys.getrecursionlimit() == before\n"
        "try: json.loads('[' * 200_000)\n"
        "except RecursionError: print('refused')"
    )
    assert python(code) == "refused"


# What is loaded when


def test_the_public_names_are_those_of_all():
    public = {
        name
        for name, value in vars(chain).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }
    assert public - {"annotations"} | {"batches", "eip712"} == set(chain.__all__)
    assert sorted(chain.__all__, key=lambda name: (not name.isupper(), name.islower(), name)) == chain.__all__


HEAVY = "['web3', 'eth_account', 'eth_abi', 'eth_tester', 'eth', 'pydicom', 'requests']"


def test_importing_the_package_imports_no_web3():
    assert python(f"import sys, pixelpact; print([m for m in {HEAVY} if m in sys.modules])") == "[]"


def test_the_client_does_not_need_the_extra():
    code = (
        "import warnings; warnings.filterwarnings('ignore', 'websockets.legacy')\n"
        "import sys; sys.modules['eth_tester'] = None\n"
        "import pixelpact.chain as chain\n"
        "assert 'eth' not in sys.modules\n"
        "try: chain.EmbeddedChain()\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    said = python(code)
    assert said.startswith("InputError The embedded chain can't be started: the package eth_tester")
    assert "pip install 'pixelpact[embedded]'" in said


def test_it_is_quiet():
    code = (
        "import warnings; warnings.filterwarnings('ignore', 'websockets.legacy')\n"
        "from pixelpact.chain import EmbeddedChain, Chain, Founder, deploy\n"
        "e = EmbeddedChain(); a = e.accounts\n"
        "n = deploy(e.network, a[0], [Founder(a[1].address, 3, 'CH')])\n"
        "c = Chain.connect(n, a[1]); c.transact(c.institutions.publish_key(bytes(1216)))\n"
        "print(len(list(c.events())))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("2\n", "")
