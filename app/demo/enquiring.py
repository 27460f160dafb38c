"""Demo enquiries in several states, sent and answered through the room's own commands."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.core import clock
from app.core.pagination import MAX_SIZE, PageRequest
from app.core.permissions import Actor
from app.core.runtime import Runtime
from app.deals import queries, service
from app.deals.models import Enquiry
from app.demo.people import ORIGIN, Cast, Progress
from app.needs import queries as needs
from app.needs.models import Confidentiality, Need, NeedState
from app.offerings import queries as offerings
from app.offerings.models import OfferingState


@dataclass(frozen=True, slots=True)
class Scene:
    """Who meets whom about what: `with_need` the firm's first published need; `then` what follows, step by step.

    A step is `(hours later, who, what, words or code)`: `accept`, `share`, `decline`, `say`, `help` or `run_out`.
    """

    firm: str
    vendor: str
    forward: bool
    message: str
    days_ago: float
    with_need: bool = True
    offering: int = 0
    then: tuple[tuple[float, str, str, str], ...] = ()


SCENES: tuple[Scene, ...] = (
    Scene(
        "E10",
        "V01",
        True,
        "示例：改一个零件要翻三本台账，才知道影响哪些机型。您家的软件能不能直接列出来？我们有 600 多张图。",
        1.2,
        offering=3,
    ),
    Scene(
        "E10",
        "V02",
        False,
        "示例：我们给同样做专用设备的厂装过，先把物料和图号对上，两周能列出受影响的机型。",
        2.6,
        then=(
            (5, "firm", "accept", "示例：先说说两周里我们要出几个人？"),
            (1, "firm", "share", ""),
            (3, "vendor", "say", "示例：出一个懂图号的工艺员，每天两小时就够，其余我们来。"),
            (1, "vendor", "share", ""),
            (20, "firm", "say", "示例：可以。请报一下一次性的费用和每年的费用，分开写。"),
        ),
    ),
    Scene(
        "E10",
        "V03",
        False,
        "示例：我们的做法是在改图流程里加一步，改完自动提醒在手订单，三周上线，不停产。",
        2.2,
    ),
    Scene(
        "E01",
        "V01",
        True,
        "示例：机床仿真能不能先用我们一个零件试一次？撞刀一次要停半天。",
        9,
        with_need=False,
        offering=1,
        then=(
            (20, "vendor", "accept", "示例：可以，发一个不保密的零件来，三天给您看结果。"),
            (4, "firm", "say", "示例：图已经准备好，周四发。"),
        ),
    ),
    Scene(
        "E02",
        "V01",
        True,
        "示例：我们只有 30 个人，您家这套是不是太重了？",
        12,
        with_need=False,
        offering=2,
        then=((30, "vendor", "decline", "scope"),),
    ),
    Scene(
        "E16",
        "V01",
        True,
        "示例：仓库里找料要半小时，手机上能不能直接看在哪一格？",
        6,
        with_need=False,
        offering=4,
    ),
    Scene(
        "E40",
        "V04",
        True,
        "示例：想把老师傅的做法记下来，新人照着做，您家能做到哪一步？",
        10,
        with_need=False,
        then=((7 * 24 + 1, "vendor", "run_out", ""),),
    ),
    Scene(
        "E17",
        "V05",
        True,
        "示例：客户来问货，现在要问三个人才答得上，您家多久能上？",
        5,
        with_need=False,
        then=(
            (10, "vendor", "accept", ""),
            (30, "firm", "say", "示例：说好两天内给方案，还没看到。"),
            (24, "firm", "help", ""),
        ),
    ),
)


def seed_enquiries(runtime: Runtime, cast: Cast, progress: Progress) -> None:
    """Play the scenes once; each is one transaction. A second run finds them played."""
    with runtime.database.reading() as session:
        if queries.count_origin(session, ORIGIN):
            return
    for number, scene in enumerate(SCENES, 1):
        with runtime.database.writing() as session:
            _play(session, cast, scene)
        progress(number, len(SCENES), "示例意向")


def _play(session: Session, cast: Cast, scene: Scene) -> None:
    firm, vendor = cast.owners[scene.firm], cast.owners[scene.vendor]
    need = _need(session, firm, scene) if scene.with_need else None
    offering_id = _offering(session, vendor, scene.offering)
    if offering_id is None or (scene.with_need and need is None):
        return
    moment = clock.now() - timedelta(days=scene.days_ago)
    if need is not None and need.published_at is not None:
        moment = max(moment, need.published_at + timedelta(minutes=20))
    request = service.Request(scene.message)
    with clock.frozen(moment):
        if scene.forward:
            row = service.ask_vendor(
                session,
                firm,
                offering_id=offering_id,
                need_id=need.id if need else None,
                request=request,
                origin=ORIGIN,
            )
        elif need is not None:
            row = service.offer_on_need(
                session, vendor, need_id=need.id, offering_id=offering_id, request=request, origin=ORIGIN
            )
        else:
            return
    for hours, who, what, words in scene.then:
        moment = min(moment + timedelta(hours=hours), clock.now())
        _step(session, moment, firm if who == "firm" else vendor, row, what, words)


def _step(session: Session, moment: datetime, actor: Actor, row: Enquiry, what: str, words: str) -> None:
    with clock.frozen(moment):
        if what == "accept":
            service.accept_enquiry(
                session, actor, enquiry_id=row.id, version=row.version, share=False, message=words
            )
        elif what == "decline":
            service.decline_enquiry(session, actor, enquiry_id=row.id, version=row.version, code=words)
        elif what == "say":
            service.post_message(session, actor, enquiry_id=row.id, message=words)
        elif what == "share":
            service.share_contacts(session, actor, enquiry_id=row.id)
        elif what == "help":
            service.ask_help(session, actor, enquiry_id=row.id)
        else:
            service.fire_timer(session, enquiry_id=row.id)


def _need(session: Session, firm: Actor, scene: Scene) -> Need | None:
    """Return the firm's first published need; for a vendor's offer one that he may see."""
    found = needs.list_own(session, firm, PageRequest.of(1, MAX_SIZE))
    rows = [row for row in found.items if row.state is NeedState.published]
    if not scene.forward:
        rows = [row for row in rows if row.confidentiality is not Confidentiality.staff_only]
    return min(rows, key=lambda row: row.case_number, default=None)


def _offering(session: Session, vendor: Actor, number: int) -> uuid.UUID | None:
    found = offerings.list_own(
        session, vendor, state=OfferingState.listed, request=PageRequest.of(1, MAX_SIZE)
    )
    rows = sorted(found.items, key=lambda row: row.title)
    return rows[number % len(rows)].id if rows else None
