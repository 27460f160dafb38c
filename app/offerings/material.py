"""Which change of a listed offering the centre must look at again, and which may stand at once. Pure.

No official document draws this line: it is the centre's own rule (中心规则), two parameters that staff edit.
"""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.core import parameters
from app.offerings.content import PLAIN_FIELDS
from app.offerings.schemas import OfferingContent

PREFIX = "offerings.change."
#: True: any change is looked at again. False: a short text may be mended by a few characters at once.
FIELDS: dict[str, bool] = {
    **dict.fromkeys(PLAIN_FIELDS, True),
    "packages": True,
    "cases": True,
    **dict.fromkeys(("summary", "body", "vendor_kind", "not_suitable", "exit_terms"), False),
}
MINOR_CHARACTERS = 20
NOTE = "中心规则：没有官方文件规定，由中心设定"
parameters.declare(
    f"{PREFIX}material",
    FIELDS,
    "上架后改动哪些内容要重新审核",
    note=f"{NOTE}；true 的一改就要审核，false 的只有改动很小才免审",
)
parameters.declare(
    f"{PREFIX}minor_characters",
    MINOR_CHARACTERS,
    "上架后免审的改动最多几个字",
    unit="字",
    note=f"{NOTE}；数字变了、写空了都要重新审核",
)
FIGURES = re.compile(r"[0-9０-９]+(?:[.．][0-9０-９]+)?|[零一二两三四五六七八九十百千万亿半]+|[%％‰]")


@dataclass(frozen=True, slots=True)
class Rule:
    """The rule of a day: field → whether any change is material, and how many characters are a small change."""

    fields: Mapping[str, bool]
    minor_characters: int

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Rule":
        """Return the rule from `core.parameters.values(session, material.PREFIX)`."""
        return cls(
            {**FIELDS, **values[f"{PREFIX}material"]},
            int(values[f"{PREFIX}minor_characters"]),
        )


def needs_review(old: OfferingContent, new: OfferingContent, rule: Rule) -> list[str]:
    """Return the changed fields that the centre must look at; empty when the change may stand at once."""
    return [
        name
        for name, always in rule.fields.items()
        if getattr(old, name) != getattr(new, name)
        and (always or not _is_small(getattr(old, name), getattr(new, name), rule.minor_characters))
    ]


def _is_small(before: Any, after: Any, limit: int) -> bool:
    """Whether a text changed by at most `limit` characters, with every figure as it was and not left empty."""
    if not isinstance(before, str) or not isinstance(after, str):
        return True  # staff said that this field, which is no text, may change at once
    if not after or not before or FIGURES.findall(before) != FIGURES.findall(after):
        return False
    codes = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    changed = sum(max(b - a, d - c) for verb, a, b, c, d in codes if verb != "equal")
    return changed <= limit
