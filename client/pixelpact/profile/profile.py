"""One institution's means: chain, store, vault and number. Its actors work with one of these."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass

from pixelpact.chain import Call, Chain, Event, Receipt, SignedCall
from pixelpact.errors import InputError, SupersededError, TransactionError
from pixelpact.models import EnvelopeContext, StudyContext
from pixelpact.storage import Store
from pixelpact.vault import Entry, Kind, Vault

__all__ = ["Profile", "require_bytes"]

_TRANSACTION = "transaction "


def require_bytes(value: object, length: int, what: str) -> None:
    """Judge a number or an address before anything is done with it.

    Raises:
        InputError: not bytes of this length, or all zeros.
    """
    if not isinstance(value, bytes) or len(value) != length or not any(value):
        raise InputError(
            f"This is not {what}",
            why=f"it must be {length} bytes, not all of them zero, and is {type(value).__name__}"
            + (f" of length {len(value)}" if isinstance(value, bytes | str) else ""),
            remedy="Give the bytes as the library gave them; of a hexadecimal text, bytes.fromhex(text[2:])",
        )


@dataclass(frozen=True, slots=True)
class Profile:
    """What an institution's actors share.

    Attributes:
        chain: connected with the institution's operator account.
        store: the institution's blocks.
        vault: the institution's keys and journal.
        institution: its number in the registry.
    """

    chain: Chain
    store: Store
    vault: Vault
    institution: int

    def carry_out(self, entry: Entry, step: str, make: Callable[[], Call]) -> Receipt:
        """Send a transaction once, whatever interrupts: signed, journalled as ``step``, sent, final.

        Args:
            entry: the journal entry of the work it belongs to; the signed bytes are kept in it.
            step: its name there.
            make: makes the call; not asked when the journal has it already.

        Raises:
            ContractError: the contract refuses it; called again, it is made anew.
            ChainError: it is not known what became of it; called again, the same bytes are sent.
        """
        kept = _TRANSACTION + step
        raw = entry.state.get(kept)
        if raw is not None:
            try:
                return self._send(entry, step, SignedCall.parse(raw))
            except SupersededError:
                # Its nonce went to other work: it can't be carried out any more.
                entry.advance(step, {kept: None})
        self._send_what_was_left()
        signed = self.chain.prepare(make())
        try:
            entry.advance(step, {kept: signed.raw})
        except BaseException:
            self.chain.abandon(signed)
            raise
        return self._send(entry, step, signed)

    def was_sent(self, entry: Entry, step: str) -> bool:
        """Whether the journal has a transaction for this step that may have been sent."""
        return entry.state.get(_TRANSACTION + step) is not None

    def _send(self, entry: Entry, step: str, signed: SignedCall) -> Receipt:
        try:
            return self.chain.wait_final(self.chain.send(signed))
        except TransactionError:
            if self.chain.was_refused(signed.hash):
                # It stands in a block without effect, for good: the next run begins anew.
                entry.advance(step, {_TRANSACTION + step: None})
            raise

    def _send_what_was_left(self) -> None:
        """Send what other work of this account signed and was cut off before sending: its nonces come first.

        What has lost its point meanwhile, such as a release after a withdrawal, is refused by the contract.
        """
        left = [
            SignedCall.parse(raw)
            for record in self.vault.records(Kind.JOURNAL).values()
            for name, raw in record["state"].items()
            if name.startswith(_TRANSACTION) and raw is not None
        ]
        for signed in sorted(left, key=lambda each: each.nonce):
            try:
                self.chain.send(signed)
            except SupersededError:
                continue
            except TransactionError:
                if not self.chain.was_refused(signed.hash):
                    raise

    def wait_until_final(self, event: Event) -> None:
        """Wait until an event that somebody's transaction caused is final."""
        receipt = self.chain.receipt(event.transaction)
        if receipt is None:
            raise TransactionError(
                "What another relay had brought to the chain was undone",
                why="the chain was reorganised",
                remedy="Run this again",
            )
        self.chain.wait_final(receipt)

    def person_digest(self, person: str) -> bytes:
        """The digest of a person under this institution's own key: what the chain shows of who acted.

        Raises:
            InputError: nobody is named.
        """
        if not person.strip():
            raise InputError(
                "It is not said who acts",
                why="there is a person behind each access, and the institution must be able to name them",
                remedy="Give the person as the institution knows them",
            )
        with self.vault.transaction():
            record = self.vault.find(Kind.PERSON_KEY, "current")
            if record is None:
                record = {"key": os.urandom(32)}
                self.vault.put(Kind.PERSON_KEY, "current", record)
        return hmac.digest(record["key"], person.encode(), hashlib.sha256)

    def study_context(self, study: bytes, epoch: int) -> StudyContext:
        """What a study's keys are bound to on this network."""
        network = self.chain.network
        return StudyContext(network.genesis, network.chain_id, self.chain.studies.address, study, epoch)

    def envelope_context(  # noqa: PLR0913 - by name: each is bound
        self,
        *,
        request: bytes,
        study: bytes,
        epoch: int,
        manifest_digest: bytes,
        custodian: int,
        requester: int,
        key_version: int,
    ) -> EnvelopeContext:
        """What a key envelope is bound to on this network."""
        network = self.chain.network
        return EnvelopeContext(
            genesis=network.genesis,
            chain_id=network.chain_id,
            ledger=self.chain.ledger.address,
            request_id=request,
            study_id=study,
            epoch=epoch,
            manifest_digest=manifest_digest,
            custodian=custodian,
            requester=requester,
            key_version=key_version,
        )
