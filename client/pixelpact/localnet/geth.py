"""Geth sealing Clique (EIP-225): one validator an institution, known to each other and to nobody else."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
from collections.abc import Sequence
from pathlib import Path

from eth_account import Account as EthAccount
from eth_keys.datatypes import PrivateKey

from pixelpact.errors import OutputError

from .clique import socket_of
from .files import make_private, read_json, write_json, write_private
from .plan import Plan, institution_folder
from .processes import Daemon

__all__ = ["prepare_geth"]

_FUNDS = hex(10**9 * 10**18)
_GAS_LIMIT = 30_000_000
_FORKS = (
    *("homestead", "eip150", "eip155", "eip158", "byzantium", "constantinople", "petersburg"),
    *("istanbul", "muirGlacier", "berlin", "london"),
)
# Geth's own light setting: the password lies beside the file, so a slow derivation would protect nothing.
_SCRYPT_ROUNDS = 4096


def prepare_geth(
    folder: Path, plan: Plan, admins: Sequence[bytes], program: Path, environment: dict[str, str]
) -> list[Daemon]:
    """The validators in the institutions' order, each with its key, its peers and the genesis block.

    Whatever an earlier, interrupted run has made is kept.

    Args:
        folder: the localnet's.
        plan: chain id, period, ports.
        admins: the accounts that get ether in the genesis block, 20 bytes each.
        program: geth.
        environment: the nodes' environment.

    Raises:
        OutputError: a file can't be written, or Geth refuses the genesis block.
    """
    homes = [institution_folder(folder, number) / "geth" for number in range(1, len(plan.ports) + 1)]
    sealers = [_sealer(home) for home in homes]
    genesis = folder / "genesis.json"
    if not genesis.exists():
        write_json(genesis, _genesis(plan, sealers, admins))
    enodes = [
        f"enode://{_node_id(home)}@127.0.0.1:{ports.peers}"
        for home, ports in zip(homes, plan.ports, strict=True)
    ]
    daemons = []
    for number, (home, sealer) in enumerate(zip(homes, sealers, strict=True), start=1):
        others = [enode for place, enode in enumerate(enodes, start=1) if place != number]
        write_private(home / "config.toml", _config(plan.ports[number - 1].peers, others))
        _initialise(home, genesis, program, environment)
        daemons.append(
            Daemon(
                title=f"Geth of {home.parent.name}",
                folder=home,
                command=(str(program), *_options(home, plan, number, sealer)),
                environment=environment,
            )
        )
    return daemons


def _sealer(home: Path) -> str:
    """The address of the institution's sealing account, in 0x hex; made the first time, with its password.

    It has no right in the contracts and no ether but the fees it earns: Geth keeps it unlocked.
    """
    make_private(home)
    keystore = home / "keystore"
    make_private(keystore)
    password = home / "password"
    if not password.exists():
        write_private(password, secrets.token_hex(32) + "\n")
    path = keystore / "sealer.json"
    if not path.exists():
        key = EthAccount.create().key
        word = password.read_text("ascii").strip()
        kept = EthAccount.encrypt(key, word, kdf="scrypt", iterations=_SCRYPT_ROUNDS)
        # The library leaves leading zeros of this number away; Geth asks for all of its 16 bytes, or ends.
        vector = kept["crypto"]["cipherparams"]
        vector["iv"] = vector["iv"].zfill(32)
        write_json(path, kept)
    return "0x" + str(read_json(path)["address"]).removeprefix("0x").lower()


def _node_id(home: Path) -> str:
    """By which its peers know the node: the public key of its network key, which is made the first time."""
    path = home / "nodekey"
    if not path.exists():
        write_private(path, bytes(EthAccount.create().key).hex())
    return str(PrivateKey(bytes.fromhex(path.read_text("ascii"))).public_key.to_hex()).removeprefix("0x")


def _genesis(plan: Plan, sealers: Sequence[str], admins: Sequence[bytes]) -> dict[str, object]:
    return {
        "config": {
            "chainId": plan.chain_id,
            **{f"{fork}Block": 0 for fork in _FORKS},
            "clique": {"period": plan.period, "epoch": 30_000},
        },
        "timestamp": hex(plan.began),
        "difficulty": "0x1",
        "gasLimit": hex(_GAS_LIMIT),
        # EIP-225: 32 bytes of the makers' own, the signers in ascending order, room for a signature.
        "extraData": "0x" + "00" * 32 + "".join(sorted(each[2:] for each in sealers)) + "00" * 65,
        "alloc": {"0x" + admin.hex(): {"balance": _FUNDS} for admin in admins},
    }


def _config(port: int, others: Sequence[str]) -> str:
    """What Geth takes from a file only: its address for peers, which a flag would open to the world."""
    return (
        "[Node.P2P]\n"
        f'ListenAddr = "127.0.0.1:{port}"\n'
        "NoDiscovery = true\n"
        # Every peer is one that it may call by itself.
        "DialRatio = 1\n"
        "BootstrapNodes = []\nBootstrapNodesV5 = []\n"
        f"StaticNodes = {json.dumps(list(others))}\n"
        f"TrustedNodes = {json.dumps(list(others))}\n"
    )


def _options(home: Path, plan: Plan, number: int, sealer: str) -> tuple[str, ...]:
    return (
        *("--config", str(home / "config.toml"), "--datadir", str(home), "--networkid", str(plan.chain_id)),
        *(
            "--nodiscover",
            "--nat",
            "none",
            "--netrestrict",
            "127.0.0.0/8",
            "--nodekey",
            str(home / "nodekey"),
        ),
        *("--http", "--http.addr", "127.0.0.1", "--http.port", str(plan.ports[number - 1].rpc)),
        *("--http.api", "eth,net,web3"),
        # Whoever can read the folder commands the node; the others can only ask.
        *("--ipcpath", str(socket_of(home)), "--maxpeers", str(max(1, len(plan.ports) - 1))),
        # It can't be switched off; nobody knows its secret, and any free port will do.
        *("--authrpc.addr", "127.0.0.1", "--authrpc.port", "0"),
        # Every block's state is kept, for audits, and written with it: a node that is killed loses none.
        *("--syncmode", "full", "--gcmode", "archive", "--state.scheme", "hash", "--snapshot=false"),
        *("--cache", "128", "--verbosity", "2"),
        # It seals when it is told to (clique.py).
        *("--miner.etherbase", sealer, "--unlock", sealer, "--password", str(home / "password")),
        "--allow-insecure-unlock",
    )


def _initialise(home: Path, genesis: Path, program: Path, environment: dict[str, str]) -> None:
    """Write the genesis block into the node's database, once."""
    done = home / "initialised"
    if done.exists():
        return
    command = [str(program), "--datadir", str(home), "--state.scheme", "hash", "init", str(genesis)]
    log = os.open(home / "node.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        code = subprocess.run(  # noqa: S603
            command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=environment, check=False
        ).returncode
    finally:
        os.close(log)
    if code != 0:
        raise OutputError(
            f"Geth can't begin a chain in {home}",
            why=f"geth init ended with code {code}",
            remedy=f"Its log is {home / 'node.log'}; when the cause is gone, run this again",
        )
    write_private(done, "")
