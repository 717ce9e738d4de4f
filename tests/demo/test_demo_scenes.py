"""Where the story is told: what goes together, and what is refused before anything is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from demo_told import pixelpact

from pixelpact.chain import CONTRACTS
from pixelpact.demo import choose_scene
from pixelpact.demo.scene import Embedded, OwnLocalnet, StandingLocalnet
from pixelpact.errors import InputError
from pixelpact.localnet.block_files import kubo_block_files
from pixelpact.models import RAW, Cid

_FOLDER = Path("net")


@pytest.mark.parametrize(
    ("chain", "store", "network", "scene"),
    [
        (None, None, None, Embedded()),
        ("embedded", None, None, Embedded()),
        (None, "embedded", None, Embedded()),
        ("embedded", "embedded", None, Embedded()),
        ("anvil", None, None, OwnLocalnet("anvil")),
        ("anvil", "kubo", None, OwnLocalnet("anvil")),
        ("geth", None, None, OwnLocalnet("geth")),
        ("geth", "kubo", None, OwnLocalnet("geth")),
        (None, "kubo", None, OwnLocalnet("anvil")),
        (None, None, _FOLDER, StandingLocalnet(_FOLDER)),
    ],
)
def test_what_goes_together(chain: str | None, store: str | None, network: Path | None, scene: object):
    assert choose_scene(chain, store, network) == scene


def test_all_of_a_localnet_take_part_where_they_vote():
    assert choose_scene(None, None, _FOLDER, full=True) == StandingLocalnet(_FOLDER, everyone=True)


@pytest.mark.parametrize(
    ("chain", "store", "network", "said"),
    [
        ("embedded", "kubo", None, "The embedded chain does not go with Kubo"),
        ("anvil", "embedded", None, "The chain anvil does not go with the embedded store"),
        ("geth", "embedded", None, "The chain geth does not go with the embedded store"),
        ("besu", None, None, "There is no chain 'besu'"),
        (None, "s3", None, "There is no store 's3'"),
        ("geth", None, _FOLDER, "can't be chosen for a localnet that is up"),
        (None, "kubo", _FOLDER, "can't be chosen for a localnet that is up"),
    ],
)
def test_what_does_not_is_refused_in_a_sentence(
    chain: str | None, store: str | None, network: Path | None, said: str
):
    with pytest.raises(InputError, match=said) as refused:
        choose_scene(chain, store, network)
    assert refused.value.remedy


def test_a_refusal_writes_nothing(tmp_path: Path):
    for options in (("--chain", "embedded", "--store", "kubo"), ("--network", ".")):
        done = pixelpact("demo", *options, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (3, "")
        assert done.stderr.strip()
        assert not any(tmp_path.iterdir())


def _plan(folder: Path, institutions: int) -> None:
    ports = [
        {"rpc": 1, "peers": 2 + each, "ipfs": 12 + each, "swarm": 22 + each} for each in range(institutions)
    ]
    plan = {"version": 1, "engine": "anvil", "period": 1, "chain_id": 7, "began": 0, "ports": ports}
    (folder / "localnet.json").write_text(json.dumps(plan))


def _describe(folder: Path) -> None:
    network = {
        "version": 1,
        "name": "localnet",
        "chain_id": 7,
        "genesis": "0x" + "11" * 32,
        "finality_depth": 3,
        "clock": 30,
        "rpc": "http://127.0.0.1:1",
        "contracts": {name: f"0x{place:040x}" for place, name in enumerate(CONTRACTS, start=1)},
    }
    (folder / "network.json").write_text(json.dumps(network))


@pytest.mark.parametrize(
    ("institutions", "code", "said"),
    [
        (3, 3, "it has 3, and 4 take part"),
        (4, 6, "Anvil does not run. Start it: pixelpact localnet up --folder"),
    ],
)
def test_a_localnet_that_can_t_be_used_is_refused(institutions: int, code: int, said: str, tmp_path: Path):
    net, earlier = tmp_path / "net", tmp_path / "pixelpact-demo"
    net.mkdir()
    _plan(net, institutions)
    _describe(net)
    earlier.mkdir()
    (earlier / ".pixelpact-demo").touch()
    (earlier / "report.html").write_text("of an earlier run")
    done = pixelpact("demo", "--network", "net", cwd=tmp_path)
    assert done.returncode == code
    assert said in " ".join(done.stderr.split())
    assert (earlier / "report.html").exists()


def test_a_localnet_that_is_not_finished_is_refused(tmp_path: Path):
    _plan(tmp_path, 4)
    with pytest.raises(InputError, match="its contracts were not deployed"):
        StandingLocalnet(tmp_path).prepare(lambda _: None)


def test_a_block_of_kubo_lies_where_kubo_looks_for_it():
    # As `ipfs block put` of "hello\n" names and places it.
    cid = Cid.parse("bafkreicysg23kiwv34eg2d7qweipxwosdo2py4ldv42nbauguluen5v6am")
    assert cid.codec == RAW
    assert kubo_block_files(Path("kubo")).path(cid) == Path(
        "kubo/blocks/4A/CIQFRENVWURNLXYINUH7BMIQ7PM5EG5U7RYWHLZU2CBINIXII33L4AY.data"
    )
