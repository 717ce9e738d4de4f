"""``pixelpact institution``: who takes part, what is voted on, and who acts for one's own institution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pixelpact.cli import operating, proposing
from pixelpact.cli.agreeing import Yes, agree
from pixelpact.cli.options import HIGHEST, Json, ProfileFolderOption, opened_profile
from pixelpact.cli.printing import console, print_json

if TYPE_CHECKING:
    from pixelpact.chain import Event, InstitutionRecord
    from pixelpact.consortium import ProposalStanding

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Who takes part, and what the members decide together.")
app.add_typer(proposing.app, name="propose")
app.add_typer(operating.app, name="operator")

Number = Annotated[int, typer.Argument(help="The proposal's number.", metavar="NUMBER", min=1, max=HIGHEST)]


@app.command("list")
def list_institutions(profile: ProfileFolderOption, as_json: Json = False) -> int:
    """List the institutions of the network: what each may do, and whether it takes part.

    Example: pixelpact institution list --profile hospital-a
    """
    with opened_profile(profile) as opened:
        registry = opened.chain.institutions
        found = {number: registry.institution(number) for number in range(1, registry.count() + 1)}
    if as_json:
        print_json({"institutions": [_institution_json(*each) for each in found.items()]})
        return 0
    from rich.table import Table

    from pixelpact.policy import Attribute, Role

    table = Table("No.", "State", "Country", "Roles", "Attributes", box=None, pad_edge=False)
    for number, record in found.items():
        table.add_row(
            str(number),
            record.status.name.lower(),
            record.country.decode(),
            _names(Role(record.roles)),
            _names(Attribute(record.attributes)),
        )
    console().print(table)
    return 0


@app.command("show")
def show(
    profile: ProfileFolderOption,
    institution: Annotated[
        int | None,
        typer.Argument(help="Its number; one's own when left out.", metavar="NUMBER", min=1, max=HIGHEST),
    ] = None,
    as_json: Json = False,
) -> int:
    """Show one institution, one's own unless told: its admin, roles, keys, and since when it is what it is.

    Example: pixelpact institution show 2 --profile hospital-a
    """
    from pixelpact.consortium import Delegate
    from pixelpact.policy import Attribute, Role, moment

    with opened_profile(profile) as opened:
        number = institution or opened.institution
        record = Delegate(opened).institution(number)
    if as_json:
        print_json(_institution_json(number, record))
        return 0
    since = moment(record.requester_since) if record.requester_since else "it is none"
    for line in (
        f"Institution {number} in {record.country.decode()}: {record.status.name.lower()}.",
        f"So since {moment(record.status_since)}.",
        f"Roles: {_names(Role(record.roles))}. Attributes: {_names(Attribute(record.attributes))}.",
        f"Its admin is 0x{record.admin.hex()}.",
        f"A requester since: {since}. Encryption key: "
        + (f"version {record.key_version}." if record.key_version else "none yet."),
    ):
        console().print(line, markup=False, soft_wrap=True)
    return 0


@app.command("proposals")
def list_proposals(
    profile: ProfileFolderOption,
    every: Annotated[bool, typer.Option("--all", help="Those that are over too.")] = False,
    as_json: Json = False,
) -> int:
    """List what is proposed: in words, with the votes, what is missing, and when it can be carried out.

    Example: pixelpact institution proposals --profile hospital-a
    """
    from pixelpact.consortium import Delegate, Stage
    from pixelpact.policy import describe_motion

    alive = (Stage.VOTING, Stage.NOTICE, Stage.READY)
    with opened_profile(profile) as opened:
        found = [each for each in Delegate(opened).proposals() if every or each.stage in alive]
    if as_json:
        print_json({"proposals": [_proposal_json(each) for each in found]})
        return 0
    screen = console()
    for each in found:
        screen.print(
            f"[bold]Proposal {each.number}[/], by institution {each.proposer}: {_state(each)}",
            soft_wrap=True,
        )
        for line in describe_motion(each.motion):
            screen.print(f"  {line}", markup=False, soft_wrap=True)
    if not found:
        screen.print("Nothing is proposed." if every else "Nothing is open. --all shows what is over too.")
    return 0


@app.command("vote")
def vote(number: Number, profile: ProfileFolderOption, yes: Yes = False, as_json: Json = False) -> int:
    """Vote for a proposal, for good: its words are shown first. Not to vote is to be against it.

    Example: pixelpact institution vote 1 --profile hospital-b
    """
    from pixelpact.consortium import Delegate
    from pixelpact.policy import describe_motion

    with opened_profile(profile) as opened:
        delegate = Delegate(opened)
        words = describe_motion(delegate.proposal(number).motion)
        agree(words, to=f"vote for proposal {number}", yes=yes, as_json=as_json)
        delegate.vote(number)
        standing = delegate.proposal(number)
    if as_json:
        print_json(_proposal_json(standing))
    else:
        console().print(f"Voted, and final. Proposal {number}: {_state(standing)}", soft_wrap=True)
    return 0


@app.command("veto")
def veto(number: Number, profile: ProfileFolderOption, yes: Yes = False, as_json: Json = False) -> int:
    """Stop a vote for another admin, as the present one: for good, while its notice runs.

    Example: pixelpact institution veto 3 --profile hospital-b
    """
    from pixelpact.consortium import Delegate
    from pixelpact.policy import describe_motion

    with opened_profile(profile) as opened:
        delegate = Delegate(opened)
        words = describe_motion(delegate.proposal(number).motion)
        agree(words, to=f"veto proposal {number}", yes=yes, as_json=as_json)
        delegate.veto(number)
    if as_json:
        print_json({"proposal": number, "stage": "vetoed"})
    else:
        console().print(f"Vetoed, and final: nothing comes of proposal {number}.")
    return 0


@app.command("carry-out")
def carry_out(number: Number, profile: ProfileFolderOption, as_json: Json = False) -> int:
    """Carry out what was voted for, once its notice is over. Any institution can.

    Example: pixelpact institution carry-out 1 --profile hospital-a
    """
    from pixelpact.consortium import Delegate

    with opened_profile(profile) as opened:
        events = Delegate(opened).carry_out(number)
    if as_json:
        print_json({"proposal": number, "stage": "carried out", **_done_json(events)})
    else:
        console().print(f"Carried out, and final: proposal {number}.")
        for line in _done_words(events):
            console().print(line, markup=False, soft_wrap=True)
    return 0


@app.command("deploy-engine")
def deploy_engine(
    version: Annotated[
        int, typer.Option("--version", help="Greater than the present one's.", min=2, max=65_535)
    ],
    profile: ProfileFolderOption,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the address alone.")] = False,
    as_json: Json = False,
) -> int:
    """Deploy the policy engine as shipped, under a new version; what stands there is compared byte for byte.

    It decides nothing until the members have voted for it: pixelpact institution propose replace-engine.

    Example: pixelpact institution deploy-engine --version 2 --profile hospital-a
    """
    from pixelpact.consortium import Delegate

    with opened_profile(profile) as opened:
        engine = Delegate(opened).deploy_engine(version)
    address, code_hash = "0x" + engine.address.hex(), "0x" + engine.code_hash.hex()
    if as_json:
        print_json({"engine": address, "code_hash": code_hash, "version": engine.version})
    elif quiet:
        print(address)
    else:
        console().print(
            f"Version {engine.version} of the policy engine stands at {address}; its code is the one that "
            f"is shipped, with the hash {code_hash}.",
            soft_wrap=True,
        )
    return 0


@app.command("suspend-self")
def suspend_self(profile: ProfileFolderOption, yes: Yes = False, as_json: Json = False) -> int:
    """Suspend one's own institution, as its admin: when its keys were stolen.

    Example: pixelpact institution suspend-self --profile hospital-a
    """
    from pixelpact.consortium import Delegate

    with opened_profile(profile) as opened:
        words = [
            f"Institution {opened.institution} does nothing in the consortium any more, and has no vote.",
            "It comes back only by a vote of the others.",
        ]
        agree(words, to="suspend your own institution", yes=yes, as_json=as_json)
        Delegate(opened).suspend_self()
    if as_json:
        print_json({"institution": opened.institution, "status": "suspended"})
    else:
        console().print(f"Suspended, and final: institution {opened.institution}.")
    return 0


def _institution_json(number: int, record: InstitutionRecord) -> dict[str, object]:
    from eth_utils.address import to_checksum_address

    from pixelpact.policy import Attribute, Role

    return {
        "institution": number,
        "status": record.status.name.lower(),
        "country": record.country.decode(),
        "roles": [each.name for each in Role if each & record.roles],
        "attributes": [each.name for each in Attribute if each & record.attributes],
        "admin": to_checksum_address(record.admin),
        "key_version": record.key_version,
        "requester_since": record.requester_since,
        "status_since": record.status_since,
    }


def _proposal_json(standing: ProposalStanding) -> dict[str, object]:
    from pixelpact.policy import describe_motion

    return {
        "proposal": standing.number,
        "action": standing.motion.action.name.lower().replace("_", "-"),
        "institution": standing.motion.institution,
        "proposer": standing.proposer,
        "words": describe_motion(standing.motion),
        "stage": standing.stage.value,
        "voted": list(standing.voted),
        "voters": list(standing.voters),
        "needed": standing.needed,
        "missing": standing.missing,
        "vote_until": standing.vote_until,
        "carry_out_from": standing.from_,
        "carry_out_until": standing.until,
    }


def _state(standing: ProposalStanding) -> str:
    from pixelpact.consortium import Stage
    from pixelpact.policy import moment

    votes = f"{len(standing.voted)} of {len(standing.voters)} are for it"
    match standing.stage:
        case Stage.VOTING:
            return f"{votes}, {standing.missing} more are needed, until {moment(standing.vote_until)}."
        case Stage.NOTICE:
            return f"passed; to be carried out from {moment(standing.from_)} on."
        case Stage.READY:
            return f"passed; it can be carried out now, before {moment(standing.until)}."
        case Stage.OVERTAKEN:
            return "overtaken by what was decided since; propose it anew if it is still wanted."
        case _:
            return f"{standing.stage.value}."


def _done_json(events: tuple[Event, ...]) -> dict[str, object]:
    from pixelpact.chain import InstitutionAdmitted

    admitted = [each.institution for each in events if isinstance(each, InstitutionAdmitted)]
    return {"institution": admitted[0]} if admitted else {}


def _done_words(events: tuple[Event, ...]) -> list[str]:
    from pixelpact import chain
    from pixelpact.policy import moment

    said = []
    for event in events:
        match event:
            case chain.InstitutionAdmitted():
                said.append(f"The new institution has the number {event.institution}.")
            case chain.SharingStopped() if event.until > event.timestamp:
                said.append(f"Nothing is shared until {moment(event.until)}.")
            case chain.SharingStopped():
                said.append("Sharing goes on.")
            case chain.EngineReplaced():
                said.append(f"Requests are decided by version {event.version} of the policy engine.")
            case _:
                pass
    return said


def _names(flags: object) -> str:
    from pixelpact.policy import Attribute, Role

    if not isinstance(flags, Role | Attribute):
        raise TypeError(type(flags).__name__)
    return ", ".join(str(each.name) for each in type(flags) if each in flags) or "none"
