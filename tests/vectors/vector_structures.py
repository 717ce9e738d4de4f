"""Scenarios: roots, leaves and indices that a reader must not take."""

from __future__ import annotations

from collections.abc import Iterator

from vector_builder import (
    CHUNK,
    DAG_CBOR,
    LEAF,
    UID,
    Link,
    Made,
    Pairs,
    Study,
    Verbatim,
    cbor,
    head,
    literal,
    named,
    one,
)
from vector_kit import Block, Vector


def encoding_of_roots() -> Iterator[Vector]:
    """Roots that are not in the one canonical encoding."""

    def refused(study: Study, name: str, comment: str) -> Vector:
        return study.vector(name, "encoding", [], comment)

    def root(name: str, comment: str, **written: bytes) -> Vector:
        study = Study().root()
        fields = {
            key: Verbatim(written[key]) if key in written else value
            for key, value in (study.root_value or {}).items()
        }
        return refused(study.rewritten(fields), name, comment)

    salt = Study().salt
    yield root("root-longer-integer", "chunks is written 18 02.", chunks=b"\x18\x02")
    yield root(
        "root-longer-length", "The length of salt is written in two bytes.", salt=b"\x59\x00\x20" + salt
    )
    yield root(
        "root-longest-length", "The length of salt is written in eight bytes.", salt=head(2, 32, 8) + salt
    )
    yield root(
        "root-indefinite-array",
        "data is an array of indefinite length.",
        data=b"\x9f" + cbor(Link((Study().leaves().leaf_blocks or [])[0].cid())) + b"\xff",
    )
    yield root(
        "root-indefinite-bytes",
        "salt is a byte string of indefinite length.",
        salt=b"\x5f\x58\x20" + salt + b"\xff",
    )
    yield root(
        "root-bytes-for-link",
        "An index link is a byte string of the CID.",
        index=cbor([(Study().cut().index_blocks or [])[0].cid()]),
    )
    yield root(
        "root-bytes-with-zero-for-link",
        "An index link is the byte string of a link without its tag.",
        index=cbor([b"\x00" + (Study().cut().index_blocks or [])[0].cid()]),
    )
    yield root(
        "root-link-for-bytes",
        "salt is a link to a CID that has 32 bytes.",
        salt=cbor(Link(b"\x01\x55\x00\x1c" + bytes(28))),
    )
    yield root("root-other-tag", "salt carries tag 24.", salt=b"\xd8\x18" + cbor(salt))
    fields = list((Study().root().root_value or {}).items())
    ordered = sorted(fields, key=lambda item: (len(item[0]), item[0]))
    swapped = [*ordered[:1], ordered[2], ordered[1], *ordered[3:]]
    yield refused(Study().rewritten(Pairs(swapped)), "root-unsorted-keys", "mac stands before ctx.")
    alphabetical = sorted(fields)
    yield refused(
        Study().rewritten(Pairs(alphabetical)), "root-alphabetical-keys", "Keys by letter, not length."
    )
    doubled = [*ordered[:1], *ordered[:1], *ordered[1:]]
    yield refused(Study().rewritten(Pairs(doubled)), "root-duplicate-key", "v stands twice.")
    whole = cbor(dict(fields))
    yield refused(
        Study().rewritten(b"\xbf" + whole[1:] + b"\xff"), "root-indefinite-map", "A map without length."
    )
    yield refused(Study().rewritten(whole + b"\x00"), "root-trailing-byte", "A byte behind the root.")
    yield refused(Study().rewritten(whole[:-1]), "root-cut", "The root lacks its last byte.")
    yield refused(Study().rewritten(b"\x81" * 60_000 + b"\x00"), "root-nesting-bomb", "60,000 nested arrays.")
    yield refused(
        Study().rewritten(b"\x9b\x00\x00\xff\xff\xff\xff\xff\xff"),
        "root-promised-array",
        "An array that says it has 2^48 items.",
    )
    yield refused(Study().rewritten(b""), "root-empty", "A block of no bytes.")


def encoding_of_leaves_and_indices() -> Iterator[Vector]:
    """Leaves and indices that are not in the one canonical encoding."""

    def refused(study: Study, name: str, comment: str) -> Vector:
        return study.vector(name, "encoding", [], comment)

    study = Study().cut()
    links = [Link(block.cid()) for block in study.data or ()]
    study.leaf_blocks = [literal(head(4, 2, 1) + b"".join(map(cbor, links)))]
    yield refused(study, "leaf-longer-length", "The array's length is written in a byte of its own.")
    study = Study().cut()
    study.leaf_blocks = [literal(cbor(links) + b"\x00")]
    yield refused(study, "leaf-trailing-byte", "A byte behind the leaf.")
    study = Study().cut()
    study.leaf_blocks = [study.leaf([links[0], links[1].cid])]
    yield refused(study, "leaf-bytes-for-link", "The second link is a byte string of the CID.")

    def index(name: str, comment: str, written: bytes) -> Vector:
        study = Study()
        study.index_bytes = written
        return refused(study, name, comment)

    value = Study().index().index_value
    yield index("index-longer-integer", "v is written 18 01.", cbor({**value, "v": Verbatim(b"\x18\x01")}))
    yield index("index-trailing-byte", "The length counts a byte behind the index.", cbor(value) + b"\x00")
    yield index(
        "index-unsorted-keys", "study stands first.", cbor(Pairs([("study", UID), *value.items()][:5]))
    )
    yield index(
        "index-unsorted-attributes",
        "Attributes by letter, not length.",
        cbor({**value, "sets": [[*row[:2], Pairs(sorted(row[2].items()))] for row in value["sets"]]}),
    )
    yield index(
        "index-invalid-utf-8", "A UID that is not UTF-8.", cbor({**value, "study": Verbatim(b"\x61\xff")})
    )
    yield index(
        "index-link-for-digest",
        "A digest is a link.",
        cbor(
            {
                **value,
                "inst": [[*row[:3], Link(b"\x01\x55\x12\x20" + row[3]), row[4]] for row in value["inst"]],
            }
        ),
    )
    yield index("index-nesting-bomb", "100,000 nested arrays.", b"\x81" * 100_000 + b"\x00")


def schema_of_roots_and_leaves() -> Iterator[Vector]:
    """Roots and leaves that are well encoded, and not of this format."""

    def refused(study: Study, name: str, comment: str) -> Vector:
        return study.vector(name, "schema", [], comment)

    fields = Study().root().root_value or {}
    yield refused(Study().changed(v=2), "root-version-2", "An unknown version, its MAC right.")
    yield refused(Study().changed(suite=2), "root-suite-2", "An unknown suite, its MAC right.")
    yield refused(Study().changed(suite=0), "root-suite-0", "No suite, its MAC right.")
    yield refused(Study().changed(length=1), "root-unknown-key", "A key that the format does not have.")
    yield refused(
        Study().rewritten({k: v for k, v in fields.items() if k != "suite"}),
        "root-missing-key",
        "suite is missing.",
    )
    yield refused(
        Study().rewritten({**fields, "v": Verbatim(b"\xfb\x3f\xf0" + bytes(6))}),
        "root-float-version",
        "v is the floating-point number 1.",
    )
    yield refused(Study().rewritten({**fields, "v": Verbatim(b"\xf5")}), "root-true-version", "v is true.")
    yield refused(Study().changed(salt="a" * 32), "root-text-for-bytes", "salt is text.")
    for size in (31, 33):
        study = Study()
        study.salt = named("long")[:31] + bytes(size - 31)
        yield refused(
            study,
            f"salt-of-{size}",
            "HKDF pads salts: one of 31 bytes is the twin of one of 32."
            if size == 31
            else "A salt with a byte too many.",
        )
    yield refused(Study().changed(ctx=fields["ctx"][:31]), "ctx-of-31", "ctx lacks a byte.")
    yield refused(
        Study().rewritten({**fields, "mac": fields["mac"][:16]}), "mac-truncated", "Half of the MAC."
    )
    yield refused(Study().rewritten(list(fields.values())), "root-array", "The root is an array.")
    for key in ("data", "index"):
        yield refused(Study().changed(**{key: {"0": fields[key][0]}}), f"root-{key}-map", f"{key} is a map.")
        yield refused(Study().changed(**{key: ["0"]}), f"root-{key}-of-text", f"{key} is an array of text.")
    study = Study().cut()
    study.leaf_blocks = [literal(cbor({str(n): Link(b.cid()) for n, b in enumerate(study.data or ())}))]
    yield refused(study, "leaf-map", "The leaf is a map.")
    study = Study().cut()
    study.leaf_blocks = [study.leaf([[Link(block.cid())] for block in study.data or ()])]
    yield refused(study, "leaf-nested", "The leaf's links stand in arrays of their own.")


def limit() -> Iterator[Vector]:
    """Counts and lengths outside the limits."""

    def refused(study: Study, name: str, comment: str) -> Vector:
        return study.vector(name, "limit", [], comment)

    yield refused(Study().changed(chunks=0), "chunks-0", "A study of no chunks.")
    yield refused(Study().changed(chunks=2**22 + 1), "chunks-beyond-the-limit", "2^22 + 1 chunks.")
    yield refused(Study().changed(chunks=-1), "chunks-negative", "-1 chunks.")
    yield refused(Study().changed(chunks=LEAF + 1), "chunks-beyond-the-leaves", "8,193 chunks and one leaf.")
    leaf = Link((Study().leaves().leaf_blocks or [])[0].cid())
    yield refused(
        Study().changed(data=[leaf, leaf]), "leaves-beyond-the-chunks", "Two chunks and two leaves."
    )
    yield refused(Study().changed(data=[]), "no-leaves", "No link in data.")
    yield refused(Study().changed(data=[leaf] * 513, chunks=2**22), "leaves-beyond-the-limit", "513 leaves.")
    yield refused(
        Study().changed(data=[leaf] * 513, chunks=2**22 + 1),
        "leaves-and-chunks-beyond-the-limit",
        "2^22 + 1 chunks, and the 513 leaves that they need.",
    )
    yield refused(
        Study().changed(data=[], chunks=0), "no-leaves-and-no-chunks", "Nothing in the data stream."
    )
    index = Link((Study().cut().index_blocks or [])[0].cid())
    yield refused(Study().changed(index=[]), "no-index", "No link in index.")
    yield refused(
        Study().changed(index=[index] * 1025), "index-blocks-beyond-the-limit", "1,025 index blocks."
    )
    yield refused(
        Study().changed(index=[index] * 1600), "root-too-large", "A root of more than 65,536 bytes."
    )
    study = Study().root()
    study.root_block = Block(["repeat:65537:00"], codec=DAG_CBOR)
    yield refused(
        study, "root-too-large-to-be-decoded", "65,537 bytes that are no dag-cbor: size comes first."
    )

    link = cbor(Link((Study().cut().data or [])[0].cid()))

    def leaf_of(count: int) -> Block:
        return Block([f"hex:{head(4, count).hex()}", f"repeat:{count}:{link.hex()}"], codec=DAG_CBOR)

    for count, name, comment in (
        (LEAF - 1, "leaf-not-full", "The first of two leaves has 8,191 links."),
        (LEAF + 1, "leaf-too-large", "A leaf of 8,193 links."),
    ):
        study = Study([Made(f"{UID}.1.1", 0, LEAF * CHUNK + 1)])
        study.rows = [[f"{UID}.1.1", 0, LEAF * CHUNK + 1, bytes(32), {}]]
        study.data = (Study().cut().data or [])[:1]
        study.leaf_blocks = [leaf_of(count), Study.leaf([Link(study.data[0].cid())])]
        study.chunks = LEAF + 1
        yield refused(study, name, comment)
    study = Study().cut()
    links = [Link(block.cid()) for block in study.data or ()]
    study.leaf_blocks = [study.leaf(links[:1])]
    yield refused(study, "leaf-lacks-a-link", "Two chunks, and a leaf of one link.")
    study = Study().cut()
    study.leaf_blocks = [study.leaf([*links, links[0]])]
    yield refused(study, "leaf-has-a-link-more", "Two chunks, and a leaf of three links.")
    study = Study().cut()
    study.leaf_blocks = [study.leaf([])]
    yield refused(study, "leaf-empty", "A leaf of no links.")
    study = Study().cut()
    study.leaf_blocks = [Block(["repeat:335876:00"], codec=DAG_CBOR)]
    yield refused(
        study, "leaf-too-large-to-be-decoded", "335,876 bytes that are no dag-cbor: size comes first."
    )

    yield refused(Study(one(99, ImageType="é" * 512 + "x")), "attribute-of-1025-bytes", "A text too long.")
    yield refused(Study(one(99, InstanceNumber=2**63)), "attribute-too-great", "An integer of 2^63.")
    yield refused(
        Study(one(99, InstanceNumber=-(2**63) - 1)), "attribute-too-small", "An integer of -2^63 - 1."
    )
    yield refused(
        _of_too_many_sets(),
        "sets-beyond-the-limit",
        "65,537 times the same series: limits come before rules.",
    )
    study = Study()
    study.rows = []
    yield refused(study, "no-instances", "An index without instances.")
    study = Study()
    study.length = 2**22 * CHUNK + 1
    yield refused(study, "length-beyond-the-limit", "A data stream longer than 2^22 chunks.")


def _of_too_many_sets() -> Study:
    """65,537 times the same series, which the rules would refuse too: limits come first."""
    study, series, count = Study(), ["1", "1", {}], 2**16 + 1
    study.sets = [series] * count
    study.index()
    assert study.index_bytes is not None
    before, _, after = study.index_bytes.partition(cbor(series) * count)
    before = len(study.index_bytes).to_bytes(8, "big") + before
    padding = CHUNK - 8 - len(study.index_bytes)
    parts = [f"hex:{before.hex()}", f"repeat:{count}:{cbor(series).hex()}", f"hex:{after.hex()}"]
    study.index_blocks = study.encrypted("index", [[*parts, f"zeros:{padding}"]])
    return study
