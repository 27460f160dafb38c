"""first tables

Revision 0001, after nothing.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_events",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("actor_user_id", sa.Uuid(), nullable=True),
        sa.Column("actor_organisation_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("object_id", sa.String(length=64), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.Column("data", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_events")),
    )
    with op.batch_alter_table("audit_events", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_audit_events_kind_object_id"), ["kind", "object_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_audit_events_name_at"), ["name", "at"], unique=False)

    op.create_table(
        "case_counters",
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_case_counters")),
    )
    op.create_table(
        "clusters",
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("tier", sa.String(length=20), nullable=False),
        sa.Column("tier_name", sa.String(length=60), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("target_scale", sa.String(length=20), nullable=False),
        sa.Column("industry_codes", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("edited_by", sa.Uuid(), nullable=True),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_clusters")),
    )
    op.create_table(
        "dictionary_words",
        sa.Column(
            "kind",
            sa.Enum(
                "word", "synonym", name="dictionarykind", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("term", sa.String(length=60), nullable=False),
        sa.Column("synonyms", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("author", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("edited_by", sa.Uuid(), nullable=True),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dictionary_words")),
    )
    with op.batch_alter_table("dictionary_words", schema=None) as batch_op:
        batch_op.create_index("uq_dictionary_words_kind_term", ["kind", "term"], unique=True)

    op.create_table(
        "districts",
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("code", sa.String(length=6), nullable=True),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("short_name", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("unit_kind", sa.String(length=60), nullable=False),
        sa.Column("region", sa.String(length=20), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("search_text", sa.String(length=200), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("edited_by", sa.Uuid(), nullable=True),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_districts")),
    )
    op.create_table(
        "drafts",
        sa.Column("owner", sa.String(length=100), nullable=False),
        sa.Column("form", sa.String(length=60), nullable=False),
        sa.Column("object_id", sa.String(length=64), nullable=False),
        sa.Column("data", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
        sa.UniqueConstraint("owner", "form", "object_id", name=op.f("uq_drafts_owner_form_object_id")),
    )
    with op.batch_alter_table("drafts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_drafts_saved_at"), ["saved_at"], unique=False)

    op.create_table(
        "elimination_rules",
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("condition", sa.String(length=200), nullable=False),
        sa.Column("device_type", sa.String(length=40), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("edited_by", sa.Uuid(), nullable=True),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_elimination_rules")),
    )
    op.create_table(
        "energy_levels",
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("product", sa.String(length=60), nullable=False),
        sa.Column("standard_no", sa.String(length=80), nullable=False),
        sa.Column("standard_name", sa.String(length=120), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=True),
        sa.Column("table_name", sa.String(length=60), nullable=False),
        sa.Column("condition", sa.String(length=200), nullable=False),
        sa.Column("metric", sa.String(length=60), nullable=False),
        sa.Column("unit", sa.String(length=40), nullable=False),
        sa.Column("at_least", sa.Boolean(), nullable=True),
        sa.Column("advanced", sa.String(length=20), nullable=True),
        sa.Column("saving", sa.String(length=20), nullable=True),
        sa.Column("access", sa.String(length=20), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("edited_by", sa.Uuid(), nullable=True),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_energy_levels")),
    )
    with op.batch_alter_table("energy_levels", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_energy_levels_product_metric"), ["product", "metric"], unique=False
        )

    op.create_table(
        "idempotency_keys",
        sa.Column("owner", sa.String(length=100), nullable=False),
        sa.Column("route", sa.String(length=160), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("owner", "route", "key", name=op.f("pk_idempotency_keys")),
    )
    with op.batch_alter_table("idempotency_keys", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_idempotency_keys_created_at"), ["created_at"], unique=False)

    op.create_table(
        "industries",
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column(
            "level",
            sa.Enum(
                "大类",
                "中类",
                "小类",
                name="industrylevel",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("parent_code", sa.String(length=8), nullable=True),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("search_text", sa.String(length=300), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("edited_by", sa.Uuid(), nullable=True),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["parent_code"], ["industries.code"], name=op.f("fk_industries_parent_code_industries")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_industries")),
    )
    with op.batch_alter_table("industries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_industries_parent_code"), ["parent_code"], unique=False)

    op.create_table(
        "jobs",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("payload", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "queued",
                "running",
                "done",
                "failed",
                name="jobstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("run_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("result", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_jobs_key"), ["key"], unique=False)
        batch_op.create_index(batch_op.f("ix_jobs_state_run_at"), ["state", "run_at"], unique=False)

    op.create_table(
        "messages",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("payload", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("dedupe_key", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_messages_dedupe_key")),
    )
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_messages_organisation_id_created_at"),
            ["organisation_id", "created_at"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_messages_user_id_created_at"), ["user_id", "created_at"], unique=False
        )

    op.create_table(
        "one_time_tokens",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_one_time_tokens")),
    )
    op.create_table(
        "outbox",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("object_id", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dead", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_outbox_dead_next_at_id"), ["dead", "next_at", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_outbox_kind_object_id"), ["kind", "object_id"], unique=False)

    op.create_table(
        "parameters",
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("value", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("note", sa.String(length=400), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parameters")),
        sa.UniqueConstraint("key", "valid_from", name=op.f("uq_parameters_key_valid_from")),
    )
    op.create_table(
        "policies",
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("doc_no", sa.String(length=200), nullable=True),
        sa.Column("issuer", sa.String(length=200), nullable=True),
        sa.Column(
            "level",
            sa.Enum(
                "国家",
                "市级",
                "区级",
                name="policylevel",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("dated", sa.String(length=10), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "listed",
                "withdrawn",
                name="policystate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("facts", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("edited_by", sa.Uuid(), nullable=True),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("doc_version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policies")),
        sa.UniqueConstraint("slug", name=op.f("uq_policies_slug")),
    )
    with op.batch_alter_table("policies", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_policies_state_level_issued_on"), ["state", "level", "issued_on"], unique=False
        )

    op.create_table(
        "questionnaires",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("doc_no", sa.String(length=80), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("body", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("edited_by", sa.Uuid(), nullable=True),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_questionnaires")),
    )
    op.create_table(
        "scenarios",
        sa.Column("code", sa.String(length=3), nullable=False),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("group_name", sa.String(length=20), nullable=False),
        sa.Column("is_required", sa.Boolean(), nullable=False),
        sa.Column("level1", sa.Text(), nullable=False),
        sa.Column("level2", sa.Text(), nullable=False),
        sa.Column("level3", sa.Text(), nullable=False),
        sa.Column("level4", sa.Text(), nullable=False),
        sa.Column("keywords", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("plain", sa.String(length=40), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("edited_by", sa.Uuid(), nullable=True),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_scenarios")),
    )
    op.create_table(
        "sign_in_failures",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("locks", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sign_in_failures")),
    )
    op.create_table(
        "throttle_hits",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_throttle_hits")),
    )
    with op.batch_alter_table("throttle_hits", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_throttle_hits_key_at"), ["key", "at"], unique=False)

    op.create_table(
        "users",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("mobile", sa.String(length=20), nullable=True),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("password_changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "active", "disabled", name="userstate", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("origin", sa.String(length=20), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("email IS NOT NULL OR mobile IS NOT NULL", name=op.f("ck_users_reachable")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
        sa.UniqueConstraint("mobile", name=op.f("uq_users_mobile")),
    )
    op.create_table(
        "district_changes",
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("old_code", sa.String(length=6), nullable=True),
        sa.Column("old_name", sa.String(length=60), nullable=False),
        sa.Column("old_slug", sa.String(length=80), nullable=True),
        sa.Column("new_slug", sa.String(length=80), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=True),
        sa.Column("is_whole", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("edited_by", sa.Uuid(), nullable=True),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["new_slug"], ["districts.slug"], name=op.f("fk_district_changes_new_slug_districts")
        ),
        sa.ForeignKeyConstraint(
            ["old_slug"], ["districts.slug"], name=op.f("fk_district_changes_old_slug_districts")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_district_changes")),
    )
    with op.batch_alter_table("district_changes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_district_changes_new_slug"), ["new_slug"], unique=False)
        batch_op.create_index(batch_op.f("ix_district_changes_old_slug"), ["old_slug"], unique=False)

    op.create_table(
        "organisations",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("short_name", sa.String(length=24), nullable=False),
        sa.Column("credit_code", sa.String(length=18), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "unverified",
                "verified",
                "returned",
                "suspended",
                name="organisationstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("district_slug", sa.String(length=80), nullable=False),
        sa.Column("industry_code", sa.String(length=8), nullable=True),
        sa.Column("address", sa.String(length=120), nullable=False),
        sa.Column("staff_count", sa.Integer(), nullable=True),
        sa.Column("intro", sa.Text(), nullable=False),
        sa.Column("contact_name", sa.String(length=40), nullable=False),
        sa.Column("contact_mobile", sa.String(length=20), nullable=False),
        sa.Column("contact_email", sa.String(length=254), nullable=False),
        sa.Column(
            "origin",
            sa.Enum(
                "registered", "demo", name="origin", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_by", sa.Uuid(), nullable=True),
        sa.Column("decision_reason", sa.String(length=500), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("doc_version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("length(credit_code) = 18", name=op.f("ck_organisations_credit_code_length")),
        sa.ForeignKeyConstraint(
            ["district_slug"], ["districts.slug"], name=op.f("fk_organisations_district_slug_districts")
        ),
        sa.ForeignKeyConstraint(
            ["industry_code"], ["industries.code"], name=op.f("fk_organisations_industry_code_industries")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
        sa.UniqueConstraint("credit_code", name=op.f("uq_organisations_credit_code")),
    )
    with op.batch_alter_table("organisations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_organisations_district_slug"), ["district_slug"], unique=False)
        batch_op.create_index(batch_op.f("ix_organisations_industry_code"), ["industry_code"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_organisations_state_created_at"), ["state", "created_at"], unique=False
        )

    op.create_table(
        "pain_points",
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("scenario_code", sa.String(length=3), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("definition", sa.String(length=300), nullable=False),
        sa.Column("plain", sa.String(length=40), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("author", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("edited_by", sa.Uuid(), nullable=True),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["scenario_code"], ["scenarios.code"], name=op.f("fk_pain_points_scenario_code_scenarios")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_pain_points")),
    )
    with op.batch_alter_table("pain_points", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pain_points_scenario_code"), ["scenario_code"], unique=False)

    op.create_table(
        "role_grants",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "member",
                "organisation_admin",
                "reviewer",
                "operator",
                "district_officer",
                "city_officer",
                "system_admin",
                "security_admin",
                "auditor",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("district", sa.String(length=60), nullable=True),
        sa.Column("granted_by", sa.Uuid(), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_role_grants_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grants")),
        sa.UniqueConstraint("user_id", "role", name=op.f("uq_role_grants_user_id_role")),
    )
    op.create_table(
        "user_sessions",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ip", sa.String(length=64), nullable=False),
        sa.Column("agent", sa.String(length=200), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_user_sessions_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_user_sessions_token_hash")),
    )
    with op.batch_alter_table("user_sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_user_sessions_last_seen_at"), ["last_seen_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_user_sessions_user_id"), ["user_id"], unique=False)

    op.create_table(
        "memberships",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "member",
                "organisation_admin",
                "reviewer",
                "operator",
                "district_officer",
                "city_officer",
                "system_admin",
                "security_admin",
                "auditor",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "active",
                "requested",
                "refused",
                "ended",
                name="membershipstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.String(length=400), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_memberships_organisation_id_organisations"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_memberships_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memberships")),
        sa.UniqueConstraint(
            "user_id", "organisation_id", name=op.f("uq_memberships_user_id_organisation_id")
        ),
    )
    with op.batch_alter_table("memberships", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_memberships_organisation_id_state"), ["organisation_id", "state"], unique=False
        )

    op.create_table(
        "needs",
        sa.Column("case_number", sa.String(length=24), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "waiting_verification",
                "held",
                "published",
                "returned",
                "withdrawn",
                "closed",
                name="needstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("origin", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("masked", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("scenario_code", sa.String(length=3), nullable=True),
        sa.Column(
            "pain_point_codes", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("industry_code", sa.String(length=8), nullable=True),
        sa.Column("district_slug", sa.String(length=80), nullable=True),
        sa.Column("equipment", sa.String(length=400), nullable=False),
        sa.Column("machine_count", sa.Integer(), nullable=True),
        sa.Column("baseline_note", sa.String(length=1000), nullable=False),
        sa.Column("budget_min_fen", sa.BigInteger(), nullable=True),
        sa.Column("budget_max_fen", sa.BigInteger(), nullable=True),
        sa.Column("fund_sources", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("wanted_by", sa.Date(), nullable=True),
        sa.Column("wanted_days", sa.Integer(), nullable=True),
        sa.Column(
            "urgency",
            sa.Enum(
                "urgent", "soon", "open", name="urgency", native_enum=False, create_constraint=True, length=40
            ),
            nullable=True,
        ),
        sa.Column("conditions", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("conditions_note", sa.String(length=1000), nullable=False),
        sa.Column(
            "confidentiality",
            sa.Enum(
                "public",
                "verified_vendors",
                "staff_only",
                name="confidentiality",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("hide_name", sa.Boolean(), nullable=False),
        sa.Column("audience_chosen", sa.Boolean(), nullable=False),
        sa.Column("gate_score", sa.Integer(), nullable=True),
        sa.Column("gate_lines", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.String(length=400), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("doc_version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state <> 'published' OR published_at IS NOT NULL", name=op.f("ck_needs_published")
        ),
        sa.CheckConstraint("budget_max_fen IS NULL OR budget_max_fen >= 0", name=op.f("ck_needs_budget_max")),
        sa.CheckConstraint(
            "budget_min_fen IS NULL OR budget_max_fen IS NULL OR budget_min_fen <= budget_max_fen",
            name=op.f("ck_needs_budget_order"),
        ),
        sa.CheckConstraint("budget_min_fen IS NULL OR budget_min_fen >= 0", name=op.f("ck_needs_budget_min")),
        sa.CheckConstraint(
            "wanted_days IS NULL OR wanted_days BETWEEN 1 AND 1095", name=op.f("ck_needs_wanted_days")
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_needs_created_by_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["district_slug"], ["districts.slug"], name=op.f("fk_needs_district_slug_districts")
        ),
        sa.ForeignKeyConstraint(
            ["industry_code"], ["industries.code"], name=op.f("fk_needs_industry_code_industries")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_needs_organisation_id_organisations"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["scenario_code"], ["scenarios.code"], name=op.f("fk_needs_scenario_code_scenarios")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_needs")),
        sa.UniqueConstraint("case_number", name=op.f("uq_needs_case_number")),
    )
    with op.batch_alter_table("needs", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_needs_organisation_id_updated_at"), ["organisation_id", "updated_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_needs_state_published_at"), ["state", "published_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_needs_state_submitted_at"), ["state", "submitted_at"], unique=False
        )

    op.create_table(
        "offerings",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "solution",
                "service",
                "equipment",
                name="offeringkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "submitted",
                "listed",
                "returned",
                "withdrawn",
                name="offeringstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("summary", sa.String(length=300), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column(
            "product_class",
            sa.Enum(
                "研发设计",
                "生产制造",
                "仓储物流",
                "云网安全",
                "工业终端",
                "行业大模型应用",
                name="productclass",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column(
            "service_class",
            sa.Enum(
                "诊断评估",
                "供需对接",
                "信息安全",
                "咨询",
                "检测",
                "培训",
                "其他服务",
                name="serviceclass",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("vendor_kind", sa.String(length=40), nullable=False),
        sa.Column("scenario_codes", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column(
            "pain_point_codes", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("industry_codes", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("go_live_days", sa.Integer(), nullable=True),
        sa.Column("training_days", sa.Integer(), nullable=True),
        sa.Column("prerequisites", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column(
            "condition_codes", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("not_suitable", sa.String(length=400), nullable=False),
        sa.Column("exit_terms", sa.String(length=400), nullable=False),
        sa.Column("origin", sa.String(length=20), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("listed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_reason", sa.String(length=1000), nullable=False),
        sa.Column("pending", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("pending_submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("doc_version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "go_live_days IS NULL OR go_live_days >= 0", name=op.f("ck_offerings_go_live_days_positive")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_offerings_organisation_id_organisations"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offerings")),
    )
    with op.batch_alter_table("offerings", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_offerings_organisation_id_state"), ["organisation_id", "state"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_offerings_state_listed_at_id"), ["state", "listed_at", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_offerings_state_submitted_at"), ["state", "submitted_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_offerings_state_pending_submitted_at"),
            ["state", "pending_submitted_at"],
            unique=False,
        )

    op.create_table(
        "organisation_capacities",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column(
            "capacity",
            sa.Enum(
                "enterprise",
                "vendor",
                "institution",
                "finance",
                name="capacity",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_organisation_capacities_organisation_id_organisations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_capacities")),
        sa.UniqueConstraint(
            "organisation_id", "capacity", name=op.f("uq_organisation_capacities_organisation_id_capacity")
        ),
    )
    op.create_table(
        "organisation_verifications",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column(
            "cause",
            sa.Enum(
                "registered",
                "mended",
                "renamed",
                "suspended",
                name="verificationcause",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("changes", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_by", sa.Uuid(), nullable=True),
        sa.Column(
            "decision",
            sa.Enum(
                "verified",
                "returned",
                "suspended",
                name="decision",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("checklist", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (decision IS NULL)", name=op.f("ck_organisation_verifications_decided")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_organisation_verifications_organisation_id_organisations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_verifications")),
    )
    with op.batch_alter_table("organisation_verifications", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_organisation_verifications_decided_at_submitted_at"),
            ["decided_at", "submitted_at"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_organisation_verifications_organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(
            "uq_organisation_verifications_open",
            ["organisation_id"],
            unique=True,
            sqlite_where=sa.text("decided_at IS NULL"),
            postgresql_where=sa.text("decided_at IS NULL"),
        )

    op.create_table(
        "need_baselines",
        sa.Column("need_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("metric", sa.String(length=60), nullable=False),
        sa.Column("value", sa.String(length=20), nullable=True),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("period", sa.String(length=20), nullable=False),
        sa.Column(
            "how",
            sa.Enum(
                "recorded",
                "estimated",
                "not_counted",
                name="baselinehow",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("(how = 'not_counted') = (value IS NULL)", name=op.f("ck_need_baselines_counted")),
        sa.ForeignKeyConstraint(
            ["need_id"], ["needs.id"], name=op.f("fk_need_baselines_need_id_needs"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need_baselines")),
        sa.UniqueConstraint("need_id", "position", name=op.f("uq_need_baselines_need_id_position")),
    )
    op.create_table(
        "need_reviews",
        sa.Column("need_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "decision",
            sa.Enum(
                "submitted",
                "held",
                "waiting",
                "published",
                "returned",
                "withdrawn",
                name="reviewdecision",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("actor_user_id", sa.Uuid(), nullable=True),
        sa.Column("need_version", sa.Integer(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("lines", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("reasons", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["need_id"], ["needs.id"], name=op.f("fk_need_reviews_need_id_needs"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need_reviews")),
    )
    with op.batch_alter_table("need_reviews", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_need_reviews_need_id_at"), ["need_id", "at"], unique=False)

    op.create_table(
        "offering_cases",
        sa.Column("offering_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("customer", sa.String(length=120), nullable=False),
        sa.Column("customer_consented", sa.Boolean(), nullable=False),
        sa.Column("industry_code", sa.String(length=8), nullable=True),
        sa.Column("scenario_code", sa.String(length=3), nullable=True),
        sa.Column("effect_metric", sa.String(length=60), nullable=False),
        sa.Column("effect_before", sa.String(length=40), nullable=False),
        sa.Column("effect_after", sa.String(length=40), nullable=False),
        sa.Column("effect_unit", sa.String(length=20), nullable=False),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("evidence", sa.String(length=400), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["offering_id"],
            ["offerings.id"],
            name=op.f("fk_offering_cases_offering_id_offerings"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offering_cases")),
        sa.UniqueConstraint("offering_id", "position", name=op.f("uq_offering_cases_offering_id_position")),
    )
    op.create_table(
        "offering_packages",
        sa.Column("offering_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=40), nullable=False),
        sa.Column(
            "price_mode",
            sa.Enum(
                "one_off",
                "yearly",
                "project",
                "per_unit",
                "per_visit",
                "other",
                name="pricemode",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("price_unit", sa.String(length=20), nullable=False),
        sa.Column("price_label", sa.String(length=40), nullable=False),
        sa.Column("price_min_fen", sa.BigInteger(), nullable=True),
        sa.Column("price_max_fen", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("position BETWEEN 1 AND 5", name=op.f("ck_offering_packages_at_most_five")),
        sa.CheckConstraint(
            "price_min_fen IS NULL OR price_max_fen IS NULL OR price_max_fen >= price_min_fen",
            name=op.f("ck_offering_packages_price_ordered"),
        ),
        sa.CheckConstraint(
            "price_min_fen IS NULL OR price_min_fen >= 0", name=op.f("ck_offering_packages_price_positive")
        ),
        sa.ForeignKeyConstraint(
            ["offering_id"],
            ["offerings.id"],
            name=op.f("fk_offering_packages_offering_id_offerings"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offering_packages")),
        sa.UniqueConstraint(
            "offering_id", "position", name=op.f("uq_offering_packages_offering_id_position")
        ),
    )
    op.create_table(
        "offering_reports",
        sa.Column("offering_id", sa.Uuid(), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                "false_claim",
                "price_mismatch",
                "contact_details",
                "infringement",
                "illegal",
                "other",
                name="reportreason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("reporter_id", sa.Uuid(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "upheld",
                "dismissed",
                name="reportstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("resolution", sa.String(length=1000), nullable=False),
        sa.Column("resolved_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["offering_id"],
            ["offerings.id"],
            name=op.f("fk_offering_reports_offering_id_offerings"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offering_reports")),
    )
    with op.batch_alter_table("offering_reports", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_offering_reports_offering_id"), ["offering_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_offering_reports_state_created_at"), ["state", "created_at"], unique=False
        )

    op.create_table(
        "offering_reviews",
        sa.Column("offering_id", sa.Uuid(), nullable=False),
        sa.Column(
            "decision",
            sa.Enum(
                "submitted",
                "listed",
                "returned",
                "withdrawn",
                "taken_down",
                name="reviewdecision",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("reason_codes", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("checklist", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("is_change", sa.Boolean(), nullable=False),
        sa.Column("by_user_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["offering_id"],
            ["offerings.id"],
            name=op.f("fk_offering_reviews_offering_id_offerings"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offering_reviews")),
    )
    with op.batch_alter_table("offering_reviews", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_offering_reviews_offering_id_at"), ["offering_id", "at"], unique=False
        )

    op.create_table(
        "offering_components",
        sa.Column("package_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "type",
            sa.Enum(
                "licence",
                "hardware",
                "implementation",
                "training",
                "yearly_fee",
                "other",
                name="componenttype",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "amount_fen IS NULL OR amount_fen >= 0", name=op.f("ck_offering_components_amount_positive")
        ),
        sa.ForeignKeyConstraint(
            ["package_id"],
            ["offering_packages.id"],
            name=op.f("fk_offering_components_package_id_offering_packages"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offering_components")),
        sa.UniqueConstraint(
            "package_id", "position", name=op.f("uq_offering_components_package_id_position")
        ),
    )


def downgrade() -> None:
    op.drop_table("offering_components")
    with op.batch_alter_table("offering_reviews", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_offering_reviews_offering_id_at"))

    op.drop_table("offering_reviews")
    with op.batch_alter_table("offering_reports", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_offering_reports_state_created_at"))
        batch_op.drop_index(batch_op.f("ix_offering_reports_offering_id"))

    op.drop_table("offering_reports")
    op.drop_table("offering_packages")
    op.drop_table("offering_cases")
    with op.batch_alter_table("need_reviews", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_need_reviews_need_id_at"))

    op.drop_table("need_reviews")
    op.drop_table("need_baselines")
    with op.batch_alter_table("organisation_verifications", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_organisation_verifications_open",
            sqlite_where=sa.text("decided_at IS NULL"),
            postgresql_where=sa.text("decided_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_organisation_verifications_organisation_id"))
        batch_op.drop_index(batch_op.f("ix_organisation_verifications_decided_at_submitted_at"))

    op.drop_table("organisation_verifications")
    op.drop_table("organisation_capacities")
    with op.batch_alter_table("offerings", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_offerings_state_pending_submitted_at"))
        batch_op.drop_index(batch_op.f("ix_offerings_state_submitted_at"))
        batch_op.drop_index(batch_op.f("ix_offerings_state_listed_at_id"))
        batch_op.drop_index(batch_op.f("ix_offerings_organisation_id_state"))

    op.drop_table("offerings")
    with op.batch_alter_table("needs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_needs_state_submitted_at"))
        batch_op.drop_index(batch_op.f("ix_needs_state_published_at"))
        batch_op.drop_index(batch_op.f("ix_needs_organisation_id_updated_at"))

    op.drop_table("needs")
    with op.batch_alter_table("memberships", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_memberships_organisation_id_state"))

    op.drop_table("memberships")
    with op.batch_alter_table("user_sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_user_sessions_user_id"))
        batch_op.drop_index(batch_op.f("ix_user_sessions_last_seen_at"))

    op.drop_table("user_sessions")
    op.drop_table("role_grants")
    with op.batch_alter_table("pain_points", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pain_points_scenario_code"))

    op.drop_table("pain_points")
    with op.batch_alter_table("organisations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_organisations_state_created_at"))
        batch_op.drop_index(batch_op.f("ix_organisations_industry_code"))
        batch_op.drop_index(batch_op.f("ix_organisations_district_slug"))

    op.drop_table("organisations")
    with op.batch_alter_table("district_changes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_district_changes_old_slug"))
        batch_op.drop_index(batch_op.f("ix_district_changes_new_slug"))

    op.drop_table("district_changes")
    op.drop_table("users")
    with op.batch_alter_table("throttle_hits", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_throttle_hits_key_at"))

    op.drop_table("throttle_hits")
    op.drop_table("sign_in_failures")
    op.drop_table("scenarios")
    op.drop_table("questionnaires")
    with op.batch_alter_table("policies", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_policies_state_level_issued_on"))

    op.drop_table("policies")
    op.drop_table("parameters")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outbox_kind_object_id"))
        batch_op.drop_index(batch_op.f("ix_outbox_dead_next_at_id"))

    op.drop_table("outbox")
    op.drop_table("one_time_tokens")
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_messages_user_id_created_at"))
        batch_op.drop_index(batch_op.f("ix_messages_organisation_id_created_at"))

    op.drop_table("messages")
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_jobs_state_run_at"))
        batch_op.drop_index(batch_op.f("ix_jobs_key"))

    op.drop_table("jobs")
    with op.batch_alter_table("industries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_industries_parent_code"))

    op.drop_table("industries")
    with op.batch_alter_table("idempotency_keys", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_idempotency_keys_created_at"))

    op.drop_table("idempotency_keys")
    with op.batch_alter_table("energy_levels", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_energy_levels_product_metric"))

    op.drop_table("energy_levels")
    op.drop_table("elimination_rules")
    with op.batch_alter_table("drafts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_drafts_saved_at"))

    op.drop_table("drafts")
    op.drop_table("districts")
    with op.batch_alter_table("dictionary_words", schema=None) as batch_op:
        batch_op.drop_index("uq_dictionary_words_kind_term")

    op.drop_table("dictionary_words")
    op.drop_table("clusters")
    op.drop_table("case_counters")
    with op.batch_alter_table("audit_events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_events_name_at"))
        batch_op.drop_index(batch_op.f("ix_audit_events_kind_object_id"))

    op.drop_table("audit_events")
