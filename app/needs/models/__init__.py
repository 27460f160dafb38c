"""Tables of needs: the need itself, what others do with it, its end, the groups of similar ones."""

from app.needs.models.asking import (
    InterestKind,
    NeedInterest,
    NeedQuestion,
    NeedSeen,
    NeedVote,
    QuestionState,
)
from app.needs.models.ending import NeedOutcome, NeedRecording, NeedReminder, Outcome
from app.needs.models.grouping import GroupState, MemberState, NeedGroup, NeedGroupMember
from app.needs.models.need import (
    EDITABLE,
    JUDGED,
    KIND,
    SENDABLE,
    BaselineHow,
    CaseCounter,
    Confidentiality,
    FundSource,
    Need,
    NeedBaseline,
    NeedReview,
    NeedState,
    ReviewDecision,
    Urgency,
)

__all__ = [
    "EDITABLE",
    "JUDGED",
    "KIND",
    "SENDABLE",
    "BaselineHow",
    "CaseCounter",
    "Confidentiality",
    "FundSource",
    "GroupState",
    "InterestKind",
    "MemberState",
    "Need",
    "NeedBaseline",
    "NeedGroup",
    "NeedGroupMember",
    "NeedInterest",
    "NeedOutcome",
    "NeedQuestion",
    "NeedRecording",
    "NeedReminder",
    "NeedReview",
    "NeedSeen",
    "NeedState",
    "NeedVote",
    "Outcome",
    "QuestionState",
    "ReviewDecision",
    "Urgency",
]
