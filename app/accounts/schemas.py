import re
import unicodedata
import uuid
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from app.accounts.passwords import MIN_STAFF_PASSWORD, check_password
from app.core.permissions import Role
from app.core.scopes import Scope

MOBILE = re.compile(r"1[3-9]\d{9}")
EMAIL = re.compile(r"[^@\s]{1,64}@[a-z0-9](?:[a-z0-9-]{0,62}\.)+[a-z]{2,24}")


def normalise_login(value: str) -> str:
    """Return an e-mail in lower case or an 11-digit mobile number.

    Raises:
        ValueError: neither of the two, with an example.

    """
    text = unicodedata.normalize("NFKC", value).strip().lower()
    digits = re.sub(r"[\s-]", "", text).removeprefix("+86")
    if MOBILE.fullmatch(digits):
        return digits
    if EMAIL.fullmatch(text) and len(text) <= 254:
        return text
    raise ValueError("请填手机号（11 位）或邮箱，例如 13800000000 或 li@example.cn")


def named(value: str) -> str:
    """Return a person's name without blanks around it, or say that it is missing."""
    value = value.strip()
    if not value:
        raise ValueError("请填写您的姓名")
    return value


def agreed(value: bool) -> bool:
    """Return that the terms were agreed to, or say that they must be."""
    if not value:
        raise ValueError("请先阅读并同意用户协议和隐私政策")
    return value


class RegisterForm(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=40)
    login: str = Field(max_length=254)
    password: str
    agree: bool = Field(False, validate_default=True)
    next: str = Field("", max_length=300)

    @field_validator("name")
    @classmethod
    def _name(cls, value: str) -> str:
        return named(value)

    @field_validator("login")
    @classmethod
    def _login(cls, value: str) -> str:
        return normalise_login(value)

    @field_validator("password")
    @classmethod
    def _password(cls, value: str) -> str:
        return check_password(value)

    @field_validator("agree")
    @classmethod
    def _agree(cls, value: bool) -> bool:
        return agreed(value)


class SignInForm(BaseModel):
    model_config = ConfigDict(extra="forbid")

    login: str = Field(min_length=1, max_length=254)
    password: str = Field(min_length=1, max_length=400)
    next: str = Field("", max_length=300)

    def normal(self) -> str:
        """Return the login as stored; one of no known shape as it is, so that it fails like any other."""
        try:
            return normalise_login(self.login)
        except ValueError:
            return self.login.strip().lower()


class CityRegisterForm(BaseModel):
    """Registering with what the identity provider has proven."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=40)
    agree: bool = Field(False, validate_default=True)

    @field_validator("name")
    @classmethod
    def _name(cls, value: str) -> str:
        return named(value)

    @field_validator("agree")
    @classmethod
    def _agree(cls, value: bool) -> bool:
        return agreed(value)


class FirstAdminForm(BaseModel):
    model_config = ConfigDict(extra="forbid")

    token: str = Field(min_length=10, max_length=100)
    name: str = Field(min_length=1, max_length=40)
    login: str = Field(max_length=254)
    password: str

    @field_validator("login")
    @classmethod
    def _login(cls, value: str) -> str:
        return normalise_login(value)

    @field_validator("password")
    @classmethod
    def _password(cls, value: str) -> str:
        return check_password(value, minimum=MIN_STAFF_PASSWORD)


class CodeForm(BaseModel):
    """A code of the authenticator or a recovery code, as typed."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(min_length=1, max_length=40)
    next: str = Field("", max_length=300)


class EnrolForm(CodeForm):
    sealed: str = Field(min_length=1, max_length=600)


def _number(value: str) -> str:
    login = normalise_login(value)
    if "@" in login:
        raise ValueError("请填手机号（11 位），例如 13800000000")
    return login


Login = Annotated[str, Field(max_length=254), AfterValidator(normalise_login)]
Number = Annotated[str, Field(max_length=40), AfterValidator(_number)]


class LoginForm(BaseModel):
    model_config = ConfigDict(extra="forbid")

    login: Login


class NumberForm(BaseModel):
    model_config = ConfigDict(extra="forbid")

    login: Number
    next: str = Field("", max_length=300)


class NumberCodeForm(NumberForm):
    code: str = Field(min_length=1, max_length=20)


class NumberRegisterForm(BaseModel):
    """Registering with a number just proven; `proof` is sealed by us."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=40)
    agree: bool = Field(False, validate_default=True)
    proof: str = Field(max_length=400)
    next: str = Field("", max_length=300)

    @field_validator("name")
    @classmethod
    def _name(cls, value: str) -> str:
        return named(value)

    @field_validator("agree")
    @classmethod
    def _agree(cls, value: bool) -> bool:
        return agreed(value)


class ResetByCodeForm(BaseModel):
    model_config = ConfigDict(extra="forbid")

    login: Number
    code: str = Field(min_length=1, max_length=20)
    password: str = Field(min_length=1, max_length=400)


class ResetByLinkForm(BaseModel):
    model_config = ConfigDict(extra="forbid")

    token: str = Field(min_length=1, max_length=100)
    password: str = Field(min_length=1, max_length=400)


class LinkForm(BaseModel):
    model_config = ConfigDict(extra="forbid")

    token: str = Field(min_length=1, max_length=100)


class ContactForm(BaseModel):
    """A number or an address to prove; a new one comes with the password."""

    model_config = ConfigDict(extra="forbid")

    value: Login
    password: str = Field("", max_length=400)


class ContactCodeForm(BaseModel):
    model_config = ConfigDict(extra="forbid")

    value: Number
    code: str = Field(min_length=1, max_length=20)


class PasswordForm(BaseModel):
    model_config = ConfigDict(extra="forbid")

    current: str = Field("", max_length=400)
    password: str = Field("", max_length=400)
    next: str = Field("", max_length=300)


class RoleForm(BaseModel):
    model_config = ConfigDict(extra="forbid")

    role: Role
    district: str = Field("", max_length=80)


class TokenForm(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: str = Field(min_length=1, max_length=60)
    scopes: list[Scope] = Field(default_factory=list, max_length=20)
    days: int = Field(ge=1, le=365)


class AgreeForm(BaseModel):
    model_config = ConfigDict(extra="forbid")

    agree: bool = Field(default=False, validate_default=True)
    next: str = Field("", max_length=300)

    @field_validator("agree")
    @classmethod
    def _agree(cls, value: bool) -> bool:
        if not value:
            raise ValueError("请先阅读，再打勾；不同意的话可以退出登录")
        return value


class ErasureForm(BaseModel):
    model_config = ConfigDict(extra="forbid")

    password: str = Field(min_length=1, max_length=400)


class BehalfForm(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    reason: str = Field(max_length=200)
    minutes: int = Field(ge=1, le=60)
    q: str = Field("", max_length=80)


class InvitationForm(BaseModel):
    model_config = ConfigDict(extra="forbid")

    login: str = Field(max_length=254)
    role: Role = Role.member

    @field_validator("login")
    @classmethod
    def _login(cls, value: str) -> str:
        return normalise_login(value)


class MyOrganisationOut(BaseModel):
    id: uuid.UUID
    name: str
    verified: bool
    capacities: list[str]


class MeOut(BaseModel):
    """The caller; `csrf_token` belongs to this session (or, for a visitor, to the pre-session cookie)."""

    signed_in: bool
    id: uuid.UUID | None
    name: str
    roles: list[Role]
    district: str | None
    organisation: MyOrganisationOut | None
    csrf_token: str
