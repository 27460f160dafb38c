"""What makes a password good enough, in both profiles (RELIABILITY S1, S2)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise
from threading import Lock
from typing import Any

import pytest
from argon2 import PasswordHasher, extract_parameters
from fastapi import FastAPI

from app.accounts import passwords, queries
from app.accounts.common_passwords import is_common
from app.accounts.models import User
from app.core import clock, security
from app.core.permissions import PLATFORM_ROLES, Role
from app.core.settings import PasswordProfile
from tests.factories.accounts import PASSWORD, actor_of, make_user, sign_in
from tests.services.client import Client

DENGBAO, ASVS = PasswordProfile.dengbao, PasswordProfile.asvs
PLACE = "/account/password"


def use(app: FastAPI, profile: PasswordProfile) -> None:
    """Change the installation's profile, for the process and for its database's sessions."""
    runtime = app.state.runtime
    accounts = runtime.settings.accounts.model_copy(update={"password_profile": profile})
    runtime.settings.accounts = accounts


def change(client: Client, current: str, password: str) -> Any:
    return client.submit(PLACE, {"current": current, "password": password})


@pytest.mark.parametrize(
    "password",
    [
        # among the most common of published lists, or made of them by the usual habits
        "password12", "Password123!", "P@ssw0rd2024", "passw0rd!!", "qwertyuiop", "qwerty12345", "1qaz2wsx3edc",
        "1q2w3e4r5t6y", "zaq12wsxcde3", "asdfghjkl1", "zxcvbnm123", "abcd1234abcd", "abc123abc123", "iloveyou123",
        "welcome2024", "letmein1234", "admin123456", "administrator", "Admin@2025!", "superman12", "football2020",
        "1234567890", "0987654321", "11223344556", "1111111111a", "aaaaaaaaaa1", "12345qwert", "!@#$%^&*()",
        "woaini1314520", "woaini1314", "5201314520", "zhangwei1990", "wang123456", "liu19900101", "a1b2c3d4e5",
        "13800138000", "8613800138000", "19900101abc", "2024-01-01aa", "1990年1月1日", "qazwsxedc123", "q1w2e3r4t5",
        "funeng2026", "Funeng@2026", "赋能汇2026赋能汇", "chongqing2026", "我的密码是密码", "管理员密码123456", "重庆工厂2026",
        "fuwushang123", "beijing2008!", "letmeinletmein", "abcabcabcabc", "９９９９９９９９９９", "ｐａｓｓｗｏｒｄ１２",
    ],
)  # fmt: skip
def test_what_everybody_tries_first_is_refused(password: str):
    assert is_common(password)
    with pytest.raises(ValueError, match="太常见"):
        passwords.check_password(password.ljust(10, "1"))


@pytest.mark.parametrize(
    "password",
    [
        "三号冲床2026夜班Ok", "五金车间10月夜班Ok开始记数", "correct horse battery staple", "Tz7#kWq9!mRx", "午休后先看液压站压力",
        "the lathe hums at noon", "老厂房的梧桐又落叶了", "x9Kd-2mQv-7Lp", "plutonium-kettle-42", "春分那天换的主轴轴承",
    ],
)  # fmt: skip
def test_control_what_nobody_tries_is_taken(password: str):
    assert passwords.check_password(password) == password


@pytest.mark.parametrize(
    ("password", "count"),
    [
        ("abc", 1),
        ("abcD", 2),
        ("abcD1", 3),
        ("abcD1!", 4),
        ("abcD1!车", 5),
        ("车间", 1),
        ("车间a1", 3),
        (" ", 1),
        ("", 0),
    ],
)
def test_classes_of_characters(password: str, count: int):
    assert passwords.classes(password) == count


@pytest.mark.parametrize(
    ("password", "dengbao", "asvs"),
    [
        ("午休后先看液压站的压力", False, True),
        ("the lathe hums at noon", False, True),
        ("the Lathe hums at noon", True, True),
        ("午休后先看7号液压站a", True, True),
        ("Tz7kWq9mRx", True, True),
        ("短Aa1", False, False),
        ("x" * 129, False, False),
        ("Password123!", False, False),
    ],
)
def test_the_two_profiles(password: str, dengbao: bool, asvs: bool):
    for profile, good in ((DENGBAO, dengbao), (ASVS, asvs)):
        try:
            passwords.check_new(password, minimum=10, profile=profile)
        except ValueError:
            assert not good, profile
        else:
            assert good, profile


@pytest.mark.parametrize(("length", "good"), [(9, False), (10, True), (128, True), (129, False)])
def test_lengths(length: int, good: bool):
    password = ("Kj7!" + "".join(chr(0x4E00 + number * 37) for number in range(200)))[:length]
    if good:
        assert passwords.check_password(password) == password
    else:
        with pytest.raises(ValueError, match="位"):
            passwords.check_password(password)


@pytest.mark.parametrize("role", [None, *sorted(PLATFORM_ROLES)])
def test_whoever_works_for_the_platform_needs_twelve(role: Role | None):
    actor = actor_of(User(name="示例"), *([role] if role else []))
    assert passwords.least_password(actor) == (12 if role else 10)


class TestInUse:
    def test_dengbao_remembers_the_last_five(self, client: Client):
        user = make_user(client.session)
        sign_in(client, user)
        used = [PASSWORD, *(f"第{number}句新话Ok很长的" for number in range(2, 7))]
        for old, new in pairwise(used):
            assert change(client, old, new).status_code == 303
        for again in used[1:5]:
            answer = change(client, used[5], again)
            assert (answer.status_code, "不能和最近 5 个相同" in answer.text) == (422, True)
        assert len(queries.list_past_passwords(client.session, user.id)) == 5
        assert change(client, used[5], used[0]).status_code == 303  # six changes ago

    def test_asvs_remembers_nothing_and_asks_for_no_classes(self, client: Client, app: FastAPI):
        use(app, ASVS)
        user = make_user(client.session)
        sign_in(client, user)
        assert "不必有符号" in client.get(PLACE).text
        assert change(client, PASSWORD, "午休后先看液压站的压力").status_code == 303
        assert change(client, "午休后先看液压站的压力", PASSWORD).status_code == 303
        assert queries.list_past_passwords(client.session, user.id) == []

    def test_the_page_says_the_rule(self, client: Client):
        sign_in(client, make_user(client.session, Role.reviewer))
        assert "至少 12 位，大写、小写、数字、符号、汉字里至少有三种" in client.get(PLACE).text
        client.cookies.clear()
        assert "至少 10 位，大写" in client.get("/register").text

    @pytest.mark.parametrize("role", sorted(PLATFORM_ROLES))
    def test_after_ninety_days_whoever_works_for_the_platform_changes_it_first(
        self, client: Client, role: Role
    ):
        user = make_user(client.session, role)
        with clock.frozen(clock.now() + timedelta(days=89)):
            sign_in(client, user)
            assert client.get("/search").status_code == 200
        with clock.frozen(clock.now() + timedelta(days=90, minutes=1)):
            sign_in(client, user)
            assert client.get("/search?q=x").headers["location"] == f"{PLACE}?next=/search%3Fq%3Dx"
            refused = client.get("/api/v1/search?q=x")
            assert refused.status_code == 403
            assert refused.json()["error"]["code"] == "password_expired"
            assert "密码用了 90 天" in client.get(PLACE).text
            answer = client.submit(
                f"{PLACE}?next=/search", {"current": PASSWORD, "password": f"{PASSWORD}新"}, action=PLACE
            )
            assert answer.headers["location"] == "/search"
            assert client.get("/search").status_code == 200

    def test_members_and_asvs_know_no_end(self, client: Client, app: FastAPI):
        member, staff = make_user(client.session), make_user(client.session, Role.reviewer)
        with clock.frozen(clock.now() + timedelta(days=400)):
            sign_in(client, member)
            assert client.get("/search").status_code == 200
            use(app, ASVS)
            sign_in(client, staff)
            assert client.get("/search").status_code == 200

    def test_a_wrong_password_hears_nothing_about_earlier_ones(self, client: Client):
        sign_in(client, make_user(client.session))
        assert change(client, PASSWORD, f"{PASSWORD}2").status_code == 303
        answer = change(client, "不是这个密码不是", PASSWORD)
        assert answer.status_code == 422
        assert "相同" not in answer.text


class TestStorage:
    def test_argon2id_with_our_figures(self):
        figures = extract_parameters(security.hash_password(PASSWORD))
        assert (figures.type.name, figures.memory_cost, figures.time_cost, figures.parallelism) == (
            "ID",
            19 * 1024,
            2,
            1,
        )

    def test_an_older_hash_is_renewed_at_the_next_sign_in(self, client: Client):
        user = make_user(client.session, login="old@example.cn")
        weak = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(PASSWORD)
        queries.get_user(client.session, user.id).password_hash = weak
        assert client.submit("/sign-in", {"login": "old@example.cn", "password": PASSWORD}).status_code == 303
        stored = queries.get_user(client.session, user.id).password_hash
        assert stored != weak
        assert security.verify_password(stored, PASSWORD)
        assert not security.needs_rehash(stored)

    def test_at_most_four_hashes_at_once(self, monkeypatch: pytest.MonkeyPatch):
        running, most, lock = 0, 0, Lock()
        plain = security._hasher

        class Counting:
            def verify(self, stored: str, password: str) -> bool:
                nonlocal running, most
                with lock:
                    running += 1
                    most = max(most, running)
                try:
                    return plain.verify(stored, password)
                finally:
                    with lock:
                        running -= 1

        stored = security.hash_password(PASSWORD)
        monkeypatch.setattr(security, "_hasher", Counting())
        with ThreadPoolExecutor(12) as pool:
            assert all(pool.map(lambda _: security.verify_password(stored, PASSWORD), range(24)))
        assert 1 < most <= 4
