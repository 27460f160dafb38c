"""Say in Chinese how sure a row is; the data keep the reviewers' own words."""

_PHRASES = (
    ("verified in a source", "已在来源中核到"),
    ("from knowledge", "凭已有知识整理，未复核"),
    ("not found", "未查到"),
    ("composed", "中心自编"),
)
UNCERTAIN = ("from knowledge", "not found")


def confidence_text(confidence: str) -> str:
    """Return the reviewers' remark for a reader, e.g. 「已在来源中核到（代码、名称）；未查到（比例）」."""
    text = confidence
    for phrase, chinese in _PHRASES:
        text = text.replace(phrase, chinese)
    for half, full in (
        (" (", "（"),
        ("(", "（"),
        (")", "）"),
        ("; ", "；"),
        (";", "；"),
        (" / ", "；"),
        (", ", "，"),
    ):
        text = text.replace(half, full)
    return text


def is_uncertain(confidence: str) -> bool:
    """Return whether any part of the row still has to be checked against its original."""
    return any(phrase in confidence for phrase in UNCERTAIN)
