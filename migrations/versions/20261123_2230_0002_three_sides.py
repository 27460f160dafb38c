"""three sides

Revision 0002, after 0001.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "announcements",
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column(
            "audience",
            sa.Enum(
                "everyone",
                "signed_in",
                "enterprise",
                "vendor",
                "staff",
                name="audience",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pinned", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "published",
                "withdrawn",
                name="announcementstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcements")),
    )
    with op.batch_alter_table("announcements", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_announcements_state_starts_at"), ["state", "starts_at"], unique=False
        )

    op.create_table(
        "audit_links",
        sa.Column(
            "position",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("algorithm", sa.String(length=20), nullable=False),
        sa.Column("key_id", sa.String(length=12), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit_links")),
        sa.UniqueConstraint("event_id", name=op.f("uq_audit_links_event_id")),
    )
    op.create_table(
        "deal_quotas",
        sa.Column("owner", sa.String(length=60), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "day", name=op.f("pk_deal_quotas")),
    )
    op.create_table(
        "desk_holds",
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("assigned", sa.Boolean(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_desk_holds")),
    )
    with op.batch_alter_table("desk_holds", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_desk_holds_user_id"), ["user_id"], unique=False)

    op.create_table(
        "erasures",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    with op.batch_alter_table("erasures", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_erasures_due_at"), ["due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_erasures_user_id"), ["user_id"], unique=False)

    op.create_table(
        "help_requests",
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("contact", sa.String(length=120), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "answered",
                "closed",
                name="helpstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_help_requests")),
        sa.UniqueConstraint("number", name=op.f("uq_help_requests_number")),
    )
    with op.batch_alter_table("help_requests", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_help_requests_state_created_at"), ["state", "created_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_help_requests_user_id"), ["user_id"], unique=False)

    op.create_table(
        "outgoing",
        sa.Column(
            "channel",
            sa.Enum("mail", "sms", name="channel", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=True),
        sa.Column("headers", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("secret", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "sent",
                "dead",
                name="letterstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing")),
        sa.UniqueConstraint("key", name=op.f("uq_outgoing_key")),
    )
    with op.batch_alter_table("outgoing", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_outgoing_recipient_created_at"), ["recipient", "created_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_outgoing_state_next_at"), ["state", "next_at"], unique=False)

    op.create_table(
        "parameter_changes",
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("value", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("before", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("note", sa.String(length=400), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parameter_changes")),
    )
    with op.batch_alter_table("parameter_changes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_parameter_changes_key_at"), ["key", "at"], unique=False)

    op.create_table(
        "proof_codes",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("code_mac", sa.String(length=64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_proof_codes")),
    )
    with op.batch_alter_table("proof_codes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_proof_codes_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "stored_files",
        sa.Column("purpose", sa.String(length=60), nullable=False),
        sa.Column("object_id", sa.String(length=64), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "picture",
                "paper",
                "sheet",
                name="filekind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "quarantined",
                "clean",
                "infected",
                "removed",
                name="filestate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("scan_note", sa.String(length=200), nullable=False),
        sa.Column("scanned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("purged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("store_key", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("size > 0", name=op.f("ck_stored_files_size")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_files")),
        sa.UniqueConstraint("store_key", name=op.f("uq_stored_files_store_key")),
    )
    with op.batch_alter_table("stored_files", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_stored_files_organisation_id_created_at"),
            ["organisation_id", "created_at"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_stored_files_purpose_object_id_created_at"),
            ["purpose", "object_id", "created_at"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_stored_files_state_created_at"), ["state", "created_at"], unique=False
        )

    op.create_table(
        "consents",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("purpose", sa.String(length=60), nullable=False),
        sa.Column("text_version", sa.String(length=40), nullable=False),
        sa.Column("object_id", sa.String(length=64), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_consents_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_consents_purpose_object_id"), ["purpose", "object_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_consents_user_id_purpose"), ["user_id", "purpose"], unique=False)

    op.create_table(
        "digest_items",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["messages.id"],
            name=op.f("fk_digest_items_message_id_messages"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_digest_items_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "message_id", name=op.f("pk_digest_items")),
    )
    with op.batch_alter_table("digest_items", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_digest_items_created_at"), ["created_at"], unique=False)

    op.create_table(
        "external_identities",
        sa.Column("issuer", sa.String(length=300), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_external_identities_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_external_identities")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_external_identities_issuer_subject")),
    )
    with op.batch_alter_table("external_identities", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_external_identities_user_id"), ["user_id"], unique=False)

    op.create_table(
        "glance_choices",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("off_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_glance_choices_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_glance_choices")),
    )
    op.create_table(
        "glances",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "offering",
                "need",
                "organisation",
                "policy",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_glances_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "kind", "object_id", name=op.f("pk_glances")),
    )
    with op.batch_alter_table("glances", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_glances_user_id_seen_at"), ["user_id", "seen_at"], unique=False)

    op.create_table(
        "help_notes",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("by_staff", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["help_requests.id"],
            name=op.f("fk_help_notes_request_id_help_requests"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_help_notes")),
    )
    with op.batch_alter_table("help_notes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_help_notes_request_id"), ["request_id"], unique=False)

    op.create_table(
        "locked_lists",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("query", sa.String(length=2000), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("rows", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("locked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_locked_lists_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_locked_lists")),
    )
    with op.batch_alter_table("locked_lists", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_locked_lists_user_id_locked_at"), ["user_id", "locked_at"], unique=False
        )

    op.create_table(
        "need_groups",
        sa.Column(
            "state",
            sa.Enum(
                "suggested",
                "open",
                "dismissed",
                "closed",
                name="groupstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("scenario_code", sa.String(length=3), nullable=True),
        sa.Column("pain_point_code", sa.String(length=8), nullable=True),
        sa.Column("words", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["scenario_code"], ["scenarios.code"], name=op.f("fk_need_groups_scenario_code_scenarios")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need_groups")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_need_groups_fingerprint")),
    )
    with op.batch_alter_table("need_groups", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_need_groups_state_created_at"), ["state", "created_at"], unique=False
        )

    op.create_table(
        "notice_cursors",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("read_through", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_notice_cursors_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_notice_cursors")),
    )
    op.create_table(
        "notice_marks",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["messages.id"],
            name=op.f("fk_notice_marks_message_id_messages"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_notice_marks_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "message_id", name=op.f("pk_notice_marks")),
    )
    op.create_table(
        "notice_preferences",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.String(length=40), nullable=False),
        sa.Column(
            "mail",
            sa.Enum(
                "at_once",
                "daily",
                "off",
                name="mailpace",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("sms", sa.Boolean(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_notice_preferences_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "topic", name=op.f("pk_notice_preferences")),
    )
    op.create_table(
        "past_passwords",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_past_passwords_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_past_passwords")),
    )
    with op.batch_alter_table("past_passwords", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_past_passwords_user_id_ended_at"), ["user_id", "ended_at"], unique=False
        )

    op.create_table(
        "personal_exports",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_personal_exports_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personal_exports")),
    )
    with op.batch_alter_table("personal_exports", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_personal_exports_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_personal_exports_user_id_requested_at"), ["user_id", "requested_at"], unique=False
        )

    op.create_table(
        "proof_links",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("target", sa.String(length=254), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_proof_links_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_proof_links")),
    )
    with op.batch_alter_table("proof_links", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_proof_links_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_proof_links_user_id_purpose"), ["user_id", "purpose"], unique=False
        )

    op.create_table(
        "recovery_codes",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_recovery_codes_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_codes")),
        sa.UniqueConstraint("user_id", "code_hash", name=op.f("uq_recovery_codes_user_id_code_hash")),
    )
    op.create_table(
        "saved_searches",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("query", sa.String(length=2000), nullable=False),
        sa.Column(
            "pace",
            sa.Enum(
                "at_once", "daily", "never", name="pace", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ran_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_through", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_saved_searches_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_searches")),
    )
    with op.batch_alter_table("saved_searches", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_saved_searches_next_at"), ["next_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_saved_searches_user_id"), ["user_id"], unique=False)

    op.create_table(
        "sign_in_steps",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("method", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_sign_in_steps_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sign_in_steps")),
    )
    with op.batch_alter_table("sign_in_steps", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_steps_created_at"), ["created_at"], unique=False)

    op.create_table(
        "totp_keys",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.String(length=500), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_totp_keys_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_totp_keys")),
    )
    op.create_table(
        "watch_marks",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "offering",
                "need",
                "organisation",
                "policy",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("stamp", sa.String(length=40), nullable=False),
        sa.Column("face", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("changes", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_watch_marks_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watch_marks")),
        sa.UniqueConstraint(
            "user_id", "kind", "object_id", name=op.f("uq_watch_marks_user_id_kind_object_id")
        ),
    )
    with op.batch_alter_table("watch_marks", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_watch_marks_kind_object_id"), ["kind", "object_id"], unique=False
        )

    op.create_table(
        "api_tokens",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("ending", sa.String(length=8), nullable=False),
        sa.Column("scopes", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_api_tokens_organisation_id_organisations"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_api_tokens_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_tokens_token_hash")),
    )
    with op.batch_alter_table("api_tokens", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_tokens_user_id"), ["user_id"], unique=False)

    op.create_table(
        "behalves",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_behalves_organisation_id_organisations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_behalves")),
    )
    with op.batch_alter_table("behalves", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_behalves_organisation_id_started_at"),
            ["organisation_id", "started_at"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_behalves_user_id"), ["user_id"], unique=False)

    op.create_table(
        "invitations",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("login", sa.String(length=254), nullable=False),
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
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "pending",
                "accepted",
                "declined",
                "revoked",
                name="invitationstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("invited_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_invitations_organisation_id_organisations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitations_token_hash")),
    )
    with op.batch_alter_table("invitations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invitations_login"), ["login"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_invitations_organisation_id_state"), ["organisation_id", "state"], unique=False
        )

    op.create_table(
        "offering_imports",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("file_name", sa.String(length=120), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "done",
                "refused",
                name="importstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("errors", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_offering_imports_organisation_id_organisations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offering_imports")),
    )
    with op.batch_alter_table("offering_imports", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_offering_imports_organisation_id_created_at"),
            ["organisation_id", "created_at"],
            unique=False,
        )

    op.create_table(
        "organisation_claims",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("claimant_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "dispute", "departed", name="claimkind", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "upheld",
                "refused",
                "withdrawn",
                name="claimstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["claimant_id"],
            ["users.id"],
            name=op.f("fk_organisation_claims_claimant_id_users"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_organisation_claims_organisation_id_organisations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_claims")),
    )
    with op.batch_alter_table("organisation_claims", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_organisation_claims_claimant_id"), ["claimant_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_organisation_claims_state_created_at"), ["state", "created_at"], unique=False
        )
        batch_op.create_index(
            "uq_organisation_claims_open",
            ["organisation_id", "claimant_id"],
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )

    op.create_table(
        "organisation_qualifications",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "above_scale",
                "tech_sme",
                "innovative",
                "specialised",
                "giant",
                "high_tech",
                "digital_workshop",
                "smart_factory",
                "green_factory",
                name="qualificationkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("issuer", sa.String(length=80), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "claimed",
                "confirmed",
                "refused",
                "withdrawn",
                name="qualificationstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("claimed_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("reminded", sa.Integer(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to >= valid_from", name=op.f("ck_organisation_qualifications_dates")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_organisation_qualifications_organisation_id_organisations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_qualifications")),
    )
    with op.batch_alter_table("organisation_qualifications", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_organisation_qualifications_state_created_at"),
            ["state", "created_at"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_organisation_qualifications_state_valid_to"), ["state", "valid_to"], unique=False
        )
        batch_op.create_index(
            "uq_organisation_qualifications_claimed",
            ["organisation_id", "kind"],
            unique=True,
            sqlite_where=sa.text("state = 'claimed'"),
            postgresql_where=sa.text("state = 'claimed'"),
        )

    op.create_table(
        "organisation_sizes",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("staff_count", sa.Integer(), nullable=False),
        sa.Column("revenue_fen", sa.BigInteger(), nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("declared_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_organisation_sizes_organisation_id_organisations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_sizes")),
    )
    with op.batch_alter_table("organisation_sizes", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_organisation_sizes_organisation_id_declared_at"),
            ["organisation_id", "declared_at"],
            unique=False,
        )

    op.create_table(
        "pool_entries",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column(
            "pool",
            sa.Enum(
                "integrator",
                "light",
                "chain",
                name="pool",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "applied",
                "admitted",
                "refused",
                "warned",
                "answered",
                "removed",
                "withdrawn",
                name="poolstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("admitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deadline", sa.Date(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("doc_version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_pool_entries_organisation_id_organisations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pool_entries")),
    )
    with op.batch_alter_table("pool_entries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pool_entries_pool_state"), ["pool", "state"], unique=False)
        batch_op.create_index(
            "uq_pool_entries_alive",
            ["organisation_id", "pool"],
            unique=True,
            sqlite_where=sa.text("state IN ('applied', 'admitted', 'warned', 'answered')"),
            postgresql_where=sa.text("state IN ('applied', 'admitted', 'warned', 'answered')"),
        )

    op.create_table(
        "saved_hits",
        sa.Column("search_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_new", sa.Boolean(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["search_id"],
            ["saved_searches.id"],
            name=op.f("fk_saved_hits_search_id_saved_searches"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("search_id", "kind", "object_id", name=op.f("pk_saved_hits")),
    )
    with op.batch_alter_table("saved_hits", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_saved_hits_search_id_found_at"), ["search_id", "found_at"], unique=False
        )

    op.create_table(
        "webhooks",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("topics", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_why", sa.String(length=40), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_webhooks_organisation_id_organisations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
        sa.UniqueConstraint("organisation_id", "url", name=op.f("uq_webhooks_organisation_id_url")),
    )
    op.create_table(
        "enquiries",
        sa.Column(
            "direction",
            sa.Enum(
                "forward", "reverse", name="direction", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "accepted",
                "closing",
                "chosen",
                "declined",
                "withdrawn",
                "expired",
                "not_chosen",
                "closed",
                name="enquirystate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(length=20), nullable=False),
        sa.Column("pair_key", sa.String(length=90), nullable=False),
        sa.Column("sme_id", sa.Uuid(), nullable=False),
        sa.Column("vendor_id", sa.Uuid(), nullable=False),
        sa.Column("need_id", sa.Uuid(), nullable=True),
        sa.Column("offering_id", sa.Uuid(), nullable=False),
        sa.Column("match_reasons", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remind_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason_code", sa.String(length=40), nullable=True),
        sa.Column("reason_note", sa.String(length=300), nullable=False),
        sa.Column("reason_by_system", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.Column(
            "last_party",
            sa.Enum(
                "asker",
                "answerer",
                "sme",
                "vendor",
                "staff",
                "system",
                name="party",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("last_message_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("help_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("help_asked_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(state IN ('open', 'accepted', 'closing')) = (due_at IS NOT NULL)",
            name=op.f("ck_enquiries_waiting_has_timer"),
        ),
        sa.CheckConstraint(
            "direction = 'forward' OR need_id IS NOT NULL", name=op.f("ck_enquiries_reverse_has_need")
        ),
        sa.CheckConstraint("sme_id <> vendor_id", name=op.f("ck_enquiries_two_sides")),
        sa.ForeignKeyConstraint(
            ["need_id"], ["needs.id"], name=op.f("fk_enquiries_need_id_needs"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["offering_id"],
            ["offerings.id"],
            name=op.f("fk_enquiries_offering_id_offerings"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["sme_id"],
            ["organisations.id"],
            name=op.f("fk_enquiries_sme_id_organisations"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["vendor_id"],
            ["organisations.id"],
            name=op.f("fk_enquiries_vendor_id_organisations"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enquiries")),
    )
    with op.batch_alter_table("enquiries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_enquiries_help_asked_at"), ["help_asked_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_enquiries_need_id_state"), ["need_id", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_enquiries_offering_id"), ["offering_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_enquiries_sme_id_state_updated_at"),
            ["sme_id", "state", "updated_at"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_enquiries_state_due_at"), ["state", "due_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_enquiries_vendor_id_state_updated_at"),
            ["vendor_id", "state", "updated_at"],
            unique=False,
        )
        batch_op.create_index(
            "uq_enquiries_live_pair",
            ["pair_key"],
            unique=True,
            sqlite_where=sa.text("state IN ('open', 'accepted')"),
            postgresql_where=sa.text("state IN ('open', 'accepted')"),
        )

    op.create_table(
        "need_group_members",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("need_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "found",
                "invited",
                "joined",
                "declined",
                "left",
                "removed",
                name="memberstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("words", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["need_groups.id"],
            name=op.f("fk_need_group_members_group_id_need_groups"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["need_id"], ["needs.id"], name=op.f("fk_need_group_members_need_id_needs"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_need_group_members_organisation_id_organisations"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need_group_members")),
        sa.UniqueConstraint("group_id", "need_id", name=op.f("uq_need_group_members_group_id_need_id")),
    )
    with op.batch_alter_table("need_group_members", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_need_group_members_organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(
            "uq_need_group_members_live",
            ["need_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "need_interests",
        sa.Column("need_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "invited",
                "interested",
                name="interestkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["need_id"], ["needs.id"], name=op.f("fk_need_interests_need_id_needs"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_need_interests_organisation_id_organisations"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need_interests")),
        sa.UniqueConstraint(
            "need_id", "organisation_id", "kind", name=op.f("uq_need_interests_need_id_organisation_id_kind")
        ),
    )
    with op.batch_alter_table("need_interests", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_need_interests_organisation_id_at"), ["organisation_id", "at"], unique=False
        )

    op.create_table(
        "need_outcomes",
        sa.Column("need_id", sa.Uuid(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "awarded",
                "cancelled",
                "none_suitable",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("chosen_organisation_id", sa.Uuid(), nullable=True),
        sa.Column("chosen_name", sa.String(length=80), nullable=False),
        sa.Column("reason_code", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(outcome = 'awarded') = (chosen_organisation_id IS NOT NULL OR chosen_name <> '')",
            name=op.f("ck_need_outcomes_chosen"),
        ),
        sa.ForeignKeyConstraint(
            ["chosen_organisation_id"],
            ["organisations.id"],
            name=op.f("fk_need_outcomes_chosen_organisation_id_organisations"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["need_id"], ["needs.id"], name=op.f("fk_need_outcomes_need_id_needs"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("need_id", name=op.f("pk_need_outcomes")),
    )
    op.create_table(
        "need_questions",
        sa.Column("need_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.String(length=600), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("masked", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "answered",
                "hidden",
                name="questionstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(length=2000), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("by_staff", sa.Boolean(), nullable=False),
        sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hidden_by", sa.Uuid(), nullable=True),
        sa.Column("hidden_reason", sa.String(length=200), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "state <> 'answered' OR answered_at IS NOT NULL", name=op.f("ck_need_questions_answered")
        ),
        sa.CheckConstraint(
            "state <> 'hidden' OR hidden_at IS NOT NULL", name=op.f("ck_need_questions_hidden")
        ),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["users.id"], name=op.f("fk_need_questions_asked_by_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["need_id"], ["needs.id"], name=op.f("fk_need_questions_need_id_needs"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_need_questions_organisation_id_organisations"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need_questions")),
        sa.UniqueConstraint(
            "need_id",
            "organisation_id",
            "digest",
            name=op.f("uq_need_questions_need_id_organisation_id_digest"),
        ),
    )
    with op.batch_alter_table("need_questions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_need_questions_need_id_asked_at"), ["need_id", "asked_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_need_questions_state_asked_at"), ["state", "asked_at"], unique=False
        )

    op.create_table(
        "need_recordings",
        sa.Column("need_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("basis", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["need_id"], ["needs.id"], name=op.f("fk_need_recordings_need_id_needs"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"],
            ["users.id"],
            name=op.f("fk_need_recordings_recorded_by_users"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("need_id", name=op.f("pk_need_recordings")),
    )
    op.create_table(
        "need_reminders",
        sa.Column("need_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["need_id"], ["needs.id"], name=op.f("fk_need_reminders_need_id_needs"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need_reminders")),
        sa.UniqueConstraint("need_id", "kind", "due_at", name=op.f("uq_need_reminders_need_id_kind_due_at")),
    )
    op.create_table(
        "need_seen",
        sa.Column("need_id", sa.Uuid(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["need_id"], ["needs.id"], name=op.f("fk_need_seen_need_id_needs"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("need_id", name=op.f("pk_need_seen")),
    )
    op.create_table(
        "need_votes",
        sa.Column("need_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("voted_by", sa.Uuid(), nullable=True),
        sa.Column("voted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("clear", sa.Boolean(), nullable=False),
        sa.Column("lines", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("text", sa.String(length=400), nullable=False),
        sa.Column("need_version", sa.Integer(), nullable=False),
        sa.Column("improved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handled_by", sa.Uuid(), nullable=True),
        sa.Column("handled_note", sa.String(length=200), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["need_id"], ["needs.id"], name=op.f("fk_need_votes_need_id_needs"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_need_votes_organisation_id_organisations"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["voted_by"], ["users.id"], name=op.f("fk_need_votes_voted_by_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need_votes")),
        sa.UniqueConstraint("need_id", "organisation_id", name=op.f("uq_need_votes_need_id_organisation_id")),
    )
    with op.batch_alter_table("need_votes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_need_votes_clear_voted_at"), ["clear", "voted_at"], unique=False)

    op.create_table(
        "offering_case_references",
        sa.Column("offering_id", sa.Uuid(), nullable=False),
        sa.Column("case_key", sa.String(length=64), nullable=False),
        sa.Column("customer", sa.String(length=120), nullable=False),
        sa.Column("contact_name", sa.String(length=40), nullable=False),
        sa.Column("contact_phone", sa.String(length=30), nullable=False),
        sa.Column("contact_role", sa.String(length=60), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "confirmed",
                "unreachable",
                "denied",
                name="checkstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.String(length=400), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("given_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["offering_id"],
            ["offerings.id"],
            name=op.f("fk_offering_case_references_offering_id_offerings"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offering_case_references")),
        sa.UniqueConstraint(
            "offering_id", "case_key", name=op.f("uq_offering_case_references_offering_id_case_key")
        ),
    )
    with op.batch_alter_table("offering_case_references", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_offering_case_references_state_created_at"), ["state", "created_at"], unique=False
        )

    op.create_table(
        "offering_first_of_kind",
        sa.Column("offering_id", sa.Uuid(), nullable=False),
        sa.Column("certificate", sa.String(length=80), nullable=False),
        sa.Column("catalogue_year", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "confirmed",
                "unreachable",
                "denied",
                name="checkstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.String(length=400), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("given_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["offering_id"],
            ["offerings.id"],
            name=op.f("fk_offering_first_of_kind_offering_id_offerings"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offering_first_of_kind")),
        sa.UniqueConstraint("offering_id", name=op.f("uq_offering_first_of_kind_offering_id")),
    )
    with op.batch_alter_table("offering_first_of_kind", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_offering_first_of_kind_state_created_at"), ["state", "created_at"], unique=False
        )

    op.create_table(
        "offering_media",
        sa.Column("offering_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "picture", "brochure", name="mediakind", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["offering_id"],
            ["offerings.id"],
            name=op.f("fk_offering_media_offering_id_offerings"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offering_media")),
        sa.UniqueConstraint("file_id", name=op.f("uq_offering_media_file_id")),
    )
    with op.batch_alter_table("offering_media", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_offering_media_offering_id_position"), ["offering_id", "position"], unique=False
        )

    op.create_table(
        "offering_versions",
        sa.Column("offering_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("is_minor", sa.Boolean(), nullable=False),
        sa.Column("listed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_user_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["offering_id"],
            ["offerings.id"],
            name=op.f("fk_offering_versions_offering_id_offerings"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offering_versions")),
        sa.UniqueConstraint("offering_id", "number", name=op.f("uq_offering_versions_offering_id_number")),
    )
    op.create_table(
        "organisation_appeals",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column(
            "about",
            sa.Enum(
                "suspension", "pool", name="appealabout", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("first_by", sa.Uuid(), nullable=True),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "upheld",
                "refused",
                name="appealstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "decided_by IS NULL OR first_by IS NULL OR decided_by <> first_by",
            name=op.f("ck_organisation_appeals_second_eyes"),
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["pool_entries.id"],
            name=op.f("fk_organisation_appeals_entry_id_pool_entries"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_organisation_appeals_organisation_id_organisations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_appeals")),
        sa.UniqueConstraint("subject_id", name=op.f("uq_organisation_appeals_subject_id")),
    )
    with op.batch_alter_table("organisation_appeals", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_organisation_appeals_organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_organisation_appeals_state_created_at"), ["state", "created_at"], unique=False
        )

    op.create_table(
        "pool_criteria",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("required", sa.Integer(), nullable=False),
        sa.Column("figure", sa.Integer(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("met", sa.Boolean(), nullable=True),
        sa.Column("finding", sa.String(length=500), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["pool_entries.id"],
            name=op.f("fk_pool_criteria_entry_id_pool_entries"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pool_criteria")),
        sa.UniqueConstraint("entry_id", "code", name=op.f("uq_pool_criteria_entry_id_code")),
    )
    op.create_table(
        "pool_steps",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "move",
            sa.Enum(
                "apply",
                "admit",
                "refuse",
                "withdraw",
                "warn",
                "answer",
                "lift",
                "remove",
                "appeal",
                "reject_appeal",
                "reinstate",
                name="poolmove",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("deadline", sa.Date(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["pool_entries.id"],
            name=op.f("fk_pool_steps_entry_id_pool_entries"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pool_steps")),
        sa.UniqueConstraint("entry_id", "position", name=op.f("uq_pool_steps_entry_id_position")),
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("hook_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("body", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "delivered",
                "failed",
                name="deliverystate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["hook_id"],
            ["webhooks.id"],
            name=op.f("fk_webhook_deliveries_hook_id_webhooks"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_deliveries")),
        sa.UniqueConstraint("hook_id", "message_id", name=op.f("uq_webhook_deliveries_hook_id_message_id")),
    )
    with op.batch_alter_table("webhook_deliveries", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_webhook_deliveries_hook_id_created_at"), ["hook_id", "created_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_webhook_deliveries_state_next_at"), ["state", "next_at"], unique=False
        )

    op.create_table(
        "enquiry_consents",
        sa.Column("enquiry_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_by", sa.Uuid(), nullable=True),
        sa.Column("consent_id", sa.Uuid(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consent_id"],
            ["consents.id"],
            name=op.f("fk_enquiry_consents_consent_id_consents"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["enquiry_id"],
            ["enquiries.id"],
            name=op.f("fk_enquiry_consents_enquiry_id_enquiries"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_enquiry_consents_organisation_id_organisations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enquiry_consents")),
    )
    with op.batch_alter_table("enquiry_consents", schema=None) as batch_op:
        batch_op.create_index(
            "uq_enquiry_consents_given",
            ["enquiry_id", "organisation_id"],
            unique=True,
            sqlite_where=sa.text("withdrawn_at IS NULL"),
            postgresql_where=sa.text("withdrawn_at IS NULL"),
        )

    op.create_table(
        "enquiry_events",
        sa.Column("enquiry_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "action",
            sa.Enum(
                "send",
                "accept",
                "decline",
                "withdraw",
                "close",
                "explain",
                "end",
                "extend",
                "expire",
                "lapse",
                "default_reason",
                "choose",
                "await_reason",
                "settle",
                name="action",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "accepted",
                "closing",
                "chosen",
                "declined",
                "withdrawn",
                "expired",
                "not_chosen",
                "closed",
                name="enquirystate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "party",
            sa.Enum(
                "asker",
                "answerer",
                "sme",
                "vendor",
                "staff",
                "system",
                name="party",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("reason_code", sa.String(length=40), nullable=True),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enquiry_id"],
            ["enquiries.id"],
            name=op.f("fk_enquiry_events_enquiry_id_enquiries"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enquiry_events")),
        sa.UniqueConstraint("enquiry_id", "version", name=op.f("uq_enquiry_events_enquiry_id_version")),
    )
    with op.batch_alter_table("enquiry_events", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_enquiry_events_enquiry_id_at"), ["enquiry_id", "at"], unique=False
        )

    op.create_table(
        "enquiry_messages",
        sa.Column("enquiry_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "party",
            sa.Enum(
                "asker",
                "answerer",
                "sme",
                "vendor",
                "staff",
                "system",
                name="party",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("masked", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("has_file", sa.Boolean(), nullable=False),
        sa.Column("retracted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enquiry_id"],
            ["enquiries.id"],
            name=op.f("fk_enquiry_messages_enquiry_id_enquiries"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enquiry_messages")),
        sa.UniqueConstraint("enquiry_id", "number", name=op.f("uq_enquiry_messages_enquiry_id_number")),
    )
    with op.batch_alter_table("enquiry_messages", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_enquiry_messages_user_id"), ["user_id"], unique=False)

    op.create_table(
        "enquiry_openings",
        sa.Column("enquiry_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enquiry_id"],
            ["enquiries.id"],
            name=op.f("fk_enquiry_openings_enquiry_id_enquiries"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enquiry_openings")),
    )
    with op.batch_alter_table("enquiry_openings", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_enquiry_openings_enquiry_id_user_id_until"),
            ["enquiry_id", "user_id", "until"],
            unique=False,
        )

    op.create_table(
        "enquiry_reads",
        sa.Column("enquiry_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["enquiry_id"],
            ["enquiries.id"],
            name=op.f("fk_enquiry_reads_enquiry_id_enquiries"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_enquiry_reads_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("enquiry_id", "user_id", name=op.f("pk_enquiry_reads")),
    )
    op.create_table(
        "enquiry_reveals",
        sa.Column("enquiry_id", sa.Uuid(), nullable=False),
        sa.Column("of_organisation_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enquiry_id"],
            ["enquiries.id"],
            name=op.f("fk_enquiry_reveals_enquiry_id_enquiries"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enquiry_reveals")),
    )
    with op.batch_alter_table("enquiry_reveals", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_enquiry_reveals_enquiry_id_at"), ["enquiry_id", "at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_enquiry_reveals_user_id"), ["user_id"], unique=False)

    with op.batch_alter_table("audit_events", schema=None) as batch_op:
        batch_op.add_column(sa.Column("nonce", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("mac", sa.String(length=64), nullable=True))
        batch_op.create_unique_constraint(batch_op.f("uq_audit_events_nonce"), ["nonce"])

    with op.batch_alter_table("dictionary_words", schema=None) as batch_op:
        batch_op.add_column(sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.add_column(sa.Column("role", sa.String(length=40), nullable=True))
        batch_op.create_index(
            batch_op.f("ix_messages_delivered_at_created_at"), ["delivered_at", "created_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_messages_role_created_at"), ["role", "created_at"], unique=False)

    with op.batch_alter_table("needs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("end_code", sa.String(length=40), nullable=True))

    with op.batch_alter_table("offering_cases", schema=None) as batch_op:
        batch_op.add_column(sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("denied_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("offerings", schema=None) as batch_op:
        batch_op.add_column(sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("expired_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("reminded_days", sa.Integer(), nullable=True))
        batch_op.create_index(
            batch_op.f("ix_offerings_state_expires_at"), ["state", "expires_at"], unique=False
        )

    with op.batch_alter_table("user_sessions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("behalf_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("consent_due", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("second_factor_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.add_column(sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("email_verified_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("mobile_verified_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.drop_column("mobile_verified_at")
        batch_op.drop_column("email_verified_at")
        batch_op.drop_column("erased_at")

    with op.batch_alter_table("user_sessions", schema=None) as batch_op:
        batch_op.drop_column("second_factor_at")
        batch_op.drop_column("consent_due")
        batch_op.drop_column("behalf_id")

    with op.batch_alter_table("offerings", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_offerings_state_expires_at"))
        batch_op.drop_column("reminded_days")
        batch_op.drop_column("expired_at")
        batch_op.drop_column("expires_at")

    with op.batch_alter_table("offering_cases", schema=None) as batch_op:
        batch_op.drop_column("denied_at")
        batch_op.drop_column("confirmed_at")

    with op.batch_alter_table("needs", schema=None) as batch_op:
        batch_op.drop_column("end_code")

    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_messages_role_created_at"))
        batch_op.drop_index(batch_op.f("ix_messages_delivered_at_created_at"))
        batch_op.drop_column("role")

    with op.batch_alter_table("dictionary_words", schema=None) as batch_op:
        batch_op.drop_column("deleted_at")

    with op.batch_alter_table("audit_events", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_audit_events_nonce"), type_="unique")
        batch_op.drop_column("mac")
        batch_op.drop_column("nonce")

    with op.batch_alter_table("enquiry_reveals", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_enquiry_reveals_user_id"))
        batch_op.drop_index(batch_op.f("ix_enquiry_reveals_enquiry_id_at"))

    op.drop_table("enquiry_reveals")
    op.drop_table("enquiry_reads")
    with op.batch_alter_table("enquiry_openings", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_enquiry_openings_enquiry_id_user_id_until"))

    op.drop_table("enquiry_openings")
    with op.batch_alter_table("enquiry_messages", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_enquiry_messages_user_id"))

    op.drop_table("enquiry_messages")
    with op.batch_alter_table("enquiry_events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_enquiry_events_enquiry_id_at"))

    op.drop_table("enquiry_events")
    with op.batch_alter_table("enquiry_consents", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_enquiry_consents_given",
            sqlite_where=sa.text("withdrawn_at IS NULL"),
            postgresql_where=sa.text("withdrawn_at IS NULL"),
        )

    op.drop_table("enquiry_consents")
    with op.batch_alter_table("webhook_deliveries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_webhook_deliveries_state_next_at"))
        batch_op.drop_index(batch_op.f("ix_webhook_deliveries_hook_id_created_at"))

    op.drop_table("webhook_deliveries")
    op.drop_table("pool_steps")
    op.drop_table("pool_criteria")
    with op.batch_alter_table("organisation_appeals", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_organisation_appeals_state_created_at"))
        batch_op.drop_index(batch_op.f("ix_organisation_appeals_organisation_id"))

    op.drop_table("organisation_appeals")
    op.drop_table("offering_versions")
    with op.batch_alter_table("offering_media", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_offering_media_offering_id_position"))

    op.drop_table("offering_media")
    with op.batch_alter_table("offering_first_of_kind", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_offering_first_of_kind_state_created_at"))

    op.drop_table("offering_first_of_kind")
    with op.batch_alter_table("offering_case_references", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_offering_case_references_state_created_at"))

    op.drop_table("offering_case_references")
    with op.batch_alter_table("need_votes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_need_votes_clear_voted_at"))

    op.drop_table("need_votes")
    op.drop_table("need_seen")
    op.drop_table("need_reminders")
    op.drop_table("need_recordings")
    with op.batch_alter_table("need_questions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_need_questions_state_asked_at"))
        batch_op.drop_index(batch_op.f("ix_need_questions_need_id_asked_at"))

    op.drop_table("need_questions")
    op.drop_table("need_outcomes")
    with op.batch_alter_table("need_interests", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_need_interests_organisation_id_at"))

    op.drop_table("need_interests")
    with op.batch_alter_table("need_group_members", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_need_group_members_live",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_need_group_members_organisation_id"))

    op.drop_table("need_group_members")
    with op.batch_alter_table("enquiries", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_enquiries_live_pair",
            sqlite_where=sa.text("state IN ('open', 'accepted')"),
            postgresql_where=sa.text("state IN ('open', 'accepted')"),
        )
        batch_op.drop_index(batch_op.f("ix_enquiries_vendor_id_state_updated_at"))
        batch_op.drop_index(batch_op.f("ix_enquiries_state_due_at"))
        batch_op.drop_index(batch_op.f("ix_enquiries_sme_id_state_updated_at"))
        batch_op.drop_index(batch_op.f("ix_enquiries_offering_id"))
        batch_op.drop_index(batch_op.f("ix_enquiries_need_id_state"))
        batch_op.drop_index(batch_op.f("ix_enquiries_help_asked_at"))

    op.drop_table("enquiries")
    op.drop_table("webhooks")
    with op.batch_alter_table("saved_hits", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_saved_hits_search_id_found_at"))

    op.drop_table("saved_hits")
    with op.batch_alter_table("pool_entries", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_pool_entries_alive",
            sqlite_where=sa.text("state IN ('applied', 'admitted', 'warned', 'answered')"),
            postgresql_where=sa.text("state IN ('applied', 'admitted', 'warned', 'answered')"),
        )
        batch_op.drop_index(batch_op.f("ix_pool_entries_pool_state"))

    op.drop_table("pool_entries")
    with op.batch_alter_table("organisation_sizes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_organisation_sizes_organisation_id_declared_at"))

    op.drop_table("organisation_sizes")
    with op.batch_alter_table("organisation_qualifications", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_organisation_qualifications_claimed",
            sqlite_where=sa.text("state = 'claimed'"),
            postgresql_where=sa.text("state = 'claimed'"),
        )
        batch_op.drop_index(batch_op.f("ix_organisation_qualifications_state_valid_to"))
        batch_op.drop_index(batch_op.f("ix_organisation_qualifications_state_created_at"))

    op.drop_table("organisation_qualifications")
    with op.batch_alter_table("organisation_claims", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_organisation_claims_open",
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )
        batch_op.drop_index(batch_op.f("ix_organisation_claims_state_created_at"))
        batch_op.drop_index(batch_op.f("ix_organisation_claims_claimant_id"))

    op.drop_table("organisation_claims")
    with op.batch_alter_table("offering_imports", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_offering_imports_organisation_id_created_at"))

    op.drop_table("offering_imports")
    with op.batch_alter_table("invitations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_invitations_organisation_id_state"))
        batch_op.drop_index(batch_op.f("ix_invitations_login"))

    op.drop_table("invitations")
    with op.batch_alter_table("behalves", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_behalves_user_id"))
        batch_op.drop_index(batch_op.f("ix_behalves_organisation_id_started_at"))

    op.drop_table("behalves")
    with op.batch_alter_table("api_tokens", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_api_tokens_user_id"))

    op.drop_table("api_tokens")
    with op.batch_alter_table("watch_marks", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_watch_marks_kind_object_id"))

    op.drop_table("watch_marks")
    op.drop_table("totp_keys")
    with op.batch_alter_table("sign_in_steps", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_steps_created_at"))

    op.drop_table("sign_in_steps")
    with op.batch_alter_table("saved_searches", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_saved_searches_user_id"))
        batch_op.drop_index(batch_op.f("ix_saved_searches_next_at"))

    op.drop_table("saved_searches")
    op.drop_table("recovery_codes")
    with op.batch_alter_table("proof_links", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_proof_links_user_id_purpose"))
        batch_op.drop_index(batch_op.f("ix_proof_links_expires_at"))

    op.drop_table("proof_links")
    with op.batch_alter_table("personal_exports", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_personal_exports_user_id_requested_at"))
        batch_op.drop_index(batch_op.f("ix_personal_exports_expires_at"))

    op.drop_table("personal_exports")
    with op.batch_alter_table("past_passwords", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_past_passwords_user_id_ended_at"))

    op.drop_table("past_passwords")
    op.drop_table("notice_preferences")
    op.drop_table("notice_marks")
    op.drop_table("notice_cursors")
    with op.batch_alter_table("need_groups", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_need_groups_state_created_at"))

    op.drop_table("need_groups")
    with op.batch_alter_table("locked_lists", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_locked_lists_user_id_locked_at"))

    op.drop_table("locked_lists")
    with op.batch_alter_table("help_notes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_help_notes_request_id"))

    op.drop_table("help_notes")
    with op.batch_alter_table("glances", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_glances_user_id_seen_at"))

    op.drop_table("glances")
    op.drop_table("glance_choices")
    with op.batch_alter_table("external_identities", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_external_identities_user_id"))

    op.drop_table("external_identities")
    with op.batch_alter_table("digest_items", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_digest_items_created_at"))

    op.drop_table("digest_items")
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_consents_user_id_purpose"))
        batch_op.drop_index(batch_op.f("ix_consents_purpose_object_id"))

    op.drop_table("consents")
    with op.batch_alter_table("stored_files", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_stored_files_state_created_at"))
        batch_op.drop_index(batch_op.f("ix_stored_files_purpose_object_id_created_at"))
        batch_op.drop_index(batch_op.f("ix_stored_files_organisation_id_created_at"))

    op.drop_table("stored_files")
    with op.batch_alter_table("proof_codes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_proof_codes_expires_at"))

    op.drop_table("proof_codes")
    with op.batch_alter_table("parameter_changes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_parameter_changes_key_at"))

    op.drop_table("parameter_changes")
    with op.batch_alter_table("outgoing", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outgoing_state_next_at"))
        batch_op.drop_index(batch_op.f("ix_outgoing_recipient_created_at"))

    op.drop_table("outgoing")
    with op.batch_alter_table("help_requests", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_help_requests_user_id"))
        batch_op.drop_index(batch_op.f("ix_help_requests_state_created_at"))

    op.drop_table("help_requests")
    with op.batch_alter_table("erasures", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_erasures_user_id"))
        batch_op.drop_index(batch_op.f("ix_erasures_due_at"))

    op.drop_table("erasures")
    with op.batch_alter_table("desk_holds", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_desk_holds_user_id"))

    op.drop_table("desk_holds")
    op.drop_table("deal_quotas")
    op.drop_table("audit_links")
    with op.batch_alter_table("announcements", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_announcements_state_starts_at"))

    op.drop_table("announcements")
