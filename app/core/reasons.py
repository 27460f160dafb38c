"""Why a value was refused, in Chinese: the words that forms, the API and imported sheets share."""

from pydantic import ValidationError
from pydantic_core import ErrorDetails

_MESSAGES: dict[str, str] = {
    "missing": "请填写",
    "string_type": "请填写文字",
    "string_too_short": "至少 {min_length} 个字",
    "string_too_long": "最多 {max_length} 个字",
    "string_pattern_mismatch": "写法不对，请对照示例",
    "int_parsing": "请填整数，例如 30",
    "int_type": "请填整数，例如 30",
    "int_from_float": "请填整数，例如 30",
    "decimal_parsing": "请填数字，例如 3.5",
    "decimal_type": "请填数字，例如 3.5",
    "float_parsing": "请填数字，例如 3.5",
    "bool_parsing": "请选择是或否",
    "date_from_datetime_parsing": "请填日期，例如 2026-12-31",
    "date_parsing": "请填日期，例如 2026-12-31",
    "greater_than": "要大于 {gt}",
    "greater_than_equal": "不能小于 {ge}",
    "less_than": "要小于 {lt}",
    "less_than_equal": "不能大于 {le}",
    "too_long": "最多 {max_length} 项",
    "too_short": "至少 {min_length} 项",
    "enum": "请从列出的选项中选一个",
    "literal_error": "请从列出的选项中选一个",
    "uuid_parsing": "请从列出的选项中选一个",
    "extra_forbidden": "不认识这个字段",
    "list_type": "请从列出的选项中选择",
}


def message_of(error: ErrorDetails) -> str:
    """Return the Chinese reason for one validation error."""
    if error["type"] in {"value_error", "assertion_error"}:
        reason = error.get("ctx", {}).get("error")
        return str(reason) if reason else error["msg"]
    template = _MESSAGES.get(error["type"], "请检查这一项")
    if error["type"] == "string_too_short" and (error.get("ctx") or {}).get("min_length") == 1:
        return _MESSAGES["missing"]
    try:
        return template.format(**(error.get("ctx") or {}))
    except (KeyError, IndexError):
        return template


def field_errors(error: ValidationError) -> dict[str, str]:
    """Return `field path → reason`, paths written as form names (`packages-0-title`)."""
    found: dict[str, str] = {}
    for item in error.errors(include_url=False):
        path = "-".join(str(part) for part in item["loc"]) or "form"
        found.setdefault(path, message_of(item))
    return found
