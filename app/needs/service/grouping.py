"""共性需求: suggesting groups, the staff's word on them, the firms' own."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.core import audit, clock
from app.core.errors import Conflict, EditConflict, Forbidden, Invalid
from app.core.permissions import SYSTEM, Actor, Permission, require, require_in_person
from app.needs import grouping, queries, rule
from app.needs.models import GroupState, MemberState, Need, NeedGroup, NeedGroupMember
from app.needs.service import news
from app.reference import queries as reference
from search.analysis.normalise import normalise
from search.analysis.tokens import Tokeniser
from search.types import Lexicon

audit.register_name("needs.group.suggested", "找出共性需求")
audit.register_name("needs.group.confirmed", "确认共性需求并邀请企业")
audit.register_name("needs.group.renamed", "共性需求改名")
audit.register_name("needs.group.split", "拆分共性需求")
audit.register_name("needs.group.ended", "结束共性需求")
audit.register_name("needs.group.joined", "企业加入共性需求")
audit.register_name("needs.group.declined", "企业不加入共性需求")
audit.register_name("needs.group.left", "企业退出共性需求")

TITLE = 60
LIVE = (GroupState.suggested, GroupState.open)
ASKED = (MemberState.invited, MemberState.joined, MemberState.declined, MemberState.left)


@dataclass(frozen=True, slots=True)
class Found:
    """What the computer would group: new clusters, and needs that fit into standing groups (by group)."""

    clusters: tuple[grouping.Cluster, ...]
    fitting: dict[uuid.UUID, tuple[grouping.Item, ...]]


def find_groups(session: Session) -> Found:
    """Compare the public needs with each other and with the open groups; reads only, seconds with thousands."""
    rules = rule.load_rules(session)
    vocabulary = Vocabulary(reference.build_lexicon(session))
    items = [_item(need, vocabulary) for need in queries.list_groupable(session)]
    fitting: dict[uuid.UUID, tuple[grouping.Item, ...]] = {}
    for group in queries.list_groups(session, state=GroupState.open):
        fits = [
            item
            for item in items
            if grouping.joins(
                item, group.words, scenario=group.scenario_code, pain_point=group.pain_point_code
            )
        ]
        if fits:
            fitting[group.id] = tuple(fits)
            items = [item for item in items if item not in fits]
    clusters = grouping.find_clusters(
        items, least=int(rules[rule.GROUP_LEAST]), alike=int(rules[rule.GROUP_ALIKE])
    )
    return Found(tuple(clusters), fitting)


def suggest_groups(session: Session, found: Found) -> dict[str, int]:
    """Write what was found, as far as it still holds; bears repetition."""
    rows = {need.id: need for need in queries.list_groupable(session)}
    added = made = 0
    for group in queries.list_groups(session, state=GroupState.open):
        for item in found.fitting.get(group.id, ()):
            if item.need_id in rows:
                _add_member(session, group, rows[item.need_id], item)
                added += 1
    known = queries.list_fingerprints(session, [cluster.fingerprint for cluster in found.clusters])
    names = {row.code: row.name for row in reference.list_pain_points(session, include_retired=True)}
    names |= {row.code: row.name for row in reference.list_scenarios(session)}
    for cluster in found.clusters:
        if cluster.fingerprint in known or not all(item.need_id in rows for item in cluster.items):
            continue
        group = NeedGroup(
            id=uuid.uuid4(),
            title=names.get(cluster.pain_point or cluster.scenario_code or "", "共性需求")[:TITLE],
            scenario_code=cluster.scenario_code,
            pain_point_code=cluster.pain_point,
            words=list(cluster.words),
            fingerprint=cluster.fingerprint,
        )
        session.add(group)
        session.flush()
        for item in cluster.items:
            _add_member(session, group, rows[item.need_id], item)
        audit.record(
            session,
            SYSTEM,
            "needs.group.suggested",
            kind="need_group",
            object_id=group.id,
            data={"needs": len(cluster.items)},
        )
        made += 1
    session.flush()
    return {"groups": made, "added": added}


class Vocabulary:
    """Finds the dictionary's workshop words in a text, synonyms as the first word of their group; other words say too little."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._plain: dict[str, str] = {normalise(word): word for word in (*lexicon.words, *lexicon.terms)}
        for first, *others in lexicon.synonyms:
            self._plain |= {normalise(word): first for word in (first, *others)}
        self._tokeniser = Tokeniser((*lexicon.words, *lexicon.terms))

    def words_of(self, text: str) -> frozenset[str]:
        cut = self._tokeniser.cut(normalise(text))
        return frozenset(self._plain[word] for word in cut if word in self._plain)


def _item(need: Need, vocabulary: Vocabulary) -> grouping.Item:
    return grouping.Item(
        need_id=need.id,
        organisation_id=need.organisation_id,
        scenario_code=need.scenario_code,
        pain_points=tuple(need.pain_point_codes),
        industry=need.industry_code[:3] if need.industry_code else None,
        district=need.district_slug,
        words=vocabulary.words_of(f"{need.title}\n{need.problem}"),
    )


def _add_member(session: Session, group: NeedGroup, need: Need, item: grouping.Item) -> None:
    session.add(
        NeedGroupMember(
            id=uuid.uuid4(),
            group_id=group.id,
            need_id=need.id,
            organisation_id=need.organisation_id,
            words=[word for word in group.words if word in item.words],
        )
    )


def confirm_group(
    session: Session, actor: Actor, *, group_id: uuid.UUID, version: int, title: str
) -> NeedGroup:
    """Open a suggested group and ask each of its firms; on an open one, ask those that were found since."""
    group = _managed(session, actor, group_id, version, LIVE)
    _name(group, title)
    if group.state is GroupState.suggested:
        group.state, group.confirmed_at = GroupState.open, clock.now()
    group.decided_by = actor.user_id
    group.version += 1
    asked = 0
    for row in queries.list_members(session, group.id):
        if row.member.state is MemberState.found:
            row.member.state, row.member.invited_at = MemberState.invited, clock.now()
            news.tell_owner(
                session,
                row.need,
                "needs.group.invited",
                mark=group.id,
                group=group.title,
                group_id=str(group.id),
            )
            asked += 1
    _record(session, actor, group, "needs.group.confirmed", asked=asked)
    return group


def rename_group(
    session: Session, actor: Actor, *, group_id: uuid.UUID, version: int, title: str
) -> NeedGroup:
    group = _managed(session, actor, group_id, version, LIVE)
    _name(group, title)
    group.version += 1
    _record(session, actor, group, "needs.group.renamed")
    return group


def split_group(
    session: Session,
    actor: Actor,
    *,
    group_id: uuid.UUID,
    version: int,
    need_ids: Sequence[uuid.UUID],
    title: str,
) -> NeedGroup:
    """Move some needs to a new suggested group; who agreed to stand in the old one is asked anew. Returns the new group."""
    group = _managed(session, actor, group_id, version, LIVE)
    rows = queries.list_members(session, group.id)
    moved = [row for row in rows if row.need.id in set(need_ids)]
    if len(moved) < 2 or len(rows) - len(moved) < 2:
        raise Invalid({"need_ids": "拆开后每边至少要有两条需求"})
    moment = clock.now()
    mark = grouping.fingerprint(row.need.id for row in moved)
    if queries.list_fingerprints(session, [mark]):
        raise Conflict("这几条以前单独成过一组，不再重复建")
    fresh = NeedGroup(
        id=uuid.uuid4(),
        title=group.title,
        scenario_code=group.scenario_code,
        pain_point_code=group.pain_point_code,
        words=[word for word in group.words if all(word in row.member.words for row in moved)],
        fingerprint=mark,
    )
    _name(fresh, title)
    session.add(fresh)
    for row in moved:
        row.member.state, row.member.ended_at = MemberState.removed, moment
    session.flush()
    for row in moved:
        session.add(
            NeedGroupMember(
                id=uuid.uuid4(),
                group_id=fresh.id,
                need_id=row.need.id,
                organisation_id=row.need.organisation_id,
                words=[word for word in fresh.words if word in row.member.words],
            )
        )
    group.version += 1
    _record(session, actor, group, "needs.group.split", to=str(fresh.id), needs=len(moved))
    session.flush()
    return fresh


def end_group(session: Session, actor: Actor, *, group_id: uuid.UUID, version: int, reason: str) -> NeedGroup:
    """Dismiss a suggestion or close an open group, with a reason; asked firms are told of a closed one."""
    group = _managed(session, actor, group_id, version, LIVE)
    if len(reason) < 2:
        raise Invalid({"reason": "写一句为什么"})
    was_open = group.state is GroupState.open
    group.state = GroupState.closed if was_open else GroupState.dismissed
    group.reason, group.decided_by = reason, actor.user_id
    group.version += 1
    for row in queries.list_members(session, group.id):
        if was_open and row.member.state in {MemberState.invited, MemberState.joined}:
            news.tell_owner(
                session,
                row.need,
                "needs.group.closed",
                mark=group.id,
                group=group.title,
                group_id=str(group.id),
            )
    for member in group.members:
        member.ended_at = member.ended_at or clock.now()
    _record(session, actor, group, "needs.group.ended", state=group.state.value)
    return group


def answer_invitation(
    session: Session, actor: Actor, *, group_id: uuid.UUID, need_id: uuid.UUID, join: bool
) -> NeedGroupMember:
    """Join a group by name, decline, or leave again at any time; only the firm's own people may agree.

    Raises:
        Conflict: the group is over.
        Forbidden: the firm has no need in it, or was not asked.

    """
    if join:
        require_in_person(actor, "替企业同意公开厂名")
    group = queries.get_group_for_change(session, actor, group_id)
    require(actor, Permission.needs_group_join)
    member = next(
        (
            row
            for row in group.members
            if row.need_id == need_id
            and row.organisation_id == actor.organisation_id
            and row.state in ASKED
            and row.ended_at is None
        ),
        None,
    )
    if group.state is not GroupState.open:
        raise Conflict("这一组已经结束")
    if member is None:
        raise Forbidden("您的需求不在这一组里")
    before = member.state
    if join:
        member.state, name = MemberState.joined, "needs.group.joined"
    elif before is MemberState.joined:
        member.state, name = MemberState.left, "needs.group.left"
    else:
        member.state, name = MemberState.declined, "needs.group.declined"
    if member.state is before:
        return member
    member.answered_at, member.answered_by = clock.now(), actor.user_id
    audit.record(session, actor, name, kind="need", object_id=need_id, data={"group": str(group.id)})
    if join:
        for row in queries.list_joined(session, group.id):
            if row.member.id != member.id:
                news.tell_owner(
                    session,
                    row.need,
                    "needs.group.joined",
                    mark=f"{group.id}:{member.id}:{member.answered_at.isoformat()}",
                    group=group.title,
                    group_id=str(group.id),
                )
    session.flush()
    return member


def leave_groups(session: Session, need: Need) -> None:
    """Take a need that ended out of its group; its firm is named there no more."""
    for member in queries.list_live_memberships(session, need.id):
        member.state, member.ended_at = MemberState.left, clock.now()


def _managed(
    session: Session, actor: Actor, group_id: uuid.UUID, version: int, states: Sequence[GroupState]
) -> NeedGroup:
    group = queries.get_group_for_change(session, actor, group_id)
    require(actor, Permission.needs_group_manage, group)
    if group.state not in states:
        raise Conflict("这一组已经结束")
    if group.version != version:
        raise EditConflict(
            yours={"version": version},
            theirs={"version": group.version, "state": group.state.value},
            message="这一组刚被同事改过，请看过再继续",
        )
    return group


def _name(group: NeedGroup, title: str) -> None:
    if not 2 <= len(title) <= TITLE:
        raise Invalid({"title": f"名字写 2–{TITLE} 个字，例如：冲床夜班停机没人知道"})
    group.title = title


def _record(session: Session, actor: Actor, group: NeedGroup, name: str, **data: object) -> None:
    audit.record(session, actor, name, kind="need_group", object_id=group.id, data=dict(data))
    session.flush()
