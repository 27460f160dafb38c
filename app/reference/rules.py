"""Dated parameters as staff read and write them: the text of a value and back, checked against its default. Pure."""

import json
import re
from typing import Any

from app.core.money import fen_to_wan, wan_to_fen
from app.core.parameters import Declared

FEN = "_fen"
YES, NO = "是", "否"
_WHOLE = re.compile(r"\d{1,9}", re.ASCII)


def is_money(parameter: Declared) -> bool:
    """Whether the value is an amount in fen, shown and typed in 万元."""
    return parameter.key.endswith(FEN) and isinstance(parameter.default, int)


def unit_of(parameter: Declared) -> str:
    if isinstance(parameter.default, bool):
        return ""
    return "万元" if is_money(parameter) else parameter.unit


def text_of(parameter: Declared, value: Any) -> str:
    """Return the value as it is typed into the form."""
    if is_money(parameter):
        return str(fen_to_wan(value))
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


#: The bounds of a number without its own, by its unit: lowest, highest.
BOUNDS: dict[str, tuple[float, float]] = {
    "小时": (1, 24 * 365),
    "天": (0, 3650),
    "分": (0, 100),
    "%": (0, 100),
    "": (0, 1_000_000),
}
MONEY_BOUNDS = (0, 100_000_000_00)


def bounds_of(parameter: Declared) -> tuple[float, float] | None:
    """Return the lowest and highest value of a number (money in fen), None for what is no number."""
    if isinstance(parameter.default, bool) or not isinstance(parameter.default, int | float):
        return None
    low, high = MONEY_BOUNDS if is_money(parameter) else BOUNDS.get(parameter.unit, (0, 100_000))
    return (
        low if parameter.low is None else parameter.low,
        high if parameter.high is None else parameter.high,
    )


def bounds_text(parameter: Declared) -> str:
    """Return the bounds as staff read them beside the field."""
    bounds = bounds_of(parameter)
    if bounds is None:
        return ""
    low, high = (fen_to_wan(int(each)) if is_money(parameter) else f"{each:g}" for each in bounds)
    return f"{low} 到 {high}"


def parse(parameter: Declared, text: str) -> Any:
    """Return the value of a text; raise ValueError, in Chinese, when it is not of the default's kind or out of bounds."""
    value = _parse(parameter, text)
    bounds = bounds_of(parameter)
    if bounds is not None and not bounds[0] <= value <= bounds[1]:
        raise ValueError(f"要在 {bounds_text(parameter)} 之间")
    return value


def _parse(parameter: Declared, text: str) -> Any:
    default = parameter.default
    if is_money(parameter):
        return wan_to_fen(text)
    if isinstance(default, str):
        return text
    if isinstance(default, bool):
        if text not in {YES, NO}:
            raise ValueError(f"请填{YES}或{NO}")
        return text == YES
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
