"""Documents that were cut off on their way out."""

from __future__ import annotations

from pathlib import Path

from pixelpact.documents import write_document


def test_what_a_cut_off_write_left_beside_a_whole_document_goes(tmp_path: Path):
    document, beside = tmp_path / "consent.json", tmp_path / ".consent.json.0a1b2c3d.part"
    write_document(document, "{}")
    # Killed after the document had its name, before the other name went.
    beside.hardlink_to(document)

    write_document(document, "{}")

    assert list(tmp_path.iterdir()) == [document]
    assert document.read_text("utf-8") == "{}"
