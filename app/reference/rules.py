"""Dated parameters as staff read and write them: the text of a value and back, checked against its default. Pure."""

import json
import re
from typing import Any

from app.core.money import fen_to_wan, wan_to_fen
from app.core.parameters import Declared

FEN = "_fen"
_WHOLE = re.compile(r"\d{1,9}", re.ASCII)


def is_money(parameter: Declared) -> bool:
    """Whether the value is an amount in fen, shown and typed in 万元."""
    return parameter.key.endswith(FEN) and isinstance(parameter.default, int)


def unit_of(parameter: Declared) -> str:
    return "万元" if is_money(parameter) else parameter.unit


def text_of(parameter: Declared, value: Any) -> str:
    """Return the value as it is typed into the form."""
    if is_money(parameter):
        return str(fen_to_wan(value))
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def parse(parameter: Declared, text: str) -> Any:
    """Return the value of a text; raise ValueError, in Chinese, when it is not of the default's kind."""
    default = parameter.default
    if is_money(parameter):
        return wan_to_fen(text)
    if isinstance(default, str):
        return text
    if isinstance(default, int) and not isinstance(default, bool):
        if not _WHOLE.fullmatch(text):
            raise ValueError(f"请填整数，例如 {default}")
        return int(text)
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError("写法不对，请照原来的样子改数字") from error
    if _shape(value) != _shape(default):
        raise ValueError("项目和类型要和原来的一样，只改数值")
    return value


def _shape(value: Any) -> Any:
    """Return what may not change when numbers change: keys, lengths and kinds."""
    if isinstance(value, dict):
        return {key: _shape(item) for key, item in sorted(value.items())}
    if isinstance(value, list):
        return [_shape(item) for item in value]
    if isinstance(value, bool) or value is None:
        return type(value).__name__
    return "number" if isinstance(value, int | float) else "text"
