"""The vocabularies and the reference decision: pure, and written from docs/policy.md.

`decide` and `decide_release` answer what the contracts must answer; `explain` says why and what would change
it; `describe` reads a directive out before it is signed; `check_directive` refuses one that should not be.
"""

from pixelpact.policy._generated import (
    MODALITIES,
    OBLIGATION_OF,
    RESEARCH_ROOTS,
    Attribute,
    Category,
    Check,
    FailureClass,
    ModifierCode,
    ModifierHandling,
    Obligation,
    OperatorPermission,
    Permission,
    Purpose,
    Reason,
    RefusalReason,
    Role,
)
from pixelpact.policy.decision import Decision, decide, decide_release
from pixelpact.policy.description import describe, describe_query, describe_refusal, summarize
from pixelpact.policy.explanation import CheckResult, Explanation, Obstacle, Outcome, explain
from pixelpact.policy.facts import (
    CommitmentFacts,
    Facts,
    InstitutionFacts,
    InstitutionStatus,
    RefusalFacts,
    ReleaseFacts,
    StudyFacts,
    StudyStatus,
)
from pixelpact.policy.form import check_directive
from pixelpact.policy.vocabulary import (
    MAX_MODIFIERS,
    MAX_TERM,
    MONTH,
    REQUEST_LIFETIME,
    VOCABULARY_VERSION,
    allows_research,
    ancestors,
    categories_of,
    covers,
    descendants,
    purpose_set,
    sentence_of,
)
from pixelpact.policy.wording import categories as category_words
from pixelpact.policy.wording import moment

__all__ = [
    "MAX_MODIFIERS",
    "MAX_TERM",
    "MODALITIES",
    "MONTH",
    "OBLIGATION_OF",
    "REQUEST_LIFETIME",
    "RESEARCH_ROOTS",
    "VOCABULARY_VERSION",
    "Attribute",
    "Category",
    "Check",
    "CheckResult",
    "CommitmentFacts",
    "Decision",
    "Explanation",
    "Facts",
    "FailureClass",
    "InstitutionFacts",
    "InstitutionStatus",
    "ModifierCode",
    "ModifierHandling",
    "Obligation",
    "Obstacle",
    "OperatorPermission",
    "Outcome",
    "Permission",
    "Purpose",
    "Reason",
    "RefusalFacts",
    "RefusalReason",
    "ReleaseFacts",
    "Role",
    "StudyFacts",
    "StudyStatus",
    "allows_research",
    "ancestors",
    "categories_of",
    "category_words",
    "check_directive",
    "covers",
    "decide",
    "decide_release",
    "descendants",
    "describe",
    "describe_query",
    "describe_refusal",
    "explain",
    "moment",
    "purpose_set",
    "sentence_of",
    "summarize",
]
