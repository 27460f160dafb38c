"""The building's index: one line per room."""

from importlib import import_module

from fastapi import APIRouter

# (room, module with `router`) – pages first, then the API; a room joins the product with its line here.
ROOMS: tuple[tuple[str, str], ...] = (
    ("reference", "app.reference.api"),
    ("reference", "app.reference.pages"),
    ("accounts", "app.accounts.pages"),
    ("accounts", "app.accounts.api"),
    ("files", "app.files.pages"),
    ("organisations", "app.organisations.api"),
    ("organisations", "app.organisations.pages"),
    ("policies", "app.policies.pages"),
    ("needs", "app.needs.pages"),
    ("needs", "app.needs.api"),
    ("offerings", "app.offerings.pages"),
    ("offerings", "app.offerings.api"),
    ("matching", "app.matching.pages"),
    ("matching", "app.matching.api"),
    ("deals", "app.deals.pages"),
    ("deals", "app.deals.api"),
    ("indexing", "app.indexing.pages"),
    ("indexing", "app.indexing.api"),
    ("watching", "app.watching.pages"),
    ("notifications", "app.notifications.pages"),
    ("desk", "app.desk.pages"),
    ("front", "app.front.pages"),
    ("demo", "app.demo.pages"),
)
# Modules that register something by being imported: panels, jobs, indexed models, parameters.
HOOKS: tuple[str, ...] = (
    "app.accounts.jobs",
    "app.needs.personal",
    "app.offerings.personal",
    "app.organisations.personal",
    "app.files.jobs",
    "app.web.exports",
    "app.reference.service",
    "app.organisations.service",
    "app.organisations.panels",
    "app.organisations.jobs",
    "app.policies.service",
    "app.policies.indexing",
    "app.offerings.panels",
    "app.offerings.jobs",
    "app.desk.service.helping",
    "app.desk.service.announcing",
    "app.desk.service.holds",
    "app.desk.service.index",
    "app.desk.panels",
    "app.desk.personal",
    "app.desk.jobs",
    "app.indexing.jobs",
    "app.needs.panels",
    "app.needs.jobs",
    "app.needs.indexing",
    "app.matching.policy",
    "app.matching.weights",
    "app.matching.panels",
    "app.deals.policy",
    "app.deals.rules",
    "app.deals.panels",
    "app.deals.jobs",
    "app.watching.jobs",
    "app.watching.panels",
    "app.watching.personal",
    "app.notifications.policy",
    "app.notifications.jobs",
    "app.notifications.panels",
    "app.notifications.personal",
)


def load_hooks() -> None:
    """Import what registers itself: panels, jobs, indexed models, parameters."""
    for name in HOOKS:
        import_module(name)


def routers() -> list[tuple[APIRouter, bool]]:
    """Return every room's router and whether it stands in the OpenAPI document, after importing the hooks."""
    load_hooks()
    return [(import_module(module).router, module.endswith(".api")) for _room, module in ROOMS]
