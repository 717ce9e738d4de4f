"""The consents that an institution has: signed, in batches, and on paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pixelpact.cli.signing import facts_of, standing_facts

if TYPE_CHECKING:
    from pixelpact.documents import Standing
    from pixelpact.models import Evidence, PaperDirective, SignedDirective
    from pixelpact.profile import Profile

__all__ = ["KeptConsent", "kept_by_institution", "kept_consent"]


@dataclass(frozen=True, slots=True)
class KeptConsent:
    """A consent of a profile, and how it stands; the evidence that shows it, if it counts by a batch."""

    consent: SignedDirective | PaperDirective
    standing: Standing
    evidence: Evidence | None = None

    @property
    def given(self) -> str:
        """How it was given, in a word or two."""
        from pixelpact.models import SignedDirective

        if not isinstance(self.consent, SignedDirective):
            return "on paper"
        by = "by a guardian" if self.consent.appointment else "signed"
        return f"{by}, in a batch" if self.evidence else by

    @property
    def words(self) -> list[str]:
        """What it allows, and how it was given."""
        from pixelpact.policy import describe

        shown = self.evidence
        batch = (
            [f"It stands in the batch 0x{shown.root.hex()} of institution {shown.poster}."] if shown else []
        )
        return [*describe(self.consent.directive), f"Given: {self.given}.", *batch]

    @property
    def facts(self) -> dict[str, object]:
        """The same for a program."""
        from pixelpact.models import SignedDirective

        consent = self.consent
        if isinstance(consent, SignedDirective):
            own = facts_of(consent)
        else:
            own = {
                "kind": "paper consent",
                "consent": "0x" + consent.number.hex(),
                "words": self.words,
                "expiry": consent.directive.expiry,
                "form": "0x" + consent.form.hex(),
            }
        batch = "0x" + self.evidence.root.hex() if self.evidence else None
        return own | standing_facts(self.standing) | {"given": self.given, "batch": batch}


def kept_consent(profile: Profile, consent: SignedDirective | PaperDirective) -> KeptConsent:
    """How a consent stands, by itself or by its batch."""
    from pixelpact.documents import find_evidence, standing_of

    alone = standing_of(profile.chain, consent)
    evidence = None if alone.recorded_at else find_evidence(profile.vault, consent.number)
    if evidence is None:
        return KeptConsent(consent, alone)
    return KeptConsent(consent, standing_of(profile.chain, consent, evidence), evidence)


def kept_by_institution(profile: Profile) -> list[KeptConsent]:
    """All consents of an institution's profile."""
    from pixelpact.documents import kept_consents, kept_papers

    network = profile.chain.network
    kept: list[SignedDirective | PaperDirective] = [
        *kept_consents(profile.vault, network),
        *kept_papers(profile.vault, network),
    ]
    return [kept_consent(profile, each) for each in kept]
