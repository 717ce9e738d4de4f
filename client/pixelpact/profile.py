"""One institution's means: chain, store, vault and number. Its actors work with one of these."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass

from pixelpact.chain import Call, Chain, Receipt, SignedCall
from pixelpact.errors import SupersededError
from pixelpact.storage import Store
from pixelpact.vault import Entry, Kind, Vault

__all__ = ["Profile"]


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
            entry: the journal entry of the work it belongs to.
            step: its name there; the signed bytes are kept under it.
            make: makes the call; not asked when the journal has it already.
        """
        raw = entry.state.get(step)
        if raw is not None:
            try:
                return self.chain.wait_final(self.chain.send(SignedCall.parse(raw)))
            except SupersededError:
                # Never sent, and its nonce went to other work since: it can't be carried out any more.
                entry.advance(step, {step: None})
        signed = self.chain.prepare(make())
        try:
            entry.advance(step, {step: signed.raw})
        except BaseException:
            self.chain.abandon(signed)
            raise
        return self.chain.wait_final(self.chain.send(signed))

    def person_digest(self, person: str) -> bytes:
        """The digest of a person under this institution's own key: what the chain shows of who acted."""
        record = self.vault.find(Kind.PERSON_KEY, "current")
        if record is None:
            record = {"key": os.urandom(32)}
            self.vault.put(Kind.PERSON_KEY, "current", record)
        return hmac.digest(record["key"], person.encode(), hashlib.sha256)
