"""What a vault keeps beside signed consents: consents on paper, and what shows a consent in a batch."""

from __future__ import annotations

from collections.abc import Sequence

from pixelpact.chain import Network, batches
from pixelpact.documents.drafts import draft_text, parse_draft
from pixelpact.documents.fields import evidence_fields, read_evidence
from pixelpact.documents.kept import kept_consents
from pixelpact.documents.numbers import complete
from pixelpact.models import Evidence, PaperDirective, SignedDirective
from pixelpact.vault import Kind, Vault

__all__ = ["find_citable", "find_evidence", "keep_batch", "keep_paper", "kept_batches", "kept_papers"]


def keep_paper(vault: Vault, paper: PaperDirective, network: Network) -> None:
    """Keep a consent on paper; kept already, nothing changes."""
    vault.put(Kind.PAPER, paper.number.hex(), {"document": draft_text(paper, network)})


def kept_papers(vault: Vault, network: Network) -> list[PaperDirective]:
    """Every consent on paper that was kept, by the time it begins.

    Raises:
        InputError: the vault was used with another network.
    """
    found = [parse_draft(record["document"], network) for record in vault.records(Kind.PAPER).values()]
    papers = [each for each in found if isinstance(each, PaperDirective)]
    return sorted(papers, key=lambda each: (each.directive.not_before, each.number))


def find_citable(vault: Vault, network: Network, number: str) -> SignedDirective | PaperDirective:
    """The kept consent, signed or on paper, whose number begins with these hexadecimal digits.

    Raises:
        InputError: no such digits, no such consent, or more than one.
    """
    kept: list[SignedDirective | PaperDirective] = [
        *kept_consents(vault, network),
        *kept_papers(vault, network),
    ]
    found = {each.number: each for each in kept}
    return found[complete(number, "consent", found, "`pixelpact consent list` shows those there are")]


def keep_batch(vault: Vault, root: bytes, shown: Sequence[tuple[bytes, Evidence]]) -> None:
    """Keep a batch: its consents' numbers, and for each what shows it; in one transaction."""
    with vault.transaction():
        vault.put(Kind.BATCH, root.hex(), {"consents": [number for number, _ in shown]})
        for number, evidence in shown:
            vault.put(Kind.EVIDENCE, number.hex(), {"evidence": evidence_fields(evidence)})


def kept_batches(vault: Vault) -> dict[bytes, tuple[bytes, ...]]:
    """The batches by their roots, with the numbers of the consents in each."""
    return {
        bytes.fromhex(root): tuple(record["consents"]) for root, record in vault.records(Kind.BATCH).items()
    }


def find_evidence(vault: Vault, number: bytes) -> Evidence | None:
    """What shows a consent of this number (32 bytes) in the batch that it was put into last, if in any."""
    record = vault.find(Kind.EVIDENCE, number.hex())
    return read_evidence(record["evidence"], batches.DEEPEST) if record else None
