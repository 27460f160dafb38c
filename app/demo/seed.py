"""Put the demo data in: repeatable, through the rooms' own commands, refused in production."""

from app.core.errors import Forbidden
from app.core.runtime import Runtime
from app.demo import data, load
from app.demo.enquiring import seed_enquiries
from app.demo.listings import seed_offerings
from app.demo.people import Progress, seed_people
from app.demo.posting import seed_needs
from app.demo.standing import seed_standing
from app.organisations import queries as organisations


def is_empty(runtime: Runtime) -> bool:
    """Return whether the demo data have never been put in."""
    first = data.organisations()[0]
    with runtime.database.reading() as session:
        return organisations.find_by_code(session, first.credit_code) is None


def refuse_in_production(runtime: Runtime) -> None:
    if runtime.settings.is_production:
        raise Forbidden("生产环境不载入示例数据", hint="请在 FUNENG_ENV=development 的试用环境里载入")


def seed_demo(runtime: Runtime, progress: Progress) -> None:
    """Put in whatever of the demo data is missing; a second run changes nothing."""
    refuse_in_production(runtime)
    cast = seed_people(runtime, progress)
    seed_standing(runtime, cast, progress)
    seed_offerings(runtime, cast, progress)
    seed_needs(runtime, cast, progress)
    seed_enquiries(runtime, cast, progress)


def seed_load(runtime: Runtime, number: int, progress: Progress) -> None:
    """Add `number` varied offerings for load tests and bring the index up to date.

    While a server runs, its worker catches up from the outbox; `funeng reindex` is quicker.
    """
    refuse_in_production(runtime)
    cast = seed_people(runtime, progress)
    load.seed_offerings(runtime, cast, number, progress)
    load.rebuild(runtime, progress)
