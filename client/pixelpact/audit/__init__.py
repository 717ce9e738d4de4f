"""The auditor's room: what happened, rebuilt and decided again from the chain's events alone (docs/audit.md).

It reads and judges, holds no key and sends nothing::

    auditor = Auditor.connect(network)              # or Auditor.from_trail(path), without a node
    report = auditor.report()                       # up to the newest final block
    for entry in report.trail: print(entry.time, entry.sentence)
    for finding in report.findings: print(finding.severity, finding.sentence)
    for section in report.sections: print(section.title, section.sentence)
    Path("audit.html").write_text(page_of(report))  # the same as a page
    answer = auditor.explain(study=study, requester=2, purpose=Purpose.TREAT, directive=directive)
    answer.explanation.decision.sentence; answer.explanation.obstacles
"""

from pixelpact.audit.answer import Answer
from pixelpact.audit.auditor import Auditor
from pixelpact.audit.findings import Code, Finding, Position, Severity
from pixelpact.audit.page import page_of
from pixelpact.audit.report import AuditReport
from pixelpact.audit.rotation import Cause, Owed
from pixelpact.audit.sections import Section
from pixelpact.audit.state import Commitment, Institution, RefusalScope, Release, Request, State, Study
from pixelpact.audit.telling import TrailEntry

__all__ = [
    "Answer",
    "AuditReport",
    "Auditor",
    "Cause",
    "Code",
    "Commitment",
    "Finding",
    "Institution",
    "Owed",
    "Position",
    "RefusalScope",
    "Release",
    "Request",
    "Section",
    "Severity",
    "State",
    "Study",
    "TrailEntry",
    "page_of",
]
