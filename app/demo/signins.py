"""The demo sign-ins: one per role, with a password that this installation generated for itself."""

import base64
import hashlib
from dataclasses import dataclass

import pyotp

from app.core import clock
from app.core.permissions import PLATFORM_ROLES, Role
from app.core.settings import Settings, development_secret

DOMAIN = "demo.example"


@dataclass(frozen=True, slots=True)
class SignIn:
    """`organisation` is the key of a demo organisation, `district` the slug of a district officer."""

    login: str
    name: str
    label: str
    role: Role
    organisation: str | None = None
    district: str | None = None


SIGN_INS: tuple[SignIn, ...] = (
    SignIn(f"qiye@{DOMAIN}", "示例·周厂长", "企业成员", Role.member, organisation="E10"),
    SignIn(f"qiye-admin@{DOMAIN}", "示例·周老板", "企业管理员", Role.organisation_admin, organisation="E10"),
    SignIn(f"fuwushang@{DOMAIN}", "示例·吴经理", "服务商", Role.organisation_admin, organisation="V01"),
    SignIn(f"jigou@{DOMAIN}", "示例·郑顾问", "第三方机构", Role.organisation_admin, organisation="V18"),
    SignIn(f"jinrong@{DOMAIN}", "示例·王经理", "金融机构", Role.organisation_admin, organisation="V45"),
    SignIn(f"shenhe@{DOMAIN}", "示例·冯审核", "中心审核员", Role.reviewer),
    SignIn(f"yunying@{DOMAIN}", "示例·陈运营", "中心运营员", Role.operator),
    SignIn(f"quxian@{DOMAIN}", "示例·褚科长", "区县（璧山区）", Role.district_officer, district="bishan"),
    SignIn(f"shiji@{DOMAIN}", "示例·卫处长", "市级专班", Role.city_officer),
    SignIn(f"xitong@{DOMAIN}", "示例·蒋工", "系统管理员", Role.system_admin),
    SignIn(f"anquan@{DOMAIN}", "示例·沈工", "安全管理员", Role.security_admin),
    SignIn(f"shenji@{DOMAIN}", "示例·韩工", "审计员", Role.auditor),
)


def password(settings: Settings) -> str:
    """Return this installation's demo password (made once, kept 0600 in the data folder)."""
    secret = development_secret(settings.data_dir, "demo_password")
    text = base64.b32encode(hashlib.sha256(secret.encode()).digest()).decode().lower()
    return "-".join(text[start : start + 4] for start in (0, 4, 8, 12))


def with_second_factor() -> tuple[SignIn, ...]:
    """Return the sign-ins that must give a second proof."""
    return tuple(each for each in SIGN_INS if each.role in PLATFORM_ROLES)


def totp_secret(settings: Settings, login: str) -> str:
    """Return the second factor's secret of a demo sign-in, of this installation only."""
    secret = development_secret(settings.data_dir, "demo_totp")
    return base64.b32encode(hashlib.sha256(f"{secret}:{login}".encode()).digest()[:20]).decode()


def code_now(settings: Settings, login: str) -> str:
    """Return the six digits that stand in the demo person's authenticator now."""
    return pyotp.TOTP(totp_secret(settings, login)).at(clock.now())


def lines(settings: Settings) -> list[str]:
    """Return what `make run` prints in development: who may sign in, and the one password."""
    shown = [f"示例账号（密码都是 {password(settings)}，只在本机生成）："]
    second = {each.login for each in with_second_factor()}
    shown.extend(f"{each.login:<26}{each.label}{' *' if each.login in second else ''}" for each in SIGN_INS)
    shown.append("* 还要动态码：打开页面上提示的 /dev/codes，或运行 funeng totp")
    return shown
