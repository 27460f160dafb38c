"""Imports every room's models once, so that metadata and migrations see all tables."""

from importlib import import_module
from importlib.util import find_spec

CORE = ("audit", "drafts", "idempotency", "jobs", "messages", "outbox", "outgoing", "parameters", "throttle")
ROOMS = (
    "reference",
    "accounts",
    "files",
    "organisations",
    "policies",
    "offerings",
    "needs",
    "matching",
    "deals",
    "indexing",
    "watching",
    "desk",
    "front",
    "notifications",
)

for _name in CORE:
    import_module(f"app.core.{_name}")
for _name in ROOMS:
    if find_spec(f"app.{_name}") and find_spec(f"app.{_name}.models"):
        import_module(f"app.{_name}.models")
