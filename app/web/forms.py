"""Forms: nested names to plain data, validation with the reason in Chinese beside the field.

A name such as `packages-0-components-1-amount` nests; a name ending in `[]` is a list.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from sqlalchemy.orm import Session
from starlette.datastructures import UploadFile

from app.core.errors import Conflict, FormRejected, Invalid
from app.core.reasons import field_errors
from app.web.csrf import FIELD, SAFE

Model = TypeVar("Model", bound=BaseModel)
ContextBuilder = Callable[[Session], dict[str, Any]]
MAX_FIELDS = 1000
FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")
OWN_FIELDS = frozenset({FIELD, "idempotency_key"})


@dataclass
class Form:
    """A submitted form: `data` nested as typed, `pairs` flat with repeated names, `files` by name."""

    data: dict[str, Any] = field(default_factory=dict)
    pairs: list[tuple[str, str]] = field(default_factory=list)
    files: dict[str, UploadFile] = field(default_factory=dict)
    csrf_token: str | None = None
    idempotency_key: str | None = None

    def text(self, name: str, default: str = "") -> str:
        value = self.data.get(name, default)
        return value.strip() if isinstance(value, str) else default

    def parse(self, schema: type[Model], data: Mapping[str, Any] | None = None) -> Model:
        """Return the validated model or raise `Invalid` with a reason per field."""
        try:
            return schema.model_validate(self.data if data is None else dict(data))
        except ValidationError as error:
            raise Invalid(field_errors(error)) from error

    @contextmanager
    def rejecting(self, template: str, build: ContextBuilder) -> Iterator[None]:
        """Turn `Invalid` and `Conflict` raised inside into the same page with reasons and typed values.

        `build(session)` makes the page's context again in a fresh read session after the rollback;
        `values` and `errors` are added to it.
        """
        try:
            yield
        except Invalid as error:
            fields = error.fields
        except Conflict as error:
            fields = {"form": error.message}
        else:
            return
        raise FormRejected(template=template, context={"build": build, "values": self.data}, fields=fields)


def empty_to_none(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data with blank texts as None, recursively; for schemas with optional numbers."""

    def clean(value: Any) -> Any:
        if isinstance(value, str):
            return value.strip() or None
        if isinstance(value, Mapping):
            return {key: clean(item) for key, item in value.items()}
        if isinstance(value, list):
            return [clean(item) for item in value if item not in ("", None)]
        return value

    return {key: clean(value) for key, value in data.items()}


def nest(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Return nested data: numeric parts become list positions (order kept, gaps closed)."""
    root: dict[str, Any] = {}
    for name, value in pairs:
        is_list = name.endswith("[]")
        parts = name.removesuffix("[]").split("-")
        node = root
        for part in parts[:-1]:
            following = node.setdefault(part, {})
            if not isinstance(following, dict):
                break
            node = following
        else:
            if is_list:
                held = node.setdefault(parts[-1], [])
                if isinstance(held, list):  # else the same name came as one value too; the first stands
                    held.append(value)
            else:
                node[parts[-1]] = value
    return {key: _lists(value) for key, value in root.items()}


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(key.isdecimal() and len(key) <= 3 for key in value):
        return [_lists(value[key]) for key in sorted(value, key=int)]
    return {key: _lists(item) for key, item in value.items()}


def value_of(values: Mapping[str, Any], name: str) -> Any:
    """Return what stands under a form name, in flat or nested values alike; an empty text if nothing does."""
    if name in values:
        found: Any = values[name]
        return "" if found is None else found
    node: Any = values
    for part in name.removesuffix("[]").split("-"):
        if isinstance(node, Mapping):
            node = node.get(part)
        elif isinstance(node, list) and part.isdecimal() and len(part) <= 3 and int(part) < len(node):
            node = node[int(part)]
        else:
            return ""
    return "" if node is None else node


async def load_form(request: Request) -> AsyncIterator[Form]:
    """Read a submitted form once, for the CSRF check and the page alike; what was uploaded is closed at the end."""
    known: Form | None = getattr(request.state, "form", None)
    if known is not None:
        yield known
        return
    form = Form()
    request.state.form = form
    content_type = request.headers.get("content-type", "")
    if request.method in SAFE or not content_type.startswith(FORM_TYPES):
        yield form
        return
    sent = await request.form(max_fields=MAX_FIELDS, max_files=10)
    pairs: list[tuple[str, str]] = []
    for name, value in sent.multi_items():
        if isinstance(value, UploadFile):
            form.files[name] = value
        elif name == FIELD:
            form.csrf_token = value
        elif name == "idempotency_key":
            form.idempotency_key = value
        else:
            pairs.append((name[:200], value.replace("\x00", "")))
    form.data, form.pairs = nest(pairs), pairs
    try:
        yield form
    finally:
        await sent.close()
