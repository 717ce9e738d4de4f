"""Deploy the six contracts with ape, as they are shipped, and describe the network for PixelPact's users.

    ape run deploy --network ::foundry
    ape run deploy --network ethereum:local:node --account consortium --founders founders.json

Founders are a JSON list: [{"admin": "0x...", "roles": ["CUSTODIAN", "REQUESTER"], "country": "CH",
"attributes": ["NOT_FOR_PROFIT"]}, ...], the names as in docs/policy.md. On a local network four made-up
institutions are taken when none are given. Terms are a JSON object of seconds, for good: {"vote_lifetime":
2592000, ...}, the names as in docs/contracts.md; the recommended ones are taken for those that are not named.
"""

from __future__ import annotations

import functools
import json
import operator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from ape import accounts, networks, project
from ape.cli import ConnectedProviderCommand, account_option

from pixelpact.chain import CONTRACTS, RECOMMENDED_TERMS, Chain, Terms, describe
from pixelpact.chain.records import struct_of
from pixelpact.policy import Attribute, Role

if TYPE_CHECKING:
    from ape.api import AccountAPI

ARTIFACTS = Path(__file__).resolve().parent.parent / "client" / "pixelpact" / "chain" / "artifacts"

#: Ten years; docs/contracts.md, Terms.
LONGEST_TERM = 315_576_000

Founder = dict[str, Any]


def read_founders(path: Path) -> list[Founder]:
    """The registry's founders from their file."""
    try:
        return [
            {
                "admin": each["admin"],
                "roles": functools.reduce(operator.or_, (Role[name].value for name in each["roles"])),
                "country": each["country"].encode("ascii"),
                "attributes": sum(Attribute[name].value for name in set(each.get("attributes", []))),
            }
            for each in json.loads(path.read_text("utf-8"))
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise click.UsageError(
            f"{path} can't be read as a list of founders: {type(error).__name__}: {error}. "
            "Each has admin, roles, country and, if any, attributes."
        ) from error


def read_terms(path: Path) -> Terms:
    """The terms from their file."""
    try:
        terms = replace(RECOMMENDED_TERMS, **json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise click.UsageError(
            f"{path} can't be read as terms: {type(error).__name__}: {error}. "
            f"They are {', '.join(Terms.__slots__)}."
        ) from error
    for name in Terms.__slots__:
        seconds, least = getattr(terms, name), int(name != "paper_delay")
        if type(seconds) is not int or not least <= seconds <= LONGEST_TERM:
            raise click.UsageError(
                f"{path}: {name} is {seconds!r}, not whole seconds from {least} to {LONGEST_TERM}."
            )
    return terms


def made_up_founders() -> list[Founder]:
    """Four institutions of the test accounts after the first, which deploys."""
    roles = (Role.CUSTODIAN | Role.REQUESTER | Role.VOTER).value
    admins = [accounts.test_accounts[place].address for place in range(1, 5)]
    return [{"admin": admin, "roles": roles, "country": b"CH", "attributes": 0} for admin in admins]


def load_shipped_contracts() -> None:
    """Have ape compile what the package ships, byte for byte.

    What ape compiles in part, after a change, can differ in the metadata hash at its end; PixelPact accepts
    at an address nothing but the code it ships.
    """
    shipped = {name: json.loads((ARTIFACTS / f"{name}.json").read_text("utf-8")) for name in CONTRACTS}
    for use_cache in (True, False):
        made = project.load_contracts(use_cache=use_cache)
        if all(
            str(made[name].contract_type.deployment_bytecode.bytecode) == shipped[name]["bytecode"]
            for name in CONTRACTS
        ):
            return
    raise click.ClickException(
        "The contracts are not those that the package ships: run scripts/compile, then deploy."
    )


def deploy_all(deployer: AccountAPI, founders: list[Founder], terms: Terms) -> dict[str, str]:
    """Deploy in the order in which they build upon each other; the addresses by name."""
    registry = deployer.deploy(project.InstitutionRegistry, founders, struct_of(terms))
    studies = deployer.deploy(project.StudyRegistry, registry.address)
    consents = deployer.deploy(project.ConsentRegistry, registry.address, studies.address)
    projects = deployer.deploy(project.ProjectRegistry, registry.address)
    engine = deployer.deploy(project.PolicyEngine, registry.address, projects.address, 1)
    ledger = deployer.deploy(
        project.AccessLedger, registry.address, studies.address, consents.address, engine.address
    )
    deployed = (registry, studies, consents, projects, engine, ledger)
    return {name: contract.address for name, contract in zip(CONTRACTS, deployed, strict=True)}


# The \b keeps the examples' lines as they are.
@click.command(cls=ConnectedProviderCommand, help=str(__doc__).replace("\n\n    ", "\n\n\b\n    "))
@account_option(prompt=False)
@click.option("--founders", type=click.Path(path_type=Path), help="The consortium's founders, a JSON file.")
@click.option("--terms", type=click.Path(path_type=Path), help="The times it is founded on, a JSON file.")
@click.option("--name", default="pixelpact", show_default=True, help="What people will call the network.")
@click.option("--finality-depth", default=3, show_default=True, help="Blocks that make a block final.")
@click.option("--clock", type=int, help="Seconds that the head's time may differ; 30 on a live network.")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default=Path(".build/network.json"),
    show_default=True,
    help="Where the network's description is written.",
)
def cli(
    account: AccountAPI | None,
    founders: Path | None,
    terms: Path | None,
    name: str,
    finality_depth: int,
    clock: int | None,
    output: Path,
) -> None:
    """See the module."""
    local = networks.provider.network.is_local
    if not local and (account is None or founders is None):
        raise click.UsageError("On a network that is not local, give --account and --founders.")
    chosen = read_founders(founders) if founders else made_up_founders()
    agreed = read_terms(terms) if terms else RECOMMENDED_TERMS
    load_shipped_contracts()
    addresses = deploy_all(account or accounts.test_accounts[0], chosen, agreed)
    network = describe(
        networks.provider.http_uri,
        name=name,
        finality_depth=finality_depth,
        clock=clock if clock or local else 30,
    ).with_contracts({contract: bytes.fromhex(address[2:]) for contract, address in addresses.items()})
    # Refuses unless each contract stands there as shipped, built upon the others.
    Chain.connect(network)
    output.parent.mkdir(parents=True, exist_ok=True)
    network.save(output)
    for contract, address in addresses.items():
        click.echo(f"{contract:<20} {address}")
    click.echo(f"{len(chosen)} founders. The network's description: {output}")
