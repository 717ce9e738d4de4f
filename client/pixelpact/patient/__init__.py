"""Who signs for a patient: the patient or a guardian; and the wallet that keeps words and consents."""

from __future__ import annotations

from pixelpact.patient.appointments import GuardianStanding
from pixelpact.patient.drafts import DirectiveTerms
from pixelpact.patient.guardian import Guardian
from pixelpact.patient.patient import Patient
from pixelpact.patient.wallet import Wallet

__all__ = ["DirectiveTerms", "Guardian", "GuardianStanding", "Patient", "Wallet"]
