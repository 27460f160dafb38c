import re
import unicodedata
import uuid

from pydantic import BaseModel, ConfigDict, Field, field_validator

from app.accounts.passwords import MIN_STAFF_PASSWORD, check_password
from app.core.errors import Invalid
from app.core.permissions import Role

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


class RegisterForm(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=40)
    login: str = Field(max_length=254)
    password: str
    agree: bool = False
    next: str = Field("", max_length=300)

    @field_validator("name")
    @classmethod
    def _name(cls, value: str) -> str:
        value = value.strip()
        if not value:
            raise ValueError("请填写您的姓名")
        return value

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
        if not value:
            raise ValueError("请先阅读并同意用户协议和隐私政策")
        return value


class SignInForm(BaseModel):
    model_config = ConfigDict(extra="forbid")

    login: str = Field(min_length=1, max_length=254)
    password: str = Field(min_length=1, max_length=400)
    next: str = Field("", max_length=300)


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


class PasswordForm(BaseModel):
    model_config = ConfigDict(extra="forbid")

    current: str = Field("", max_length=400)
    password: str = Field("", max_length=400)

    def check_new(self, minimum: int) -> None:
        """Raise `Invalid` when the new password is too weak, or the old one."""
        try:
            check_password(self.password, minimum=minimum)
        except ValueError as error:
            raise Invalid({"password": str(error)}) from error
        if self.password == self.current:
            raise Invalid({"password": "新密码要和现在的不同"})


class RoleForm(BaseModel):
    model_config = ConfigDict(extra="forbid")

    role: Role
    district: str = Field("", max_length=80)


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
