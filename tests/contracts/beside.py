"""The nearest contracts of others, to measure beside ours: EAS, and OpenZeppelin's AccessManager.

Both are compiled as our contracts are, with the settings of ape-config.yaml. EAS names solc 0.8.29 exactly,
so its pragma is loosened on its way to our compiler; what EAS itself publishes, compiled by that solc with
settings of its own, is measured too.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import solcx
import yaml
from ape.contracts import ContractContainer
from eth_account.messages import encode_typed_data
from ethpm_types import ContractType
from scenario import ZERO32, Patient, digest

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / "node_modules"
EAS = "@ethereum-attestation-service/eas-contracts"
SOURCES = (
    f"{EAS}/contracts/EAS.sol",
    f"{EAS}/contracts/SchemaRegistry.sol",
    f"{EAS}/contracts/eip1271/EIP1271Verifier.sol",
    "@openzeppelin/contracts/access/manager/AccessManager.sol",
)
WANTED = ("EAS", "SchemaRegistry", "AccessManager")

REQUEST = {"Attest": ("recipient", "expirationTime", "revocable", "refUID", "data"), "Revoke": ("uid",)}
TYPES = {
    "attester": "address",
    "revoker": "address",
    "schema": "bytes32",
    "recipient": "address",
    "expirationTime": "uint64",
    "revocable": "bool",
    "refUID": "bytes32",
    "data": "bytes",
    "uid": "bytes32",
    "value": "uint256",
    "nonce": "uint256",
    "deadline": "uint64",
}


def compiled() -> dict[str, ContractContainer]:
    """EAS, its schema registry and the AccessManager, by name, compiled as our own contracts are."""
    config = yaml.safe_load((ROOT / "ape-config.yaml").read_text("utf-8"))["solidity"]
    output = solcx.compile_standard(
        {
            "language": "Solidity",
            "sources": {f"node_modules/{name}": {"content": _source(name)} for name in SOURCES},
            "settings": {
                "evmVersion": config["evm_version"],
                "optimizer": {"enabled": config["optimize"], "runs": config["optimization_runs"]},
                "viaIR": config["via_ir"],
                "remappings": config["import_remapping"],
                "outputSelection": {"*": {name: ["abi", "evm.bytecode.object"] for name in WANTED}},
            },
        },
        base_path=ROOT,
        solc_version=config["version"],
    )
    return {
        name: container(name, made["abi"], made["evm"]["bytecode"]["object"])
        for made_of in output["contracts"].values()
        for name, made in made_of.items()
    }


def published() -> dict[str, ContractContainer]:
    """EAS and its schema registry, by name, as their package ships them."""
    made = {}
    for name in ("EAS", "SchemaRegistry"):
        path = MODULES / EAS / "artifacts" / "contracts" / f"{name}.sol" / f"{name}.json"
        artifact = json.loads(path.read_text("utf-8"))
        made[name] = container(name, artifact["abi"], artifact["bytecode"].removeprefix("0x"))
    return made


def container(name: str, abi: list[dict[str, Any]], code: str) -> ContractContainer:
    return ContractContainer(
        ContractType(contractName=name, abi=abi, deploymentBytecode={"bytecode": f"0x{code}"})
    )


def _source(name: str) -> str:
    return (MODULES / name).read_text("utf-8").replace("pragma solidity 0.8.29;", "pragma solidity ^0.8.29;")


class Attestations:
    """An EAS with one schema: the digest of what was consented to, which may be revoked."""

    def __init__(self, containers: dict[str, ContractContainer], deployer: Any) -> None:
        registry = deployer.deploy(containers["SchemaRegistry"])
        self.contract = deployer.deploy(containers["EAS"], registry)
        self._deployer = deployer
        made = registry.register("bytes32 directive", "0x" + "00" * 20, True, sender=deployer)  # noqa: FBT003
        self.schema = bytes(made.events[0].event_arguments["uid"])

    def attest(self, word: str, recipient: str, expiry: int) -> Any:
        """The attester sends it and pays."""
        return self.contract.attest((self.schema, self._data(word, recipient, expiry)), sender=self._deployer)

    def revoke(self, attested: Any) -> Any:
        """The attester sends it and pays."""
        return self.contract.revoke((self.schema, (uid_of(attested), 0)), sender=self._deployer)

    def attest_by(self, patient: Patient, word: str, recipient: str, expiry: int) -> Any:
        """A person signs, the deployer sends it and pays."""
        data = self._data(word, recipient, expiry)
        signature = self._sign(patient, "Attest", "attester", data)
        request = (self.schema, data, signature, patient.address, 0)
        return self.contract.attestByDelegation(request, sender=self._deployer)

    def revoke_by(self, patient: Patient, attested: Any) -> Any:
        """A person signs, the deployer sends it and pays."""
        data = (uid_of(attested), 0)
        signature = self._sign(patient, "Revoke", "revoker", data)
        request = (self.schema, data, signature, patient.address, 0)
        return self.contract.revokeByDelegation(request, sender=self._deployer)

    def _data(self, word: str, recipient: str, expiry: int) -> tuple[Any, ...]:
        return (recipient, expiry, True, ZERO32, digest(word), 0)

    def _sign(self, patient: Patient, kind: str, by: str, data: tuple[Any, ...]) -> tuple[int, bytes, bytes]:
        message = {by: patient.address, "schema": self.schema}
        message |= dict(zip((*REQUEST[kind], "value"), data, strict=True))
        message |= {"nonce": self.contract.getNonce(patient.address), "deadline": 0}
        signable = encode_typed_data(
            {
                "name": "EAS",
                "version": "1.4.0",
                "chainId": self._deployer.provider.chain_id,
                "verifyingContract": self.contract.address,
            },
            {kind: [{"name": name, "type": TYPES[name]} for name in message]},
            message,
        )
        signed = patient.key.sign_message(signable)
        return signed.v, signed.r.to_bytes(32, "big"), signed.s.to_bytes(32, "big")


def uid_of(attested: Any) -> bytes:
    """The number of an attestation, from the receipt of its making."""
    return bytes(attested.events[0].event_arguments["uid"])
