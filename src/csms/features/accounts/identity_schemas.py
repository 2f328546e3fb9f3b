# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP bodies of signing in: sessions, second factors, passkeys, identity providers."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from csms.features.accounts.schemas import Body, Email, Password, SessionKind, Username
from csms.kit.http.schemas import PageOf

Method = Literal["totp", "passkey", "recovery_code"]
Encoded = Annotated[str, Field(min_length=1, max_length=16_384, pattern=r"^[A-Za-z0-9_-]+={0,2}$")]
OneTimeToken = Annotated[str, Field(min_length=1, max_length=512)]
Code = Annotated[str, Field(min_length=6, max_length=12, pattern=r"^[0-9 ]+$", description="Of the authenticator app.")]
RecoveryCode = Annotated[str, Field(min_length=8, max_length=40, pattern=r"^[A-Za-z0-9 -]+$")]
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]+$")
]

# -- sessions ----------------------------------------------------------------------------------------------------------


class BrowserSession(BaseModel):
    """Signed in; the session is in the cookie that came with this answer."""

    session: Literal["cookie"] = "cookie"
    expires_at: datetime = Field(description="The latest end; without use it ends sooner.")
    must_change_password: bool


class SecondFactorNeeded(BaseModel):
    """The password was right. Show one more thing: POST /api/v1/auth/mfa with this token."""

    mfa_required: Literal[True] = True
    mfa_token: str
    methods: list[Method]
    expires_in: int = Field(description="Seconds that the token is good for.")


class SessionItem(BaseModel):
    """An open session."""

    id: UUID
    kind: Literal["token", "cookie"]
    address: str | None
    user_agent: str | None
    created_at: datetime
    last_seen_at: datetime = Field(description="To the minute; with tokens, the last refresh.")
    expires_at: datetime
    current: bool


class SessionList(BaseModel):
    """One's own open sessions, the last used first."""

    items: list[SessionItem]


class SessionsEnded(BaseModel):
    """How many sessions were ended."""

    ended: int


# -- second factors ----------------------------------------------------------------------------------------------------


class Confirmation(Body):
    """Show once more that the account is yours: the password, or a code of the authenticator."""

    password: Password | None = None
    code: Code | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if self.password is not None and self.code is not None:
            raise ValueError("give the password or a code, not both")
        return self


class EmailChange(Confirmation):
    """A new mail address of one's own, and that the account is yours."""

    email: Email


class TotpBegun(BaseModel):
    """The seed of a new authenticator; it counts once a code of it was shown."""

    secret: str
    uri: str = Field(description="`otpauth://…`, to be shown as a QR code.")


class TotpConfirm(Body):
    """A code of the new authenticator."""

    code: Code


class RecoveryCodes(BaseModel):
    """Codes for when the device is lost, each good once. They are shown this one time; empty where there are some."""

    codes: list[str]


class Security(BaseModel):
    """What guards one's own account."""

    has_password: bool
    totp: bool
    passkeys: int
    recovery_codes: int = Field(description="How many are left.")
    passkeys_available: bool = Field(description="False where this installation does not know its own address.")
    pending_email: str | None = Field(
        description="The address that yours becomes once the link is opened that went there."
    )


class _Made(Body):
    clientDataJSON: Encoded  # noqa: N815  (the names are the browser's)
    attestationObject: Encoded  # noqa: N815
    authenticatorData: Encoded | None = None  # noqa: N815
    publicKey: Encoded | None = None  # noqa: N815
    publicKeyAlgorithm: int | None = None  # noqa: N815
    transports: Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=10)] | None = None


class _Answered(Body):
    clientDataJSON: Encoded  # noqa: N815
    authenticatorData: Encoded  # noqa: N815
    signature: Encoded
    userHandle: Encoded | None = None  # noqa: N815
    attestationObject: Encoded | None = None  # noqa: N815


class _Credential(Body):
    id: Encoded
    rawId: Encoded  # noqa: N815
    type: Literal["public-key"]
    authenticatorAttachment: Annotated[str, Field(max_length=40)] | None = None  # noqa: N815
    clientExtensionResults: Annotated[dict[str, Any], Field(max_length=20)] | None = None  # noqa: N815

    def plain(self) -> dict[str, Any]:
        """As the browser wrote it, without what is not needed."""
        left_out = {"clientExtensionResults", "authenticatorAttachment"}
        return self.model_dump(exclude_none=True, exclude=left_out)


class PasskeyMade(_Credential):
    """What `navigator.credentials.create` gave, as its `toJSON()` writes it."""

    response: _Made


class PasskeyShown(_Credential):
    """What `navigator.credentials.get` gave, as its `toJSON()` writes it."""

    response: _Answered


class PasskeyCreate(Body):
    """A new passkey."""

    name: Name
    credential: PasskeyMade


class PasskeyRename(Body):
    """What a passkey is called."""

    name: Name


class PasskeyItem(BaseModel):
    """A passkey."""

    id: UUID
    name: str
    backed_up: bool = Field(description="Whether it is kept on more than one device.")
    created_at: datetime
    last_used_at: datetime | None


class PasskeyAdded(BaseModel):
    """A new passkey, and recovery codes if it is the first second factor."""

    passkey: PasskeyItem
    recovery_codes: list[str]


class PasskeyList(BaseModel):
    """One's own passkeys."""

    items: list[PasskeyItem]


class PasskeyOptions(BaseModel):
    """What the browser's `navigator.credentials` is to be asked (`parseCreationOptionsFromJSON` and its like)."""

    model_config = ConfigDict(extra="allow")

    challenge: str


class ShownFactor(Body):
    """The second factor: exactly one of the three."""

    code: Code | None = None
    recovery_code: RecoveryCode | None = None
    passkey: PasskeyShown | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(each is not None for each in (self.code, self.recovery_code, self.passkey)) != 1:
            raise ValueError("give exactly one of code, recovery_code, passkey")
        return self


class SecondFactorBody(ShownFactor):
    """The second factor of a sign-in that was begun: exactly one of the three."""

    mfa_token: OneTimeToken


class MfaTokenBody(Body):
    """The token of a sign-in that was begun."""

    mfa_token: OneTimeToken


class PasskeySignIn(Body):
    """Sign in with a passkey alone."""

    credential: PasskeyShown
    session: SessionKind = "token"


# -- passwords ---------------------------------------------------------------------------------------------------------


class ForgotPasswordBody(Body):
    """Whose password is forgotten: a user name or an e-mail address."""

    username: Username


class ResetPasswordBody(Body):
    """Set a new password with the secret of a link."""

    token: OneTimeToken
    new_password: Annotated[str, Field(min_length=1, max_length=1024, description="12 to 128 characters.")]


class VerifyEmailBody(Body):
    """The secret of a link that went to a mail address."""

    token: OneTimeToken


class VerifiedEmail(BaseModel):
    """Mail to this address is known to be the user's."""

    email: str


# -- identity providers ------------------------------------------------------------------------------------------------

Issuer = Annotated[str, Field(min_length=8, max_length=500, pattern=r"^https?://[^\s?#@]+$")]
ClientId = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[\x21-\x7e]+$")]
ClientSecret = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"^[\x20-\x7e]+$")]
Domain = Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)*$")]
RoleName = Annotated[str, Field(min_length=1, max_length=100)]
Domains = Annotated[list[Domain], Field(max_length=50, description="Addresses of these domains are linked by e-mail.")]
RoleMap = Annotated[
    dict[Annotated[str, Field(min_length=1, max_length=200)], RoleName],
    Field(max_length=100, description="Values of the claim, and the role that each gives; the first that fits counts."),
]
RoleClaim = Annotated[str, Field(min_length=1, max_length=200, description="Such as `groups`.")]


class ProviderCreate(Body):
    """An identity provider that speaks OpenID Connect."""

    label: Name
    issuer: Issuer
    client_id: ClientId
    client_secret: ClientSecret | None = None
    domains: Domains = Field(default_factory=list)
    role_claim: RoleClaim | None = None
    role_map: RoleMap = Field(default_factory=dict)
    default_role: RoleName | None = Field(None, description="Of whom no mapping fits; none: they are refused.")
    auto_create: bool = Field(False, description="Make users of people who come for the first time.")
    trust_mfa: bool = Field(
        False, description="Believe the provider that it asked for a second factor (`mfa` in the claim `amr`)."
    )
    enabled: bool = True


class ProviderUpdate(Body):
    """What is to be changed; what is left out stays."""

    label: Name | None = None
    issuer: Issuer | None = None
    client_id: ClientId | None = None
    client_secret: ClientSecret | None = None
    domains: Domains | None = None
    role_claim: RoleClaim | None = None
    role_map: RoleMap | None = None
    default_role: RoleName | None = None
    auto_create: bool | None = None
    trust_mfa: bool | None = None
    enabled: bool | None = None


class ProviderItem(BaseModel):
    """An identity provider; its secret is never told."""

    id: UUID
    label: str
    issuer: str
    client_id: str
    has_secret: bool
    domains: list[str]
    role_claim: str | None
    role_map: dict[str, str]
    default_role: str | None
    auto_create: bool
    trust_mfa: bool
    enabled: bool
    created_at: datetime
    updated_at: datetime


class ProviderTest(BaseModel):
    """What came of asking a provider."""

    ok: bool
    error: str | None = Field(description="Why it cannot be used.")
    keys: int = Field(description="How many keys it publishes that ID tokens can be signed with.")


class ProviderPage(PageOf[ProviderItem]):
    """A page of identity providers."""


class SignInProvider(BaseModel):
    """A button on the sign-in page."""

    id: UUID
    label: str
    start_url: str


class SignInProviders(BaseModel):
    """Where one may sign in."""

    items: list[SignInProvider]
