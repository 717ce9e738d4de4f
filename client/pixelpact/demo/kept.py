"""What a requester may have kept of a release when the study is sealed anew."""

from __future__ import annotations

from dataclasses import replace

from pixelpact import crypto
from pixelpact.chain import AccessReleased
from pixelpact.errors import UnwrapError
from pixelpact.models import RAW, Cid
from pixelpact.profile import Profile
from pixelpact.vault import Kind

__all__ = ["KeptEnvelope"]


class KeptEnvelope:
    """A key envelope that a requester kept from an earlier epoch, with what it needs to open it.

    Args:
        profile: the requester's.
        release: that published the envelope.
    """

    def __init__(self, profile: Profile, release: AccessReleased) -> None:
        self.release = release
        self.envelope = profile.store.get(Cid(RAW, release.envelope_digest))
        self.context = profile.envelope_context(
            request=release.request,
            study=release.study,
            epoch=release.epoch,
            manifest_digest=release.manifest_digest,
            custodian=release.custodian,
            requester=profile.institution,
            key_version=release.key_version,
        )
        digest = profile.chain.institutions.key_digest(profile.institution, release.key_version)
        seed = profile.vault.get(Kind.ENCRYPTION_SEED, digest.hex())["seed"]
        self.key_pair = crypto.EncryptionKeyPair(seed)

    def open(self) -> tuple[crypto.StudyKey, crypto.StudySecret]:
        """The secrets that were released then."""
        return crypto.unwrap(self.key_pair, self.envelope, self.context, self.release.envelope_digest)

    def refuses(self, epoch: int) -> bool:
        """Whether it does not open as an envelope for another epoch."""
        context = replace(self.context, epoch=epoch)
        try:
            crypto.unwrap(self.key_pair, self.envelope, context, self.release.envelope_digest)
        except UnwrapError:
            return True
        return False
