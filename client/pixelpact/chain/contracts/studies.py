"""The StudyRegistry's calls."""

from __future__ import annotations

from pixelpact.chain.records import StudyRecord, study_of
from pixelpact.chain.transactions import Call

from .contract import At, Contract

__all__ = ["StudyRegistry"]


class StudyRegistry(Contract):
    """What may be shared. Everything that writes is for an operator (STUDIES) of the study's custodian."""

    def study(self, study: bytes, *, at: At = "latest") -> StudyRecord:
        """All that is kept of a study; status UNKNOWN when there is none."""
        return study_of(self._read("study", study, at=at))

    def study_id(self, custodian: int, local_id: bytes, *, at: At = "latest") -> bytes:
        """The number of a custodian's study."""
        return bytes(self._read("studyId", custodian, local_id, at=at))

    def register(
        self,
        local_id: bytes,
        subject: bytes,
        categories: int,
        manifest_digest: bytes,
        content_commitment: bytes,
    ) -> Call:
        """Register a sealed study of a patient; its event carries the study's number."""
        return self._call("register", local_id, subject, categories, manifest_digest, content_commitment)

    def rotate(self, study: bytes, expected_epoch: int, manifest_digest: bytes) -> Call:
        """Replace the ciphertext by one under a new key; the epoch becomes ``expected_epoch`` + 1."""
        return self._call("rotate", study, expected_epoch, manifest_digest)

    def withdraw(self, study: bytes) -> Call:
        """Withdraw a study from sharing until it is reinstated."""
        return self._call("withdraw", study)

    def reinstate(self, study: bytes) -> Call:
        """Share a withdrawn study again."""
        return self._call("reinstate", study)

    def erase(self, study: bytes, certificate: bytes) -> Call:
        """Record that a study was erased, for good; ``certificate`` is the digest of its certificate."""
        return self._call("erase", study, certificate)

    def attest_disposal(self, study: bytes, epoch: int, blocks: int, nodes: int, report: bytes) -> Call:
        """Attest that a past epoch's blocks were unpinned, collected and found absent at so many nodes."""
        return self._call("attestDisposal", study, epoch, blocks, nodes, report)

    def offered_to(self, study: bytes, *, at: At = "latest") -> int:
        """The institution that a study is offered to; 0 for none."""
        return int(self._read("offeredTo", study, at=at))

    def offer_custody(self, study: bytes, to: int) -> Call:
        """Offer a study to another institution, which then accepts it; 0 takes the offer back."""
        return self._call("offerCustody", study, to)

    def accept_custody(self, study: bytes) -> Call:
        """Become the custodian of a study. By an operator (STUDIES) of the institution it is offered to."""
        return self._call("acceptCustody", study)
