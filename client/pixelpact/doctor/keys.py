"""A vault: whether it can be read, who else may, what was interrupted, and whether it fits the chain."""

from __future__ import annotations

import stat
from collections import Counter
from collections.abc import Iterator

from pixelpact.chain import Chain, StudyStatus
from pixelpact.doctor.finding import Finding
from pixelpact.errors import PixelPactError, VaultError
from pixelpact.sealing import studies
from pixelpact.vault import Kind, Vault

__all__ = ["examine_vault", "handed_over"]

#: The command that goes on with what was interrupted. What sealing begins, the study's own commands finish.
_AGAIN = {
    "seal": "pixelpact study seal FOLDER",
    "register": "pixelpact study register STUDY",
    "reseal": "pixelpact study rotate STUDY",
    "rotate": "pixelpact study rotate STUDY",
    "dispose": "pixelpact study rotate STUDY",
    "release": "pixelpact access release REQUEST",
    "refuse-request": "pixelpact access refuse REQUEST",
    "record": "pixelpact consent record FILE",
    "revoke": "pixelpact consent record FILE",
    "revoke-all": "pixelpact consent record FILE",
    "refuse-purposes": "pixelpact consent record FILE",
    "appoint": "pixelpact consent record FILE",
    "dismiss": "pixelpact consent record FILE",
    "end-paper": "pixelpact consent record FILE",
    "name-recovery": "pixelpact consent record FILE",
    "start-recovery": "pixelpact consent record FILE",
    "stop-recovery": "pixelpact consent record FILE",
    "finish-recovery": "pixelpact recovery finish PATIENT",
    "register-project": "pixelpact project register",
    "approve-project": "pixelpact project record FILE",
    "withdraw-project": "pixelpact project withdraw PROJECT",
    "deploy-engine": "pixelpact institution deploy-engine",
    "propose": "pixelpact institution propose",
    "vote": "pixelpact institution vote PROPOSAL",
    "veto": "pixelpact institution veto PROPOSAL",
    "carry-out": "pixelpact institution carry-out PROPOSAL",
    "set-operator": "pixelpact institution operator set ACCOUNT",
    "give-ether": "pixelpact keys fund ADDRESS",
    "resign": "pixelpact institution operator resign",
    "suspend-self": "pixelpact institution suspend-self",
    "record-paper": "pixelpact paper record DRAFT ATTESTATION",
    "lift-refusal": "pixelpact paper record DRAFT ATTESTATION",
    "appoint-attested": "pixelpact paper record DRAFT ATTESTATION",
    "take-refusal": "pixelpact paper refusal",
    "take-revocation": "pixelpact paper revocation CONSENT",
    "anchor": "pixelpact batch anchor FOLDER",
    "emergency": "pixelpact access emergency ask DRAFT ATTESTATION",
    "review": "pixelpact access review REQUEST",
    "offer-custody": "pixelpact study offer STUDY",
    "take-offer-back": "pixelpact study offer STUDY --take-back",
    "accept-custody": "pixelpact study accept FILE",
    "publish-key": "pixelpact keys publish",
    "request": "pixelpact access request INVITATION",
    "confirm": "pixelpact access confirm REQUEST",
    "dispute": "pixelpact access dispute REQUEST",
    "invite": "pixelpact invite create STUDY",
    "sign": "pixelpact consent sign",
}


def examine_vault(vault: Vault, chain: Chain | None = None, institution: int = 0) -> Iterator[Finding]:
    """Look at an open vault, and beside the chain when there is one.

    Args:
        vault: open; nothing is changed in it.
        chain: of the same network, to see whether the vault is older than it.
        institution: whose vault it is: what it handed over to another is that one's to hold; 0: not known.
    """
    try:
        count = sum(len(vault.records(kind)) for kind in Kind)
    except VaultError as error:
        yield Finding.of("vault", error)
        return
    yield Finding.good("vault", f"it opens, and all of its {count} records can be read")
    yield from _permissions(vault)
    yield from _unfinished(vault)
    if chain is not None:
        yield from _beside(vault, chain, institution)


def handed_over(vault: Vault, chain: Chain, institution: int) -> frozenset[bytes]:
    """The numbers of the vault's studies whose custodian is another institution by now.

    Raises:
        ChainError: the chain can't be asked.
    """
    held = (
        (each.study_id, chain.studies.study(each.study_id, at="final").custodian) for each in studies(vault)
    )
    return frozenset(study for study, custodian in held if custodian not in (0, institution))


def _permissions(vault: Vault) -> Iterator[Finding]:
    loose = [
        path
        for path in (vault.folder, *sorted(vault.folder.iterdir()))
        if stat.S_IMODE(path.lstat().st_mode) & 0o077
    ]
    for path in loose:
        mode = stat.S_IMODE(path.lstat().st_mode)
        wanted = "700" if path.is_dir() else "600"
        yield Finding.bad(
            "vault's permissions",
            f"{path} may be read or changed by others: its permissions are {mode:03o}",
            f"Run: chmod {wanted} '{path}', and find out who could read it",
        )
    if not loose:
        yield Finding.good("vault's permissions", "nobody else may look into it")


def _unfinished(vault: Vault) -> Iterator[Finding]:
    # How often, never on what: a key may name the study.
    pending = Counter(entry.operation for entry in vault.pending())
    for operation, count in sorted(pending.items()):
        times = "" if count == 1 else f", {count} times"
        yield Finding.bad(
            "unfinished work",
            f"'{operation}' was begun and not finished{times}",
            f"Run the same command again: {_AGAIN.get(operation, operation)}",
            needed=False,
        )
    if not pending:
        yield Finding.good("unfinished work", "there is none")


def _beside(vault: Vault, chain: Chain, institution: int) -> Iterator[Finding]:
    behind = looked = 0
    try:
        for study in studies(vault):
            record = chain.studies.study(study.study_id, at="final")
            if record.status in (StudyStatus.UNKNOWN, StudyStatus.ERASED):
                continue
            if institution not in (0, record.custodian):
                continue
            looked += 1
            try:
                vault.require_epoch(study.study_id, record.epoch, record.manifest_digest)
            except VaultError as error:
                behind += 1
                yield Finding.bad(
                    f"study 0x{study.study_id.hex()[:8]}",
                    Finding.of("", error).sentence,
                    "Use the newest vault, or restore its newest backup: pixelpact vault restore FILE",
                )
    except PixelPactError as error:
        yield Finding.of("vault beside the chain", error)
        return
    if not behind:
        well = f"it has the keys of all {looked} studies that are registered"
        yield Finding.good("vault beside the chain", well)
