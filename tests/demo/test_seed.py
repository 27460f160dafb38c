"""Seeding: everything through the rooms' commands, the same after a second run, refused in production."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from app import routes
from app.accounts import queries as accounts
from app.core.errors import Forbidden
from app.core.outbox import OutboxRow
from app.core.permissions import ANONYMOUS
from app.core.runtime import Runtime
from app.core.security import verify_password
from app.core.settings import Settings
from app.demo import data, seed, signins
from app.demo.people import KEEPER
from app.indexing.sources import SOURCES
from app.needs.models import Need, NeedState
from app.offerings import queries as offerings
from app.offerings.models import Offering, OfferingReview, OfferingState, ReviewDecision
from app.organisations.models import Organisation, OrganisationState, Origin
from app.runtime import build_runtime
from search.schema import problem_of
from search.types import Lexicon
from tests.services import databases

TABLES = (
    "users",
    "memberships",
    "organisations",
    "organisation_verifications",
    "organisation_sizes",
    "pool_entries",
    "pool_steps",
    "offerings",
    "offering_packages",
    "offering_components",
    "offering_cases",
    "offering_reviews",
    "needs",
    "need_baselines",
    "need_reviews",
    "outbox",
    "audit_events",
    "messages",
)


def quiet(_done: int, _total: int, _text: str) -> None:
    return


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    folder: Path = tmp_path_factory.mktemp("demo")
    routes.load_hooks()
    settings = Settings(
        env="test",
        data_dir=folder,
        database_url=databases.new_sqlite(folder),
        secret_key="only-for-tests-0123456789-abcdefghij",
    )
    opened = build_runtime(settings)
    assert seed.is_empty(opened)
    seed.seed_demo(opened, quiet)
    yield opened
    opened.engine.close()
    opened.database.dispose()


def counts(runtime: Runtime) -> dict[str, int]:
    with runtime.database.reading() as session:
        return {name: session.execute(text(f"SELECT count(*) FROM {name}")).scalar() or 0 for name in TABLES}


def test_a_second_run_changes_nothing(runtime: Runtime):
    before = counts(runtime)
    assert not seed.is_empty(runtime)
    seed.seed_demo(runtime, quiet)
    assert counts(runtime) == before


def test_progress_reaches_its_end(runtime: Runtime):
    seen: dict[str, tuple[int, int]] = {}
    seed.seed_demo(runtime, lambda done, total, what: seen.update({what: (done, total)}))
    assert set(seen) == {"示例机构", "示例规模和服务商池", "示例供给", "示例需求"}
    assert all(done == total for done, total in seen.values())


def test_organisations_are_marked_and_some_wait(runtime: Runtime):
    with runtime.database.reading() as session:
        rows = session.scalars(select(Organisation)).all()
        assert len(rows) == len(data.organisations())
        for row in rows:
            assert row.origin is Origin.demo
            assert row.credit_code[2:8] == "509999"
            assert row.name.endswith("（示例）")
        assert sum(row.state is OrganisationState.unverified for row in rows) == 7


def test_all_offerings_are_listed_after_a_review(runtime: Runtime):
    with runtime.database.reading() as session:
        rows = session.scalars(select(Offering)).all()
        submitted = session.scalar(
            select(func.count(func.distinct(OfferingReview.offering_id))).where(
                OfferingReview.decision == ReviewDecision.submitted
            )
        )
        queue = offerings.list_queue(session)
        visible = session.scalars(offerings.visible_to(ANONYMOUS)).all()
        assert len(rows) == 384
        assert all(row.state is OfferingState.listed and row.origin == "demo" for row in rows)
        assert submitted is not None
        assert submitted >= 300
        assert len(queue) >= 4
        assert len(visible) == 384


def test_needs_are_published_held_and_drafted(runtime: Runtime):
    with runtime.database.reading() as session:
        rows = session.scalars(select(Need)).all()
        states = [row.state for row in rows]
        assert states.count(NeedState.published) == 64
        assert states.count(NeedState.held) >= 15
        assert states.count(NeedState.draft) >= 90
        assert all(row.origin == "demo" for row in rows)
        assert len({row.case_number for row in rows}) == 192
        for row in rows:
            if row.state is NeedState.published:
                assert row.gate_score is not None
                assert row.gate_score >= 13
                assert all(line["points"] > 0 for line in row.gate_lines)


def test_every_indexed_row_stands_in_the_outbox(runtime: Runtime):
    with runtime.database.reading() as session:
        waiting = {(row.kind, row.object_id) for row in session.scalars(select(OutboxRow))}
        for source in SOURCES.values():
            ids = source.ids(session, None, 1000)
            if source.kind in {"offering", "need"}:
                assert {(source.kind, object_id) for object_id in ids} <= waiting
            for document in source.load(session, ids):
                assert problem_of(document) == "", document.key


def test_the_sign_ins_work_and_the_keeper_has_none(runtime: Runtime):
    password = signins.password(runtime.settings)
    with runtime.database.reading() as session:
        for each in signins.SIGN_INS:
            user = accounts.find_user_by_login(session, each.login)
            assert user is not None
            assert verify_password(user.password_hash, password), each.login
            assert not verify_password(user.password_hash, "another")
        keeper = accounts.find_user_by_login(session, KEEPER)
        assert keeper is not None
        for guess in ("", "!", password):
            assert not verify_password(keeper.password_hash, guess)


def test_load_offerings_are_varied_and_indexed(runtime: Runtime):
    before = counts(runtime)
    seed.seed_load(runtime, 30, quiet)
    after = counts(runtime)
    assert after["offerings"] == before["offerings"] + 30
    with runtime.database.reading() as session:
        titles = session.scalars(select(Offering.title)).all()
        assert not session.scalar(select(func.count(OutboxRow.id)).where(OutboxRow.reason == "load test"))
    assert len(set(titles)) >= 384 + 29
    assert runtime.engine.health().documents >= 414


def test_beside_a_running_server_the_outbox_keeps_the_rows(runtime: Runtime):
    """Another process holds the index: the offerings are in, its worker will find them in the outbox."""
    runtime.engine.begin_rebuild(Lexicon()).abandon()  # this process is the index's writer from here on
    other = build_runtime(runtime.settings)
    seed.seed_load(other, 5, quiet)
    other.engine.close()
    other.database.dispose()
    with runtime.database.reading() as session:
        waiting = session.scalar(select(func.count(OutboxRow.id)).where(OutboxRow.reason == "load test"))
    assert waiting == 5


def test_production_refuses(tmp_path: Path):
    settings = Settings(
        env="production",
        data_dir=tmp_path,
        secret_key="a real secret of an installation 0123456789",
    )
    opened = build_runtime(settings)
    with pytest.raises(Forbidden):
        seed.seed_demo(opened, quiet)
    with pytest.raises(Forbidden):
        seed.seed_load(opened, 10, quiet)
    opened.engine.close()
    opened.database.dispose()
