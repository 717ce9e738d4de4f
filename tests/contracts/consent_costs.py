"""What guardians, paper, batches and recovery cost, for a patient of whom nothing is known before."""

from __future__ import annotations

from typing import Any

from consenting import GRANT, RECOVER, Consenting
from scenario import GUARDIAN, NEW_KEY, Patient, digest


def measure_consents(consenting: Consenting, studies: Any) -> dict[str, Any]:
    """The receipts by call."""
    mina, otto = Patient("Mina, a minor"), Patient("Otto, who lost his key")
    return _measure_hospital(_of(consenting, mina)) | _measure_recovery(_of(consenting, otto), studies)


def _of(consenting: Consenting, patient: Patient) -> Consenting:
    parts = (consenting.chain, consenting.consents, consenting.domain, consenting.people, consenting.study)
    return Consenting(*parts, patient)


def _measure_hospital(acts: Consenting) -> dict[str, Any]:
    by_guardian = {"signer": GUARDIAN, "appointment": 1}
    return {
        "ConsentRegistry.anchor": acts.anchor(digest("a root")),
        "ConsentRegistry.appointAttested": acts.attest(),
        "ConsentRegistry.record, by a guardian": acts.record(acts.directive("first"), **by_guardian),
        "ConsentRegistry.revoke, by a guardian": acts.revoke(
            acts.hash(acts.directive("first")), **by_guardian
        ),
        "ConsentRegistry.revokeAll, by a guardian": acts.revoke_all(1, **by_guardian),
        "ConsentRegistry.refuse, by a guardian": acts.refuse(1, **by_guardian),
        "ConsentRegistry.recordPaper": acts.paper(acts.directive("on paper")),
        "ConsentRegistry.takeRevocation": acts.take_revocation(acts.directive("on paper")),
        "ConsentRegistry.takeRefusal": acts.take_refusal(2),
        "ConsentRegistry.liftTakenRefusal": acts.lift(2),
        "ConsentRegistry.record, ending paper": acts.record(acts.directive("signed")),
    }


def _measure_recovery(acts: Consenting, studies: Any) -> dict[str, Any]:
    study = acts.register(studies, "of Otto", acts.patient.address)
    receipts = {
        "ConsentRegistry.endPaper": acts.end_paper(),
        "ConsentRegistry.appoint": acts.appoint(powers=GRANT | RECOVER),
        "ConsentRegistry.nameRecovery": acts.name(),
        "ConsentRegistry.startRecovery": acts.start(NEW_KEY.address),
        "ConsentRegistry.stopRecovery": acts.stop(),
        "ConsentRegistry.startRecoveryByGuardian": acts.start_by_guardian(NEW_KEY.address, 2, study=study),
    }
    acts.at(acts.consents.recoveryOf(acts.patient.address).readyAt)
    return receipts | {
        "ConsentRegistry.finishRecovery": acts.finish(),
        "ConsentRegistry.record, by a key that took over": acts.record(
            acts.directive("anew", generation=1), signer=NEW_KEY
        ),
        "ConsentRegistry.dismiss": acts.dismiss(signer=NEW_KEY),
    }
