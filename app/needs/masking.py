"""What a need's free texts may not carry: contact details always, the factory's own name while it is hidden. Pure."""

import re

from app.core.masking import KIND_NAMES, mask_contacts

NAME = "organisation"
OURS = "本厂"
NAMES = {**KIND_NAMES, NAME: "单位名称"}

_FORMS = re.compile(r"(?:集团)?(?:股份)?(?:有限)?(?:责任)?公司$")
_SHORTEST = 4


def name_variants(name: str, short_name: str) -> tuple[str, ...]:
    """Return the writings of a firm's name to look for, the longest first: full, without its legal form, short."""
    bare = name.replace("（示例）", "").replace("(示例)", "")
    found = {name, bare, _FORMS.sub("", bare), short_name, short_name.replace("（示例）", "")}
    return tuple(
        sorted((text for text in found if len(text) >= _SHORTEST), key=lambda text: (-len(text), text))
    )


def clean(text: str, names: tuple[str, ...], *, ours: str = OURS) -> tuple[str, tuple[str, ...]]:
    """Return the text as it may be stored and the kinds of detail that were hidden; `names` become `ours`."""
    masked = mask_contacts(text)
    kept, found = masked.text, set(masked.found)
    for name in names:
        if name in kept:
            kept = kept.replace(name, ours)
            found.add(NAME)
    return kept, tuple(sorted(found))


def describe(kinds: list[str]) -> str:
    """Return the kinds in Chinese, for the form that explains what was hidden."""
    return "、".join(NAMES[kind] for kind in kinds if kind in NAMES)
