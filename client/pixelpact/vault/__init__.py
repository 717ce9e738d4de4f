"""The vault: keys at rest, and the journal that makes interrupted work resumable (docs/vault.md).

Opening and making one::

    from pixelpact.vault import KeyFile, Kind, Password, Vault

    vault = Vault.create(folder, Password("correct horse battery staple"))   # or KeyFile(path), for an agent
    with Vault.open(folder, Password("correct horse battery staple")) as vault:
        vault.put(Kind.OPERATOR_KEY, "0x52908400...", {"private_key": key})   # durable when it returns
        vault.get(Kind.OPERATOR_KEY, "0x52908400...")["private_key"]

        vault.backup(file)                    # whole or not there; Vault.restore makes a vault of it
        vault.rotate_master(KeyFile(path))    # a new master key, and something else that opens it

A record is a mapping of strings to None, bool, int, str, bytes, and lists and mappings of these. Its id may
be a secret too (a StudyInstanceUID): in the file stand only a keyed digest of it and ciphertext. `delete`
removes a record and its key; `erase` also changes the master key, for keys that must be gone for good.
`Keyring(name)` is the third thing that can open a vault, beside a password and a key file.

Work that may be interrupted writes before it acts::

    with vault.journal("release", request_id.hex()) as entry:
        if entry.step is None:                         # a first run
            entry.advance("made", {"envelope": make_envelope()})
        if entry.step == "made":                       # here too when the run before was killed after 'made'
            entry.advance("sent", {"transaction": send(entry.state["envelope"])})
        if entry.step == "sent":
            wait_until_final(entry.state["transaction"])
                                                       # leaving the block finishes: the entry is deleted

What is done after a step must be safe to do again, since a kill may fall between doing it and the next step.
An exception keeps the entry; the same command, run again, goes on from its step. `vault.pending()` lists what
is unfinished.

Study keys have an id that the vault understands (`study_key_id`), so that `vault.require_epoch` can refuse to
work when the chain is ahead of this vault: an old copy, restored beside a newer chain, must not go on.
"""

from pixelpact.vault.journal import Entry, Pending
from pixelpact.vault.records import Kind, Record, Value
from pixelpact.vault.system_keyring import Keyring
from pixelpact.vault.unlock import KeyFile, Password, Unlock
from pixelpact.vault.vault import Vault, study_key_id

__all__ = [
    "Entry",
    "KeyFile",
    "Keyring",
    "Kind",
    "Password",
    "Pending",
    "Record",
    "Unlock",
    "Value",
    "Vault",
    "study_key_id",
]
