# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Roles and where they hold, keys of programs, sites, groups of chargers; a database role that sees a part only."""

from collections.abc import Sequence

from alembic import op

revision: str = "20261128_people"
down_revision: str | None = "20261124_fleet"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = """
CREATE TABLE sites (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    parent_id UUID,
    path UUID[] DEFAULT '{}' NOT NULL,
    name VARCHAR NOT NULL,
    street VARCHAR,
    postal_code VARCHAR,
    city VARCHAR,
    country VARCHAR,
    latitude NUMERIC(9, 6),
    longitude NUMERIC(9, 6),
    time_zone VARCHAR,
    opening_hours JSONB,
    note VARCHAR,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_sites PRIMARY KEY (id),
    CONSTRAINT uq_sites_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT fk_sites_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id),
    CONSTRAINT fk_sites_organization_id_parent_id FOREIGN KEY(organization_id, parent_id) REFERENCES sites (organization_id, id)
);
CREATE INDEX ix_sites_organization_id_name ON sites (organization_id, name);
CREATE INDEX ix_sites_parent_id ON sites (organization_id, parent_id);
CREATE TABLE charger_groups (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    name VARCHAR NOT NULL,
    description VARCHAR,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_charger_groups PRIMARY KEY (id),
    CONSTRAINT uq_charger_groups_organization_id_id UNIQUE (organization_id, id),
    CONSTRAINT fk_charger_groups_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id)
);
CREATE UNIQUE INDEX uq_charger_groups_organization_id_name ON charger_groups (organization_id, lower(name));
CREATE TABLE charger_group_members (
    group_id UUID NOT NULL,
    charger_id VARCHAR NOT NULL,
    organization_id UUID NOT NULL,
    CONSTRAINT pk_charger_group_members PRIMARY KEY (group_id, charger_id),
    CONSTRAINT fk_charger_group_members_organization_id_group_id FOREIGN KEY(organization_id, group_id) REFERENCES charger_groups (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT fk_charger_group_members_organization_id_charger_id FOREIGN KEY(organization_id, charger_id) REFERENCES chargers (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX ix_charger_group_members_organization_id_charger_id ON charger_group_members (organization_id, charger_id);
CREATE INDEX ix_charger_group_members_organization_id_group_id ON charger_group_members (organization_id, group_id);
CREATE TABLE roles (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    key VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    description VARCHAR,
    permissions VARCHAR[] NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_roles PRIMARY KEY (id),
    CONSTRAINT fk_roles_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id)
);
CREATE UNIQUE INDEX uq_roles_organization_id_key ON roles (organization_id, key);
CREATE TABLE role_assignments (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    user_id UUID NOT NULL,
    role VARCHAR NOT NULL,
    site_id UUID,
    group_id UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_role_assignments PRIMARY KEY (id),
    CONSTRAINT fk_role_assignments_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT fk_role_assignments_organization_id_site_id FOREIGN KEY(organization_id, site_id) REFERENCES sites (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT fk_role_assignments_organization_id_group_id FOREIGN KEY(organization_id, group_id) REFERENCES charger_groups (organization_id, id) ON DELETE CASCADE,
    CONSTRAINT ck_role_assignments_place CHECK ((site_id is null) <> (group_id is null))
);
CREATE UNIQUE INDEX uq_role_assignments ON role_assignments (user_id, role, site_id, group_id) NULLS NOT DISTINCT;
CREATE INDEX ix_role_assignments_organization_id_site_id ON role_assignments (organization_id, site_id);
CREATE INDEX ix_role_assignments_organization_id_group_id ON role_assignments (organization_id, group_id);
CREATE TABLE api_keys (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    name VARCHAR NOT NULL,
    prefix VARCHAR NOT NULL,
    secret_hash BYTEA NOT NULL,
    previous_hash BYTEA,
    previous_until TIMESTAMP WITH TIME ZONE,
    permissions VARCHAR[] NOT NULL,
    places UUID[],
    created_by VARCHAR NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    revoked_at TIMESTAMP WITH TIME ZONE,
    last_used_at TIMESTAMP WITH TIME ZONE,
    last_used_address VARCHAR,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_api_keys PRIMARY KEY (id),
    CONSTRAINT fk_api_keys_organization_id FOREIGN KEY(organization_id) REFERENCES organizations (id)
);
CREATE UNIQUE INDEX uq_api_keys_prefix ON api_keys (prefix);
CREATE INDEX ix_api_keys_organization_id_created_at ON api_keys (organization_id, created_at);
CREATE TABLE account_links (
    id UUID NOT NULL,
    organization_id UUID NOT NULL,
    user_id UUID NOT NULL,
    purpose VARCHAR NOT NULL,
    token_hash BYTEA NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_account_links PRIMARY KEY (id),
    CONSTRAINT fk_account_links_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT ck_account_links_purpose CHECK (purpose in ('invitation', 'reset')),
    CONSTRAINT uq_account_links_token_hash UNIQUE (token_hash)
);
CREATE INDEX ix_account_links_user_id ON account_links (user_id);
CREATE INDEX ix_account_links_organization_id ON account_links (organization_id);
CREATE TABLE idempotency_keys (
    organization_id UUID NOT NULL,
    actor_id VARCHAR NOT NULL,
    key VARCHAR NOT NULL,
    fingerprint BYTEA NOT NULL,
    status SMALLINT,
    headers JSONB,
    body BYTEA,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_idempotency_keys PRIMARY KEY (organization_id, actor_id, key)
);
CREATE INDEX ix_idempotency_keys_created_at ON idempotency_keys (created_at)
"""
NEW = (
    "sites",
    "charger_groups",
    "charger_group_members",
    "roles",
    "role_assignments",
    "api_keys",
    "account_links",
    "idempotency_keys",
)
COLUMNS = (
    "ALTER TABLE chargers ADD COLUMN site_id uuid",
    "ALTER TABLE chargers ADD COLUMN places uuid[] DEFAULT '{}' NOT NULL",
    "ALTER TABLE chargers ADD CONSTRAINT fk_chargers_organization_id_site_id FOREIGN KEY (organization_id, site_id)"
    " REFERENCES sites (organization_id, id) NOT VALID",
    "ALTER TABLE users ADD COLUMN display_name varchar",
    "ALTER TABLE users ADD COLUMN invited_at timestamptz",
    "ALTER TABLE users ADD COLUMN retired_at timestamptz",
    # it allows more than before: who reads 'admin' only goes on finding it
    "-- squawk-ignore ban-drop-constraint\nALTER TABLE users DROP CONSTRAINT ck_users_role",
)

# Places are derived, by whomever a row is written: so the functions act as the owner, with fixed names and paths.
FUNCTIONS = (
    """
CREATE FUNCTION csms_places() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT coalesce(nullif(current_setting('csms.places', true), ''), '{}')::uuid[] $$
""",
    """
CREATE FUNCTION csms_site_path() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public
AS $$
DECLARE
    v_above uuid[] := '{}';
BEGIN
    IF NEW.parent_id IS NOT NULL THEN
        SELECT path INTO STRICT v_above FROM public.sites
            WHERE id = NEW.parent_id AND organization_id = NEW.organization_id FOR SHARE;
        IF NEW.id = ANY (v_above) THEN
            RAISE EXCEPTION 'a site cannot be inside itself' USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    NEW.path := v_above || NEW.id;
    RETURN NEW;
EXCEPTION WHEN no_data_found THEN
    RAISE EXCEPTION 'no such site above' USING ERRCODE = 'foreign_key_violation';
END $$
""",
    """
CREATE FUNCTION csms_site_moved() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public
AS $$
BEGIN
    UPDATE public.sites SET parent_id = parent_id WHERE parent_id = NEW.id;
    UPDATE public.chargers SET site_id = site_id WHERE site_id = NEW.id;
    RETURN NULL;
END $$
""",
    """
CREATE FUNCTION csms_charger_placed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public
AS $$
BEGIN
    NEW.places := coalesce((SELECT path FROM public.sites WHERE id = NEW.site_id
                              AND organization_id = NEW.organization_id), '{}')
        || ARRAY(SELECT group_id FROM public.charger_group_members WHERE charger_id = NEW.id ORDER BY 1);
    RETURN NEW;
END $$
""",
    """
CREATE FUNCTION csms_charger_grouped() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public
AS $$
BEGIN
    UPDATE public.chargers SET site_id = site_id WHERE id = coalesce(NEW.charger_id, OLD.charger_id);
    RETURN NULL;
END $$
""",
    # Before the organization is known.
    """
CREATE FUNCTION csms_find_api_key(p_prefix text)
RETURNS TABLE (id uuid, organization_id uuid, secret_hash bytea, previous_hash bytea, previous_until timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
AS $$
    SELECT k.id, k.organization_id, k.secret_hash, k.previous_hash, k.previous_until
    FROM public.api_keys k WHERE k.prefix = p_prefix AND k.revoked_at IS NULL
$$
""",
    # The installation's administrators make organizations; the application checks that it is one of them.
    """
CREATE FUNCTION csms_make_organization(p_id uuid, p_name text, p_time_zone text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public
AS $$ INSERT INTO public.organizations (id, organization_id, name, time_zone) VALUES (p_id, p_id, p_name, p_time_zone) $$
""",
    # Two counts that are read from indices alone, instead of one that reads every charger.
    """
CREATE FUNCTION csms_list_organizations()
RETURNS TABLE (id uuid, name text, time_zone text, created_at timestamptz, chargers bigint, users bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
AS $$
    SELECT o.id, o.name, o.time_zone, o.created_at,
        (SELECT count(*) FROM public.chargers c WHERE c.organization_id = o.id)
        - (SELECT count(*) FROM public.chargers c WHERE c.organization_id = o.id AND c.retired_at IS NOT NULL),
        (SELECT count(*) FROM public.users u WHERE u.organization_id = o.id AND u.retired_at IS NULL)
    FROM public.organizations o ORDER BY o.name, o.id
$$
""",
)
CALLED = (
    ("csms_places()", "csms_app, csms_ingest, csms_audit"),
    ("csms_find_api_key(text)", "csms_app"),
    ("csms_make_organization(uuid, text, text)", "csms_app"),
    ("csms_list_organizations()", "csms_app"),
)
TRIGGERS = (
    "CREATE TRIGGER path BEFORE INSERT OR UPDATE OF parent_id ON sites FOR EACH ROW EXECUTE FUNCTION csms_site_path()",
    "CREATE TRIGGER moved AFTER UPDATE ON sites FOR EACH ROW WHEN (OLD.path IS DISTINCT FROM NEW.path)"
    " EXECUTE FUNCTION csms_site_moved()",
    "CREATE TRIGGER placed BEFORE INSERT OR UPDATE OF site_id ON chargers FOR EACH ROW"
    " EXECUTE FUNCTION csms_charger_placed()",
    "CREATE TRIGGER grouped AFTER INSERT OR DELETE ON charger_group_members FOR EACH ROW"
    " EXECUTE FUNCTION csms_charger_grouped()",
)


def upgrade() -> None:
    """Expand only: an older version goes on working with it, for its administrators."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    for statement in TABLES.split(";\n"):
        op.execute(statement)
    for statement in COLUMNS:
        op.execute(statement)
    for function in FUNCTIONS:
        op.execute(function)
    for function, roles in CALLED:
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {roles}")
    for trigger in TRIGGERS:
        op.execute(trigger)
    own = "organization_id = csms_organization()"
    for name in NEW:
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY app ON {name} TO csms_app USING ({own}) WITH CHECK ({own})")
        op.execute(f"CREATE POLICY owner ON {name} TO csms_owner USING (true) WITH CHECK (true)")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO csms_app")


def downgrade() -> None:
    """Take them away again; who is not an administrator cannot sign in any more."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP TRIGGER placed ON chargers")
    op.execute("DELETE FROM users WHERE role <> 'admin'")
    for column in ("display_name", "invited_at", "retired_at"):
        op.execute(f"ALTER TABLE users DROP COLUMN {column}")
    op.execute("ALTER TABLE users ADD CONSTRAINT ck_users_role CHECK (role in ('admin')) NOT VALID")
    op.execute("ALTER TABLE chargers DROP COLUMN site_id, DROP COLUMN places")
    for name in reversed(NEW):
        op.execute(f"DROP TABLE {name}")
    for function in (
        "csms_site_path()",
        "csms_site_moved()",
        "csms_charger_placed()",
        "csms_charger_grouped()",
        "csms_find_api_key(text)",
        "csms_make_organization(uuid, text, text)",
        "csms_list_organizations()",
        "csms_places()",
    ):
        op.execute(f"DROP FUNCTION {function}")
