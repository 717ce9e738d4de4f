"""The command that goes on with what was interrupted, whole as far as the journal tells its arguments."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pixelpact.policy import Obligation, Purpose

__all__ = ["Commands"]

#: What sealing begins, the study's own commands finish. In capitals what the journal does not tell.
_AGAIN = {
    "seal": "study seal FOLDER --patient {patient}",
    "register": "study register {number}",
    "reseal": "study rotate {number} --person PERSON",
    "rotate": "study rotate {number} --person PERSON",
    "dispose": "study rotate {number} --person PERSON",
    "release": "access release {number} --person PERSON",
    "refuse-request": "access refuse {number} --reason REASON --person PERSON",
    "record": "consent record FILE",
    "revoke": "consent record FILE",
    "revoke-all": "consent record FILE",
    "refuse-purposes": "consent record FILE",
    "appoint": "consent record FILE",
    "dismiss": "consent record FILE",
    "end-paper": "consent record FILE",
    "name-recovery": "consent record FILE",
    "start-recovery": "consent record FILE",
    "stop-recovery": "consent record FILE",
    "finish-recovery": "recovery finish PATIENT",
    "record-paper": "paper record DRAFT ATTESTATION",
    "lift-refusal": "paper record DRAFT ATTESTATION",
    "appoint-attested": "paper record DRAFT ATTESTATION",
    "take-refusal": "paper refusal OPTIONS",
    "take-revocation": "paper revocation CONSENT",
    "anchor": "batch anchor FOLDER",
    "offer-custody": "study offer {number}",
    "take-offer-back": "study offer {number} --take-back",
    "accept-custody": "study accept FILE",
    "emergency": "access emergency ask DRAFT ATTESTATION",
    "review": "access review {number}",
    "register-project": "project register OPTIONS",
    "approve-project": "project record FILE",
    "withdraw-project": "project withdraw {number}",
    "deploy-engine": "institution deploy-engine",
    "propose": "institution propose OPTIONS",
    "vote": "institution vote PROPOSAL",
    "veto": "institution veto PROPOSAL",
    "carry-out": "institution carry-out PROPOSAL",
    "set-operator": "institution operator set ACCOUNT",
    "give-ether": "keys fund ADDRESS",
    "resign": "institution operator resign",
    "suspend-self": "institution suspend-self",
    "publish-key": "keys publish",
    "request": "access request INVITATION {asked} --person PERSON",
    "confirm": "access confirm {number} --person PERSON",
    "dispute": "access dispute {number} --person PERSON",
    "invite": "invite create {study} OPTIONS --output {output}",
    "sign": "consent {signs} OPTIONS --output {output}",
}
_NUMBER = re.compile("(?:0x)?([0-9a-f]{64})(?:/.*)?")
_ASKED = re.compile("[0-9a-f]{64}/([0-9]+)/[0-9]+/([0-9a-f]{64})/([0-9]+)/.*")


@dataclass(frozen=True, slots=True)
class Commands:
    """Command lines as they are typed for a profile; None where the profile is not known."""

    profile: Path | None

    def line(self, words: str) -> str:
        """The whole of one, of which these are the words after the program's name."""
        own = f" --profile {shlex.quote(str(self.profile))}" if self.profile else ""
        return f"pixelpact {words}{own}"

    def again(self, work: Mapping[str, Any]) -> str:
        """What goes on with a piece of work, a record of the journal. Of a study's UID it says nothing."""
        operation, key = work["operation"], work["key"]
        number, patient = _NUMBER.fullmatch(key), work["state"].get("subject")
        first, _, _ = key.partition("/")
        _, written, output = key.partition("//")
        words = _AGAIN.get(operation, operation).format(
            number=f"0x{number[1]}" if number else "NUMBER",
            patient=f"0x{patient.hex()}" if patient else "ADDRESS",
            asked=_asked(key),
            study=shlex.quote(first),
            signs=first if first in ("revoke", "refuse") else "sign",
            output=shlex.quote(f"/{output}") if written else "FILE",
        )
        return self.line(words)


def _asked(key: str) -> str:
    """The options of a request."""
    found = _ASKED.fullmatch(key)
    if found is None:
        return "--purpose PURPOSE"
    project = [f"--project 0x{found[2]}"] if int(found[2], 16) else []
    accepted = [f"--accept {each.name}" for each in Obligation if each in Obligation(int(found[3]))]
    return " ".join([f"--purpose {Purpose(int(found[1])).name}", *project, *accepted])
