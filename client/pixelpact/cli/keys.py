"""``pixelpact keys``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pixelpact.cli.options import (
    Json,
    ProfileFolderOption,
    ask_new_password,
    opened_profile,
    opened_wallet,
)
from pixelpact.cli.printing import console, print_json
from pixelpact.cli.values import member_of
from pixelpact.errors import InputError

if TYPE_CHECKING:
    from pixelpact.chain import Account, Network
    from pixelpact.profile import Opening, StoreChoice

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Profiles and their keys.")


@app.command("create")
def create(
    profile: ProfileFolderOption,
    role: Annotated[str, typer.Option(help="Whose it is: institution or patient.")] = "institution",
    network: Annotated[Path | None, typer.Option(help="The network's description.", metavar="FILE")] = None,
    account: Annotated[
        Path | None,
        typer.Option(
            help="The key of the institution's operator: a file with 64 hex digits.", metavar="FILE"
        ),
    ] = None,
    kubo: Annotated[
        str | None, typer.Option(help="The RPC of the institution's Kubo node.", metavar="URL")
    ] = None,
    gateway: Annotated[
        str | None, typer.Option(help="That node's gateway; reads are faster by it.", metavar="URL")
    ] = None,
    store: Annotated[
        Path | None, typer.Option(help="A folder for the blocks, instead of Kubo.", metavar="FOLDER")
    ] = None,
    allow_public: Annotated[
        bool, typer.Option("--allow-public", help="Use the node even if it lets others learn of its blocks.")
    ] = False,
    localnet: Annotated[
        Path | None,
        typer.Option(
            help="Take network, Kubo and, unless one is given, the admin's account from this localnet.",
            metavar="FOLDER",
        ),
    ] = None,
    institution: Annotated[
        int | None, typer.Option(help="The institution's number in the registry.", min=1)
    ] = None,
    unlock: Annotated[
        str, typer.Option(help="What opens the vault: key-file, password or keyring.")
    ] = "key-file",
    key_file: Annotated[
        Path | None,
        typer.Option(help="The key file; beside the profile's folder unless told.", metavar="FILE"),
    ] = None,
    words: Annotated[
        bool, typer.Option("--words", help="Bring a patient's wallet back: its words are asked for.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Make a profile: a folder with the keys of one institution or one patient, and nobody else's.

    The vault opens with a key file beside the folder, with a password (typed, or from $PIXELPACT_PASSWORD),
    or with a secret in the system's keyring.

    An institution's profile is of one account: its admin's or another operator's, each with a vault of their
    own (docs/consortium.md, A second person).

    Example: pixelpact keys create --profile hospital-a --localnet net --institution 1
    """
    from pixelpact.chain import Account
    from pixelpact.profile import Opening, Role

    who = member_of(Role, role, "role", "--help")
    opening = member_of(Opening, unlock, "way to open a vault", "--help")
    if key_file is not None and opening is not Opening.KEY_FILE:
        raise _unclear("--key-file is for a vault that opens with a key file", "Leave one of them out")
    if who is Role.PATIENT:
        unused = {
            "--account": account,
            "--kubo": kubo,
            "--gateway": gateway,
            "--store": store,
            "--institution": institution,
            "--allow-public": allow_public or None,
        }
        _require_unused(unused, "a patient's profile holds a wallet, and no account or store")
        return _create_patient(profile, network, localnet, opening, key_file, words=words, as_json=as_json)
    if words:
        raise _unclear("--words is for a patient's wallet", "Leave it out, or give --role patient")
    if localnet is not None:
        unused = {
            "--network": network,
            "--kubo": kubo,
            "--gateway": gateway,
            "--store": store,
            "--allow-public": allow_public or None,
        }
        _require_unused(unused, "--localnet says all of that")
        if institution is None:
            raise _unclear("a localnet has several institutions", "Give --institution with its number")
        described, operator, place = _of_localnet(localnet, institution)
        if account is not None:
            # Another operator of the same institution.
            operator = Account.load(account)
    else:
        described, operator, place = _as_told(network, account, kubo, gateway, store, public=allow_public)
    return _create_institution(
        profile, described, operator, place, institution, (opening, key_file), as_json=as_json
    )


@app.command("show")
def show(
    profile: ProfileFolderOption,
    custodian: Annotated[
        int | None, typer.Option(help="For a patient: the hospital that the address is for.", min=1)
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the address alone.")] = False,
    as_json: Json = False,
) -> int:
    """Show who a profile is: an institution's account and key, or a patient's address at a hospital.

    Example: pixelpact keys show --profile patient --custodian 1
    """
    from eth_utils.address import to_checksum_address

    from pixelpact.profile import ProfileFolder, Role

    folder = ProfileFolder.load(profile)
    found: dict[str, object] = {"profile": str(folder.path), "role": folder.role.value}
    if folder.role is Role.PATIENT:
        if custodian is None:
            raise _unclear("a patient has an address for each hospital", "Give the hospital with --custodian")
        with opened_wallet(profile) as (_, wallet):
            address = wallet.patient.address(custodian=custodian)
        found |= {"custodian": custodian, "address": to_checksum_address(address)}
        lines = [f"At institution {custodian} this patient is {found['address']}."]
    else:
        _require_unused({"--custodian": custodian}, "an institution has one account for all")
        with opened_profile(profile) as opened:
            record = opened.chain.institutions.institution(opened.institution)
            sender = opened.chain.account.address if opened.chain.account else b""
        found |= {
            "institution": opened.institution,
            "account": to_checksum_address(sender),
            "status": record.status.name.lower(),
            "key_version": record.key_version,
        }
        published = f"version {record.key_version}" if record.key_version else "none yet"
        lines = [
            f"Institution {opened.institution} ({found['status']}), account {found['account']}.",
            f"Published encryption key: {published}.",
        ]
    if as_json:
        print_json(found)
    elif quiet:
        print(found.get("address") or found["account"])
    else:
        for line in lines:
            console().print(line, markup=False, soft_wrap=True)
    return 0


@app.command("publish")
def publish(profile: ProfileFolderOption, as_json: Json = False) -> int:
    """Make a new encryption key and publish its public half: what is released from now on is for this key.

    Example: pixelpact keys publish --profile hospital-b
    """
    from pixelpact.requester import Requester

    with opened_profile(profile) as opened:
        version = Requester(opened).publish_key()
    if as_json:
        print_json({"institution": opened.institution, "key_version": version})
    else:
        console().print(
            f"Institution {opened.institution} published version {version} of its encryption key."
        )
    return 0


@app.command("account")
def account(
    output: Annotated[Path, typer.Option("--output", help="A new file for the key, 0600.", metavar="FILE")],
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the address alone.")] = False,
    as_json: Json = False,
) -> int:
    """Make an account for somebody who will act for an institution: a key, and an address to tell.

    The address is what an admin needs (institution operator set), or a vote (institution propose admit);
    after that, keys create --account makes the profile. The file can go then: the vault has the key.

    Example: pixelpact keys account --output second.key
    """
    from eth_utils.address import to_checksum_address

    from pixelpact.chain import Account
    from pixelpact.documents import require_free, write_document

    require_free(output)
    made = Account.generate()
    write_document(output, made.reveal_key().hex() + "\n")
    address = to_checksum_address(made.address)
    if as_json:
        print_json({"account": address, "file": str(output)})
    elif quiet:
        print(address)
    else:
        console().print(f"The key is in {output}; its address is {address}.", markup=False, soft_wrap=True)
    return 0


@app.command("fund")
def fund(
    account: Annotated[str, typer.Argument(help="The account's address.", metavar="ADDRESS")],
    profile: ProfileFolderOption,
    ether: Annotated[int, typer.Option(help="How much.", min=1, max=1_000_000)] = 1,
    as_json: Json = False,
) -> int:
    """Give an account ether for its transactions' gas, from this profile's account.

    Example: pixelpact keys fund "$second" --profile hospital-a
    """
    from pixelpact.cli.values import address_of
    from pixelpact.consortium import Delegate

    address = address_of(account, "an account's")
    with opened_profile(profile) as opened:
        Delegate(opened).give_ether(address, ether)
    if as_json:
        print_json({"account": "0x" + address.hex(), "ether": ether})
    else:
        console().print(f"Given, and final: {ether} ether to 0x{address.hex()}.", soft_wrap=True)
    return 0


@app.command("words")
def words(profile: ProfileFolderOption, as_json: Json = False) -> int:
    """Show a patient's twelve words, to be written down: they are the only way back to the wallet.

    Example: pixelpact keys words --profile patient
    """
    with opened_wallet(profile) as (_, wallet):
        revealed = wallet.patient.reveal_words()
    if as_json:
        print_json({"words": revealed})
    else:
        print(revealed)
    return 0


def _create_patient(
    profile: Path,
    network: Path | None,
    localnet: Path | None,
    opening: Opening,
    key_file: Path | None,
    *,
    words: bool,
    as_json: bool,
) -> int:
    from pixelpact.chain import Network
    from pixelpact.localnet import Localnet
    from pixelpact.patient import Wallet
    from pixelpact.profile import UnlockChoice

    if (network is None) == (localnet is None):
        raise _unclear("exactly one of --network and --localnet says which network", "Give one of them")
    described = Localnet.open(localnet).network if localnet else Network.load(Path(str(network)))
    path = profile.absolute()
    made = Wallet.create_profile(
        path,
        network=described,
        unlock=UnlockChoice.of(path, opening, key_file),
        ask=ask_new_password,
        words=_ask_words() if words else None,
    )
    if as_json:
        print_json({"profile": str(made.path), "role": "patient"})
    else:
        _tell_of(made.path)
        if not words:
            console().print(
                f"Write the wallet's words down: pixelpact keys words --profile {profile}", markup=False
            )
    return 0


def _create_institution(
    profile: Path,
    network: Network,
    account: Account,
    store: StoreChoice,
    institution: int | None,
    unlock: tuple[Opening, Path | None],
    *,
    as_json: bool,
) -> int:
    from pixelpact.profile import ProfileFolder, UnlockChoice

    path = profile.absolute()
    made = ProfileFolder.create_for_institution(
        path,
        network=network,
        account=account,
        store=store,
        unlock=UnlockChoice.of(path, *unlock),
        ask=ask_new_password,
        institution=institution,
    )
    if as_json:
        print_json({"profile": str(made.path), "role": "institution", "institution": made.institution})
    else:
        console().print(f"This is institution {made.institution}.")
        _tell_of(made.path)
    return 0


def _tell_of(path: Path) -> None:
    console().print(f"The profile is in {path}.", markup=False, soft_wrap=True)


def _of_localnet(folder: Path, institution: int) -> tuple[Network, Account, StoreChoice]:
    from pixelpact.localnet import Localnet
    from pixelpact.profile import StoreChoice

    localnet = Localnet.open(folder)
    if institution > len(localnet.institutions):
        raise InputError(
            f"The localnet in {folder} has no institution {institution}",
            why=f"it has {len(localnet.institutions)}",
            remedy="Give one of their numbers with --institution",
        )
    found = localnet.institutions[institution - 1]
    return found.network, found.account, StoreChoice(kubo=found.ipfs, work=str(found.work))


def _as_told(
    network: Path | None,
    account: Path | None,
    kubo: str | None,
    gateway: str | None,
    store: Path | None,
    *,
    public: bool,
) -> tuple[Network, Account, StoreChoice]:
    from pixelpact.chain import Account, Network
    from pixelpact.profile import StoreChoice

    if network is None or account is None:
        raise _unclear(
            "an institution's profile needs a network and an account", "Give --network and --account"
        )
    if (kubo is None) == (store is None):
        raise _unclear(
            "exactly one of --kubo and --store says where blocks go",
            "Give the URL of a Kubo node, or a folder",
        )
    if kubo is None and (gateway is not None or public):
        raise _unclear(
            "--gateway and --allow-public are about a Kubo node", "Give --kubo too, or leave them out"
        )
    place = StoreChoice(
        kubo=kubo or "",
        gateway=gateway or "",
        folder=str(store.absolute()) if store else "",
        allow_public=public,
    )
    described = Network.load(network)
    return described, Account.load(account), place


def _ask_words() -> str:
    if sys.stdin and sys.stdin.isatty():
        import getpass

        return getpass.getpass("The twelve words: ", stream=sys.stderr)
    return (sys.stdin.readline() if sys.stdin else "").strip()


def _require_unused(options: Mapping[str, object], why: str) -> None:
    for name, value in options.items():
        if value is not None:
            raise _unclear(why, f"Leave {name} out")


def _unclear(why: str, remedy: str) -> InputError:
    return InputError("The options don't fit together", why=why, remedy=remedy)
