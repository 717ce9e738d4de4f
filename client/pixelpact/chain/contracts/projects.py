"""The ProjectRegistry's and the PolicyEngine's calls."""

from __future__ import annotations

from eth_utils.crypto import keccak

from pixelpact.chain.records import ProjectStanding, project_standing_of, struct_of
from pixelpact.chain.transactions import Call
from pixelpact.models import Project

from .contract import At, Contract

__all__ = ["PolicyEngine", "ProjectRegistry"]


class ProjectRegistry(Contract):
    """What data is asked for: research projects, in force by an ethics board's signature."""

    def standing(self, project: bytes, institution: int, *, at: At = "latest") -> ProjectStanding:
        """How a project stands, and whether an institution takes part; status UNKNOWN when there is none."""
        return project_standing_of(self._read("standing", project, institution, at=at))

    def concerns(self, project: bytes, code: bytes, *, at: At = "latest") -> bool:
        """Whether a project lists a disease or a kind of research (32 bytes)."""
        return bool(self._read("concerns", project, code, at=at))

    def project_id(self, project: Project, *, at: At = "latest") -> bytes:
        """The number of a project of this body, 32 bytes."""
        return bytes(self._read("projectId", struct_of(project), at=at))

    def number_of(self, project: Project) -> bytes:
        """As ``project_id``, but asks nobody: Keccak-256 of the body's ABI encoding."""
        return keccak(self.register(project).data[4:])

    def register(self, project: Project) -> Call:
        """Register a project; ``ProjectRegistered`` carries its number. By an operator (PROJECTS)."""
        return self._call("register", struct_of(project))

    def approve(self, project: bytes, board: int, until: int, signer: bytes, signature: bytes) -> Call:
        """Put a project in force until a time (seconds). Anyone may send it.

        ``signer``, an operator (PROJECTS) of the ethics board, signed ``Approval``.
        """
        return self._call("approve", project, board, until, signer, signature)

    def withdraw(self, project: bytes) -> Call:
        """Withdraw a project for good. By an operator (PROJECTS) of its lead or of its board."""
        return self._call("withdraw", project)


class PolicyEngine(Contract):
    """What else must hold (docs/policy.md, Engine)."""

    def version(self, *, at: At = "latest") -> int:
        """The version of the engine's rules."""
        return int(self._read("VERSION", at=at))

    def institutions(self, *, at: At = "latest") -> bytes:
        """The InstitutionRegistry that it asks, 20 bytes."""
        return bytes(self._read("institutions", at=at))

    def projects(self, *, at: At = "latest") -> bytes:
        """The ProjectRegistry that it asks, 20 bytes."""
        return bytes(self._read("projects", at=at))
