"""The patient: signs what is allowed, withdrawn and refused; keeps words and consents in a vault."""

from __future__ import annotations

from pixelpact.patient.patient import DirectiveTerms, Patient
from pixelpact.patient.wallet import Wallet

__all__ = ["DirectiveTerms", "Patient", "Wallet"]
