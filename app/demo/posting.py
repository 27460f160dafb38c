"""Demo needs: the completed ones published through the real gate, some held for the staff, the rest drafts."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy.orm import Session

from app.core import clock
from app.core.masking import mask_contacts
from app.core.money import wan_to_fen
from app.core.pagination import MAX_SIZE, PageRequest
from app.core.permissions import Actor
from app.core.runtime import Runtime
from app.demo import data
from app.demo.data import DemoNeed
from app.demo.people import ORIGIN, Cast, Progress
from app.needs import queries
from app.needs import service as needs
from app.needs.models import BaselineHow, Confidentiality, FundSource, Urgency
from app.needs.schemas import BaselineFields, NeedFields

#: Every fifth need without a completion is sent as it is, so that the staff find held needs in their queue.
HELD_EVERY = 5
#: (first, last) age of what a step leaves behind: a platform that has been in use for some weeks.
PUBLISHED_AGES = (timedelta(days=45), timedelta(days=3))
DRAFT_AGES = (timedelta(days=20), timedelta(days=1))
HELD_AGES = (timedelta(hours=60), timedelta(hours=2))


def seed_needs(runtime: Runtime, cast: Cast, progress: Progress) -> None:
    """Make the demo needs that are missing; each owner's are one transaction."""
    complete = [need for need in data.needs() if need.completion is not None]
    rest = [need for need in data.needs() if need.completion is None]
    owners = {row.key: row for row in data.organisations()}
    held = [
        need
        for number, need in enumerate(rest)
        if number % HELD_EVERY == 0 and owners[need.organisation].verified
    ]
    drafts = [need for need in rest if need not in held]
    total, done = len(data.needs()), 0
    steps = ((complete, PUBLISHED_AGES, True), (drafts, DRAFT_AGES, False), (held, HELD_AGES, True))
    for rows, ages, send in steps:
        for age, key, batch in _by_owner(rows, ages):
            with clock.frozen(clock.now() - age), runtime.database.writing() as session:
                _seed_owner(session, cast.owners[key], batch, send=send)
            done += len(batch)
            progress(done, total, "示例需求")


def _by_owner(
    rows: list[DemoNeed], ages: tuple[timedelta, timedelta]
) -> Iterator[tuple[timedelta, str, list[DemoNeed]]]:
    """Yield each owner's needs with an age, oldest first."""
    found: dict[str, list[DemoNeed]] = defaultdict(list)
    for need in rows:
        found[need.organisation].append(need)
    first, last = ages
    for number, (key, batch) in enumerate(found.items()):
        share = number / max(1, len(found) - 1)
        yield first - (first - last) * share, key, batch


def _seed_owner(session: Session, owner: Actor, batch: list[DemoNeed], *, send: bool) -> None:
    known = {row.problem for row in queries.list_own(session, owner, PageRequest.of(1, MAX_SIZE)).items}
    for demo in batch:
        if mask_contacts(demo.text).text in known:
            continue
        need = needs.start_draft(session, owner, fields=_fields(demo), origin=ORIGIN)
        if send:
            needs.publish_need(session, owner, need_id=need.id, version=need.version)


def _fields(demo: DemoNeed) -> NeedFields:
    base = NeedFields(problem=demo.text, industry=demo.industry)
    completion = demo.completion
    if completion is None:
        return base
    return NeedFields(
        problem=demo.text,
        industry=demo.industry,
        title=completion.title,
        scenario=completion.scenario,
        baselines=[
            BaselineFields(
                metric=line["metric"],
                value=line["value"],
                unit=line["unit"],
                period=line["period"],
                how=BaselineHow(line["how"]),
            )
            for line in completion.baselines
        ],
        baseline_note="；".join(f"{line['metric']}：{line['how_known']}" for line in completion.baselines),
        budget_min_fen=wan_to_fen(completion.budget_min_wan),
        budget_max_fen=wan_to_fen(completion.budget_max_wan),
        fund_sources=[FundSource(code) for code in completion.fund_sources],
        wanted_days=completion.wanted_within_days,
        urgency=Urgency(completion.urgency),
        conditions=completion.condition_fields,
        conditions_note="；".join(completion.conditions),
        confidentiality=Confidentiality(completion.confidentiality),
    )
