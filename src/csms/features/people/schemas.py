# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""HTTP bodies of users, roles and organizations."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from csms.features.accounts.passwords import is_importable_hash
from csms.features.accounts.permissions import Permission
from csms.features.accounts.schemas import Email, Username
from csms.kit.http.schemas import PageOf, Zone

MAX_ASSIGNMENTS = 100
Text = Annotated[str, Field(min_length=1, max_length=150, pattern=r"^[^\x00-\x1f\x7f]+$")]
RoleKey = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[a-z0-9][a-z0-9-]*$")]


class Body(BaseModel):
    """Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


ShowLink = Annotated[
    bool,
    Field(
        description="Show a link in the answer also where one goes out by mail, for you to hand on. Whoever has it "
        "chooses the password."
    ),
]


class RoleAssignment(Body):
    """A role at one site and all below it, or for one group of chargers."""

    role: RoleKey
    site_id: UUID | None = None
    group_id: UUID | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.site_id is None) == (self.group_id is None):
            raise ValueError("give site_id or group_id; a role for the whole organization is the user's own `role`")
        return self


Assignments = Annotated[list[RoleAssignment], Field(max_length=MAX_ASSIGNMENTS)]


def _hash(value: str) -> str:
    if not is_importable_hash(value):
        raise ValueError("no bcrypt or Argon2id hash as it is usually written, or one that is too dear to compute")
    return value


class _User(Body):
    username: Username
    display_name: Text | None = None
    email: Email | None = None
    role: RoleKey = Field("none", description="For the whole organization; `none` where only `assignments` count.")
    assignments: Assignments = []


class UserCreate(_User):
    """A user. Without a password they are invited: a link lets them choose one."""

    password: Annotated[str, Field(min_length=1, max_length=1024)] | None = Field(
        None, description="A first password, to be changed at the first sign-in."
    )
    show_link: ShowLink = False


class UserImport(_User):
    """A user of another system. Without a hash they are invited."""

    password_hash: Annotated[str, Field(max_length=300), AfterValidator(_hash)] | None = Field(
        None, description="bcrypt or Argon2id, as the other system stored it: the person keeps their password."
    )


class UserUpdate(Body):
    """What is to be changed; what is left out stays."""

    username: Username | None = None
    display_name: Text | None = None
    email: Email | None = None
    role: RoleKey | None = None
    assignments: Assignments | None = None


class UserItem(BaseModel):
    """A user."""

    id: UUID
    username: str
    display_name: str | None
    email: str | None
    email_verified_at: datetime | None = Field(
        description="Null: nobody has shown yet that mail to it is read by the user. No new password is sent there."
    )
    role: str
    assignments: list[RoleAssignment]
    status: Literal["active", "invited", "suspended", "retired"]
    totp: bool = Field(description="Whether there is an authenticator.")
    passkeys: int = Field(description="How many there are.")
    must_change_password: bool
    password_changed_at: datetime | None
    last_login_at: datetime | None
    invited_at: datetime | None
    retired_at: datetime | None
    created_at: datetime
    updated_at: datetime


class Mail(BaseModel):
    """A mail with a link. `queued`: it is on its way, or tried again after a failure. `failed`: it was given up."""

    recipient: str
    status: Literal["queued", "sent", "failed"]
    attempts: int
    error: str | None = Field(description="What the mail server said, where it did not take it.")
    created_at: datetime
    last_attempt_at: datetime | None
    finished_at: datetime | None


class UserInvited(UserItem):
    """A user who was invited."""

    invitation_url: str | None = Field(
        None, description="To be handed on by you, where no mail goes out. Shown this once; good for seven days."
    )
    mail: Mail | None = Field(None, description="The mail with the link; null: none goes out.")


class UserPage(PageOf[UserItem]):
    """A page of users."""


class Link(BaseModel):
    """A link that lets somebody choose a password, once."""

    url: str | None = Field(description="Null where it goes out by mail.")
    mail: Mail | None = Field(description="The mail with the link; null: none goes out.")
    expires_at: datetime


class Invite(Body):
    """How the link gets to the user."""

    show_link: ShowLink = False


class Invitation(BaseModel):
    """How far an invitation is, or another link by which a user chooses a password."""

    user_id: UUID
    created_at: datetime
    expires_at: datetime
    accepted_at: datetime | None
    mail: Mail | None = Field(description="The last mail with the link; null: none went out.")


class AcceptInvitation(Body):
    """Choose a password by the link of an invitation or a reset."""

    token: Annotated[str, Field(min_length=20, max_length=200)]
    password: Annotated[str, Field(min_length=1, max_length=1024, description="12 to 128 characters.")]


class Accepted(BaseModel):
    """Sign in with that name and the new password."""

    username: str


class ProfileUpdate(Body):
    """What people may change of themselves at once; for a mail address see POST /api/v1/me/email-change."""

    display_name: Text | None = None


RequireMfa = Annotated[bool, Field(description="Whoever has this role somewhere needs a second factor.")]


class RoleCreate(Body):
    """A role of one's own; begin with the permissions of another by `like`."""

    key: RoleKey
    name: Text
    description: Annotated[str, Field(max_length=500)] | None = None
    permissions: Annotated[list[Permission], Field(max_length=500)] | None = None
    like: RoleKey | None = Field(None, description="Take the permissions of this role, where none are given.")
    require_mfa: RequireMfa = False


class RoleUpdate(Body):
    """What is to be changed; what is left out stays."""

    name: Text | None = None
    description: Annotated[str, Field(max_length=500)] | None = None
    permissions: Annotated[list[Permission], Field(max_length=500)] | None = None
    require_mfa: RequireMfa | None = None


class RoleItem(BaseModel):
    """A role."""

    key: str
    name: str
    description: str | None
    built_in: bool
    permissions: list[str]
    require_mfa: bool = Field(description="Of built-in roles it is set in the section `sign_in` of the settings.")
    users: int


class RoleList(BaseModel):
    """All roles: there are few."""

    items: list[RoleItem]


class PermissionItem(BaseModel):
    """Something that can be allowed."""

    name: str
    place_bound: bool = Field(description="Whether it can be given for a site or a group; others hold everywhere only.")


class PermissionList(BaseModel):
    """All permissions."""

    items: list[PermissionItem]


class OrganizationUpdate(Body):
    """What is to be changed; what is left out stays."""

    name: Text | None = None
    time_zone: Zone | None = None


class OrganizationItem(BaseModel):
    """An organization."""

    id: UUID
    name: str
    time_zone: str
    created_at: datetime
    updated_at: datetime


class OrganizationCreate(Body):
    """A further organization and its first administrator."""

    name: Text
    time_zone: Zone = "UTC"
    admin: Username
    admin_email: Email | None = None
    show_link: ShowLink = False


class OrganizationCreated(BaseModel):
    """An organization was made; its administrator has the link to choose a password."""

    id: UUID
    name: str
    time_zone: str
    admin: str
    invitation_url: str | None = Field(description="Null where it goes out by mail. Good for seven days.")
    mail: Mail | None = Field(description="The mail with the link; null: none goes out.")


class OrganizationSize(BaseModel):
    """An organization of the installation."""

    id: UUID
    name: str
    time_zone: str
    created_at: datetime
    chargers: int
    users: int


class OrganizationList(BaseModel):
    """All of the installation."""

    items: list[OrganizationSize]
