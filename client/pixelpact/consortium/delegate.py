"""An institution's own affairs: what it proposes and votes, who acts for it, which research it registers."""

from __future__ import annotations

from pathlib import Path

from pixelpact.chain import EngineCode, Event, InstitutionRecord, InstitutionStatus, inspect_engine
from pixelpact.consortium import approving, engines, operators, research, standing, voting
from pixelpact.consortium.operators import OperatorStanding
from pixelpact.consortium.research import ProjectView
from pixelpact.consortium.standing import ProposalStanding
from pixelpact.errors import InputError
from pixelpact.models import Motion, Project, SignedAttestation
from pixelpact.policy import OperatorPermission
from pixelpact.profile import Profile, require_bytes

__all__ = ["Delegate"]


class Delegate:
    """Who speaks for an institution in the consortium, and for an ethics board.

    Everything here that changes something, cut off and called again, goes on and happens once.

    Args:
        profile: the institution's means, of its admin or of an operator with the permission that is needed.
    """

    def __init__(self, profile: Profile) -> None:
        self._profile = profile

    # Votes

    def propose(self, motion: Motion, *, foreign_engine: bool = False) -> int:
        """Propose something, and vote for it unless it is about this institution; read it out before.

        Proposed by this institution already and still open, that proposal is what is given.

        Args:
            motion: from ``admit``, ``suspend``, ``reinstate``, ``change``, ``recover_admin``,
                ``replace_engine`` or ``stop``; ``describe_motion`` has it in words.
            foreign_engine: for another policy engine than the one that is shipped, whose code was read.

        Returns:
            the proposal's number.

        Raises:
            InputError: a field that can't be; an engine that is not there, of another network, or unknown;
                another institution proposed the same.
            ContractError: this account may not, or it can't be done to that institution now.
        """
        return voting.propose(self._profile, motion, foreign_engine=foreign_engine)

    def vote(self, number: int) -> None:
        """Vote for a proposal, once and for good; its motion is read out before (``proposal``).

        Raises:
            InputError: there is no such proposal.
            ContractError: no vote, its own matter, or too late.
        """
        voting.vote(self._profile, number)

    def veto(self, number: int) -> None:
        """Stop a vote for another admin, as the present one.

        Raises:
            InputError: there is no such proposal.
            ContractError: another matter, or not the admin's account.
        """
        voting.veto(self._profile, number)

    def carry_out(self, number: int) -> tuple[Event, ...]:
        """Carry out what was voted for. Anybody may.

        Returns:
            the events of what was done, such as ``InstitutionAdmitted``.

        Raises:
            InputError: there is no such proposal, votes are missing, or its notice is not over.
            ContractError: it lapsed, was overtaken by a younger one, or can't be done any more.
        """
        return voting.carry_out(self._profile, number)

    def proposals(self) -> list[ProposalStanding]:
        """Everything that was ever proposed: its votes, what is missing, and when it can be carried out."""
        return standing.proposals(self._profile.chain)

    def proposal(self, number: int) -> ProposalStanding:
        """One of ``proposals``. Raises InputError where there is none of this number."""
        return standing.find_proposal(self._profile.chain, number)

    def institution(self, number: int) -> InstitutionRecord:
        """An institution of the network as the newest block has it.

        Raises:
            InputError: there is none of this number.
        """
        record = self._profile.chain.institutions.institution(number)
        if record.status is InstitutionStatus.UNKNOWN:
            raise InputError(
                f"There is no institution {number}",
                why="the network has none of this number",
                remedy="Look at those there are: pixelpact institution list",
            )
        return record

    # The policy engine

    def deploy_engine(self, version: int) -> EngineCode:
        """Deploy the policy engine as shipped under another version; it decides only after a vote.

        Args:
            version: greater than the present one's.

        Raises:
            InputError: it is not greater.
            ChainError: it can't be deployed, or what stands there is something else.
        """
        return engines.deploy_engine(self._profile, version)

    def inspect_engine(self, address: bytes) -> EngineCode:
        """What stands at an address: its code's hash, and whether it is the engine that is shipped."""
        require_bytes(address, 20, "a policy engine's address")
        return inspect_engine(self._profile.chain, address)

    # Operators

    def operators(self) -> list[OperatorStanding]:
        """Who acts for this institution now, its admin first."""
        return operators.operators(self._profile)

    def set_operator(self, account: bytes, permissions: OperatorPermission) -> None:
        """Let an account act for this institution, with just these permissions; none takes all away.

        Args:
            account: its address, 20 bytes; it acts for no other institution.
            permissions: what it may do.

        Raises:
            InputError: no address, or a permission that there is not.
            ContractError: not the admin's account; the account acts for another, or is an admin's.
        """
        operators.set_operator(self._profile, account, permissions)

    def resign(self) -> None:
        """Stop acting for this institution, as an operator who is not its admin."""
        operators.resign(self._profile)

    def suspend_self(self) -> None:
        """Suspend this institution, as its admin: for stolen keys. Coming back needs the others' vote."""
        operators.suspend_self(self._profile)

    def give_ether(self, account: bytes, ether: int) -> None:
        """Give an account ether for its transactions' gas, from this profile's account; each call gives.

        Raises:
            InputError: no address, or more than this account has.
            ChainError: it can't be sent.
        """
        operators.give_ether(self._profile, account, ether)

    # Research

    def register_project(self, body: Project) -> ProjectView:
        """Register a research project that this institution leads; an ethics board has to approve it.

        Registered already and not withdrawn, that one is what is given.

        Args:
            body: from ``project_of``; its salt is drawn anew.

        Raises:
            ContractError: this account may not, or the institution is no requester.
        """
        return research.register_project(self._profile, body)

    def projects(self) -> list[ProjectView]:
        """Every research project of the network, oldest first."""
        return research.projects(self._profile.chain)

    def find_project(self, digits: str) -> ProjectView:
        """The project whose number begins with these hexadecimal digits.

        Raises:
            InputError: no such digits, no such project, or more than one.
        """
        return research.find_project(self._profile.chain, digits)

    def sign_approval(self, number: bytes, until: int) -> SignedAttestation:
        """Approve a project as an ethics board, until a time (seconds). It counts once it is relayed.

        Raises:
            InputError: no such project, one that was withdrawn or that this board can't approve, an end that
                can't be, or an account that may not.
        """
        return approving.sign_approval(self._profile, number, until)

    def issue_approval(self, number: bytes, until: int, path: Path) -> SignedAttestation:
        """As ``sign_approval``, and write the document to a new file.

        Raises:
            InputError: as ``sign_approval``; or there is another file of this name.
            OutputError: it can't be written.
        """
        return approving.issue_approval(self._profile, number, until, path)

    def relay_approval(self, signed: SignedAttestation) -> ProjectView:
        """Bring a board's approval to the chain. Anybody may, such as any operator of the lead.

        Raises:
            InputError: another document, or of a project that is not registered.
            ContractError: the board or its operator may not any more, or the approval ends too early.
        """
        return research.relay_approval(self._profile, signed)

    def withdraw_project(self, number: bytes) -> None:
        """Withdraw a project for good, as its lead or as the board that approved it.

        Raises:
            ContractError: neither of them.
        """
        research.withdraw_project(self._profile, number)
