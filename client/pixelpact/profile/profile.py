"""One institution's means: chain, store, vault and number. Its actors work with one of these."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import operator
import os
import random
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pixelpact.chain import Call, Chain, Event, Receipt, SignedCall
from pixelpact.errors import InputError, SupersededError, TransactionError
from pixelpact.models import EnvelopeContext, StudyContext
from pixelpact.storage import Store
from pixelpact.vault import Entry, Kind, Vault

__all__ = ["Profile", "require_bytes", "require_person"]

#: A journal entry keeps the signed bytes that were made last for a step, and those that they replaced.
_TRANSACTION = "transaction "
_REPLACED = "replaced "
#: How often a call is made anew because its nonce went to other work: each time, some other work got on.
_MOST_ATTEMPTS = 30
_STAGGER_SECONDS = 1.0


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


def require_person(person: str) -> None:
    """Judge who acts, before anything is opened or done.

    Raises:
        InputError: nobody is named.
    """
    if not person.strip():
        raise InputError(
            "It is not said who acts",
            why="there is a person behind each access, and the institution must be able to name them",
            remedy="Give the person as the institution knows them, a command by --person",
        )


class _StaysBegunError(Exception):
    """Leaves an entry of the journal as work that is not done yet."""


def _versions(state: Mapping[str, Any], step: str) -> list[SignedCall]:
    """The transaction of a step in all its versions, the oldest first."""
    newest = state.get(_TRANSACTION + step)
    raws = [*(state.get(_REPLACED + step) or []), newest] if newest is not None else []
    return [SignedCall.parse(raw) for raw in raws]


def _keep(entry: Entry, step: str, versions: Sequence[SignedCall]) -> None:
    raws: list[bytes | None] = [each.raw for each in versions] or [None]
    entry.advance(step, {_TRANSACTION + step: raws[-1], _REPLACED + step: raws[:-1]})


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

        It is sent again when its block is undone, and replaced by the same at a higher fee, journalled too,
        when blocks pass it over. When other work of the account took its nonce (another process, say), and
        that is final, it can never be carried out and is made anew.

        Args:
            entry: the journal entry of the work it belongs to; the signed bytes are kept in it.
            step: its name there.
            make: makes the call; not asked when the journal has it already.

        Raises:
            ContractError: the contract refuses it; called again, it is made anew.
            ChainError: it is not known what became of it; called again, the same bytes are sent.
        """
        for attempt in itertools.count(1):
            if not self.was_sent(entry, step):
                self._send_what_was_left()
                signed = self.chain.prepare(make())
                try:
                    _keep(entry, step, [signed])
                except BaseException:
                    self.chain.abandon(signed)
                    raise
            try:
                return self._send(entry, step)
            except SupersededError:
                # Its nonce went to other work: it can't be carried out any more.
                _keep(entry, step, [])
                if attempt == _MOST_ATTEMPTS:
                    raise
            # Those who began together and lost begin at different moments now.
            time.sleep(random.uniform(0, _STAGGER_SECONDS))  # noqa: S311 - nothing secret depends on it
        raise AssertionError("unreachable")

    def was_sent(self, entry: Entry, step: str) -> bool:
        """Whether the journal has a transaction for this step that may have been sent."""
        return entry.state.get(_TRANSACTION + step) is not None

    def _send(self, entry: Entry, step: str) -> Receipt:
        def keep(raised: SignedCall) -> None:
            _keep(entry, step, [*_versions(entry.state, step), raised])

        try:
            return self.chain.send_until_final(*_versions(entry.state, step), keep=keep)
        except TransactionError:
            if any(self.chain.was_refused(each.hash, at="final") for each in _versions(entry.state, step)):
                # It stands in a block without effect, for good: the next run begins anew.
                _keep(entry, step, [])
            raise

    def _send_what_was_left(self) -> None:
        """Send what other work of this account signed and was cut off before sending: its nonces come first.

        What has lost its point meanwhile, such as a release after a withdrawal, is refused by the contract.
        """
        left = [
            (
                versions[-1].nonce,
                record["operation"],
                record["key"],
                name.removeprefix(_TRANSACTION),
                versions,
            )
            for record in self.vault.records(Kind.JOURNAL).values()
            for name in record["state"]
            if name.startswith(_TRANSACTION)
            and (versions := _versions(record["state"], name.removeprefix(_TRANSACTION)))
        ]
        for _, operation, key, step, versions in sorted(left, key=operator.itemgetter(0)):
            try:
                self.chain.send(*versions, keep=self._keeper(operation, key, step))
            except SupersededError:
                continue
            except TransactionError:
                if not any(self.chain.was_refused(each.hash) for each in versions):
                    raise

    def _keeper(self, operation: str, key: str, step: str) -> Callable[[SignedCall], None]:
        """Writes a replacement into the journal of work that nobody is at."""

        def keep(raised: SignedCall) -> None:
            with suppress(_StaysBegunError), self.vault.journal(operation, key) as entry:
                if versions := _versions(entry.state, step):
                    _keep(entry, step, [*versions, raised])
                raise _StaysBegunError

        return keep

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
        require_person(person)
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
