"""The first schema: tables, the ledger's fences, the coverage index, views.

Needs no extension; works on PostgreSQL 14 and newer.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import UserDefinedType
from typing_extensions import override

revision: str = "0001"
down_revision: str | Sequence[str] | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


class Box(UserDefinedType[str]):
    """The core type `box`."""

    cache_ok = True

    @override
    def get_col_spec(self, **_: object) -> str:
        return "box"


GEOMETRY = (
    """
    CREATE FUNCTION farthest_km(radius_km double precision, farther_ok boolean)
    RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT CASE WHEN farther_ok THEN least(radius_km * 1.5, greatest(radius_km, 100.0))
               ELSE radius_km END
    $$
    """,
    # Chukotka lies on both sides of 180 degrees; counted from 0 to 360 it stays in one piece.
    """
    CREATE FUNCTION east_of_zero(longitude double precision)
    RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT CASE WHEN longitude < 0 THEN longitude + 360 ELSE longitude END
    $$
    """,
    """
    CREATE FUNCTION haversine_km(
        lat_a double precision, lon_a double precision,
        lat_b double precision, lon_b double precision
    ) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT 2 * 6371.0088 * asin(sqrt(least(1.0,
            sin(radians(lat_b - lat_a) / 2) ^ 2
            + cos(radians(lat_a)) * cos(radians(lat_b)) * sin(radians(lon_b - lon_a) / 2) ^ 2
        )))
    $$
    """,
    # A circle is widest poleward of its centre, so its radius divided by the cosine is too
    # narrow; 1.006 is how much the ellipsoid may differ from the sphere.
    """
    CREATE FUNCTION coverage_box(
        latitude double precision, longitude double precision, radius_km double precision
    ) RETURNS box LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT box(
            point(east_of_zero(longitude) - width, latitude - degrees(angle)),
            point(east_of_zero(longitude) + width, latitude + degrees(angle))
        )
        FROM (
            SELECT angle, CASE
                WHEN angle >= pi() / 2 - abs(radians(latitude)) THEN 180.0
                ELSE degrees(asin(least(1.0, sin(angle) / cos(radians(latitude)))))
            END AS width
            FROM (SELECT 1.006 * radius_km / 6371.0088 AS angle) AS angles
        ) AS widths
    $$
    """,
    """
    CREATE FUNCTION covers(coverage box, latitude double precision, longitude double precision)
    RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT coverage @> box(
                point(east_of_zero(longitude), latitude), point(east_of_zero(longitude), latitude))
            OR coverage @> box(
                point(east_of_zero(longitude) - 360, latitude),
                point(east_of_zero(longitude) - 360, latitude))
            OR coverage @> box(
                point(east_of_zero(longitude) + 360, latitude),
                point(east_of_zero(longitude) + 360, latitude))
    $$
    """,
)

MIRROR = (
    # A service's row repeats what the search needs of its contractor; nobody writes it by hand.
    """
    CREATE FUNCTION mirror_contractor() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        SELECT c.status = 'active' AND c.online, c.latitude, c.longitude, c.radius_km, c.farther_ok
        INTO NEW.active, NEW.latitude, NEW.longitude, NEW.radius_km, NEW.farther_ok
        FROM contractors c WHERE c.id = NEW.contractor_id FOR SHARE;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER mirror_contractor BEFORE INSERT OR UPDATE ON contractor_services
    FOR EACH ROW EXECUTE FUNCTION mirror_contractor()
    """,
    """
    CREATE FUNCTION contractor_moved() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE contractor_services SET active = active WHERE contractor_id = NEW.id;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER contractor_moved
    AFTER UPDATE OF status, online, latitude, longitude, radius_km, farther_ok ON contractors
    FOR EACH ROW WHEN (
        (OLD.status, OLD.online, OLD.latitude, OLD.longitude, OLD.radius_km, OLD.farther_ok)
        IS DISTINCT FROM
        (NEW.status, NEW.online, NEW.latitude, NEW.longitude, NEW.radius_km, NEW.farther_ok)
    ) EXECUTE FUNCTION contractor_moved()
    """,
)

APPEND_ONLY = ("journals", "entries", "points_entries", "order_events", "dispatch_decisions")

REFUSE_CHANGE = """
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
            USING ERRCODE = 'restrict_violation';
    END $$
    """

LEDGER = (
    """
    CREATE FUNCTION check_journal_balances() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        checked bigint := CASE TG_TABLE_NAME WHEN 'journals' THEN NEW.id ELSE NULL END;
        debit numeric;
        credit numeric;
    BEGIN
        IF checked IS NULL THEN
            checked := (to_jsonb(NEW) ->> 'journal_id')::bigint;
        END IF;
        SELECT sum(debit_kopecks), sum(credit_kopecks) INTO debit, credit
        FROM entries WHERE journal_id = checked;
        IF debit IS NULL OR debit <> credit THEN
            RAISE EXCEPTION 'journal % does not balance: debit %, credit %', checked, debit, credit
                USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_balances';
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE CONSTRAINT TRIGGER journal_balances AFTER INSERT ON journals
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_journal_balances()
    """,
    """
    CREATE CONSTRAINT TRIGGER entry_balances AFTER INSERT ON entries
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_journal_balances()
    """,
    # A written journal is complete: later lines, even balanced ones, would rewrite history.
    """
    CREATE FUNCTION check_entry_is_of_new_journal() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM 1 FROM journals
        WHERE id = NEW.journal_id AND transaction_id = pg_current_xact_id()::text::bigint;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'journal % is complete', NEW.journal_id
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER entry_of_new_journal BEFORE INSERT ON entries
    FOR EACH ROW EXECUTE FUNCTION check_entry_is_of_new_journal()
    """,
    """
    CREATE FUNCTION check_journal_resolves() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM 1 FROM journals WHERE id = NEW.resolves_id AND phase = 'pending';
        IF NOT FOUND THEN
            RAISE EXCEPTION 'journal % resolves %, which is not pending', NEW.id, NEW.resolves_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_resolves';
        END IF;
        PERFORM 1 FROM (
            SELECT account, debit_kopecks > 0 AS is_debit,
                   sum(debit_kopecks + credit_kopecks) AS kopecks
            FROM entries WHERE journal_id = NEW.id GROUP BY account, debit_kopecks > 0
        ) AS resolving FULL JOIN (
            SELECT account, debit_kopecks > 0 AS is_debit,
                   sum(debit_kopecks + credit_kopecks) AS kopecks
            FROM entries WHERE journal_id = NEW.resolves_id GROUP BY account, debit_kopecks > 0
        ) AS reserved USING (account, is_debit)
        WHERE resolving.kopecks IS NULL OR reserved.kopecks IS NULL
           OR resolving.kopecks > reserved.kopecks;
        IF FOUND THEN
            RAISE EXCEPTION 'journal % does not fit what journal % reserved',
                NEW.id, NEW.resolves_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_resolves';
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE CONSTRAINT TRIGGER journal_resolves AFTER INSERT ON journals
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.resolves_id IS NOT NULL)
    EXECUTE FUNCTION check_journal_resolves()
    """,
    # What may still leave a liability: posted, less what is reserved to leave it.
    """
    CREATE FUNCTION available_kopecks(wanted text) RETURNS numeric LANGUAGE sql STABLE AS $$
        SELECT coalesce(sum(CASE
            WHEN j.phase = 'posted' THEN e.credit_kopecks - e.debit_kopecks
            WHEN j.phase = 'pending' AND NOT EXISTS (
                SELECT 1 FROM journals r WHERE r.resolves_id = j.id
            ) THEN -e.debit_kopecks
            ELSE 0
        END), 0)
        FROM entries e JOIN journals j ON j.id = e.journal_id
        WHERE e.account = wanted
    $$
    """,
    # Two transactions cannot see each other's entries before they commit; the lock, taken at
    # commit, lets the second one look again after the first.
    """
    CREATE FUNCTION check_account_bound() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_advisory_xact_lock(hashtextextended(NEW.account, 0));
        IF available_kopecks(NEW.account) < 0 THEN
            RAISE EXCEPTION 'account % would be overdrawn', NEW.account
                USING ERRCODE = 'check_violation', CONSTRAINT = 'account_bound';
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE CONSTRAINT TRIGGER account_bound AFTER INSERT ON entries
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (
        NEW.debit_kopecks > 0 AND (
            NEW.account = 'suspense' OR NEW.account LIKE 'order:%\\:deposit'
            OR NEW.account LIKE 'contractor:%\\:payable' OR NEW.account LIKE 'client:%\\:credit'
        )
    ) EXECUTE FUNCTION check_account_bound()
    """,
)

WAKE_UP = """
    CREATE FUNCTION wake_readers() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_notify(TG_TABLE_NAME, '');
        RETURN NULL;
    END $$
    """
# The reader of each of these tables listens on the channel of the same name.
WOKEN = ("outbox", "telegram_updates", "provider_notices")

VIEWS = (
    # Balances in the account's natural sign: assets and expenses grow by debits, others by credits.
    """
    CREATE VIEW account_balances AS
    SELECT account, debit_kopecks, credit_kopecks, pending_debit_kopecks, pending_credit_kopecks,
        sign * (debit_kopecks - credit_kopecks) AS posted_kopecks,
        sign * (debit_kopecks + pending_debit_kopecks - credit_kopecks - pending_credit_kopecks)
            AS with_pending_kopecks,
        credit_kopecks - debit_kopecks - pending_debit_kopecks AS available_kopecks
    FROM (
        SELECT e.account,
            CASE WHEN e.account IN
                ('psp\\:clearing', 'bank', 'psp_fee', 'compensation', 'chargeback', 'writeoff')
                OR e.account LIKE 'contractor:%\\:receivable' THEN 1 ELSE -1 END AS sign,
            (coalesce(sum(e.debit_kopecks) FILTER (WHERE j.phase = 'posted'), 0))::bigint
                AS debit_kopecks,
            (coalesce(sum(e.credit_kopecks) FILTER (WHERE j.phase = 'posted'), 0))::bigint
                AS credit_kopecks,
            (coalesce(sum(e.debit_kopecks) FILTER (
                WHERE j.phase = 'pending' AND r.id IS NULL), 0))::bigint AS pending_debit_kopecks,
            (coalesce(sum(e.credit_kopecks) FILTER (
                WHERE j.phase = 'pending' AND r.id IS NULL), 0))::bigint AS pending_credit_kopecks
        FROM entries e
        JOIN journals j ON j.id = e.journal_id
        LEFT JOIN journals r ON r.resolves_id = j.id
        GROUP BY e.account
    ) AS sums
    """,
    """
    CREATE VIEW order_money AS
    SELECT o.id AS order_id, o.number,
        (coalesce(sum(e.debit_kopecks) FILTER (
            WHERE j.kind = 'held' AND r.id IS NULL), 0))::bigint AS held_kopecks,
        (coalesce(sum(e.debit_kopecks) FILTER (
            WHERE j.kind = 'captured' AND e.account = 'psp\\:clearing'), 0))::bigint
            AS captured_kopecks,
        (coalesce(sum(e.credit_kopecks) FILTER (
            WHERE j.kind = 'refund_requested' AND r.id IS NULL), 0))::bigint
            AS refund_pending_kopecks,
        (coalesce(sum(e.credit_kopecks) FILTER (
            WHERE j.kind = 'refund_succeeded' AND e.account = 'psp\\:clearing'), 0))::bigint
            AS refunded_kopecks,
        (coalesce(sum(e.credit_kopecks - e.debit_kopecks) FILTER (
            WHERE j.phase = 'posted' AND e.account = 'order:' || o.id || '\\:deposit'), 0))::bigint
            AS deposit_kopecks,
        (coalesce(sum(e.credit_kopecks - e.debit_kopecks) FILTER (
            WHERE j.phase = 'posted' AND e.account = 'fee\\:platform'), 0))::bigint
            AS platform_kopecks,
        (coalesce(sum(e.credit_kopecks - e.debit_kopecks) FILTER (
            WHERE j.phase = 'posted' AND e.account LIKE 'contractor:%\\:payable'), 0))::bigint
            AS contractor_kopecks,
        (coalesce(sum(e.credit_kopecks - e.debit_kopecks) FILTER (
            WHERE j.phase = 'posted' AND e.account LIKE 'client:%\\:credit'), 0))::bigint
            AS compensation_kopecks
    FROM orders o
    LEFT JOIN journals j ON j.order_id = o.id
    LEFT JOIN journals r ON r.resolves_id = j.id
    LEFT JOIN entries e ON e.journal_id = j.id
    GROUP BY o.id, o.number
    """,
)


def create_provider_notices() -> None:
    op.create_table(
        "provider_notices",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False, start=1), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("passed_on_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_notices")),
        sa.UniqueConstraint("body_hash", name=op.f("uq_provider_notices_body_hash")),
    )
    op.create_index(
        op.f("ix_provider_notices_object_id"), "provider_notices", ["object_id"], unique=False
    )
    op.create_index(
        "ix_provider_notices_waiting",
        "provider_notices",
        ["received_at"],
        unique=False,
        postgresql_where=sa.text("passed_on_at IS NULL"),
    )


def create_taps() -> None:
    op.create_table(
        "taps",
        sa.Column("intent_key", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("intent_key", name=op.f("pk_taps")),
    )


def create_telegram_limits() -> None:
    op.create_table(
        "telegram_limits",
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("chat_id", name=op.f("pk_telegram_limits")),
    )


def create_telegram_messages() -> None:
    op.create_table(
        "telegram_messages",
        sa.Column("card_key", sa.Text(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("card_key", name=op.f("pk_telegram_messages")),
    )


def create_telegram_updates() -> None:
    op.create_table(
        "telegram_updates",
        sa.Column("bot_id", sa.BigInteger(), nullable=False),
        sa.Column("update_id", sa.BigInteger(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('new', 'done', 'failed')", name=op.f("ck_telegram_updates_state_known")
        ),
        sa.PrimaryKeyConstraint("bot_id", "update_id", name=op.f("pk_telegram_updates")),
    )
    op.create_index(
        "ix_telegram_updates_new",
        "telegram_updates",
        ["chat_id", "update_id"],
        unique=False,
        postgresql_where=sa.text("state = 'new'"),
    )


def create_users() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False, start=1001), nullable=False),
        sa.Column("telegram_id", sa.BigInteger(), nullable=True),
        sa.Column("first_name", sa.Text(), nullable=False),
        sa.Column("username", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("phone_verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("blocked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_support", sa.Boolean(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("language IN ('ru', 'en')", name=op.f("ck_users_language_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("telegram_id", name=op.f("uq_users_telegram_id")),
    )


def create_contractors() -> None:
    op.create_table(
        "contractors",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False, start=17), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("online", sa.Boolean(), nullable=False),
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=False),
        sa.Column("longitude", sa.Float(), nullable=False),
        sa.Column("radius_km", sa.Float(), nullable=False),
        sa.Column("farther_ok", sa.Boolean(), nullable=False),
        sa.Column("night_ok", sa.Boolean(), nullable=False),
        sa.Column("utc_offset_minutes", sa.Integer(), nullable=False),
        sa.Column("rating", sa.Float(), nullable=False),
        sa.Column("reviews", sa.Integer(), nullable=False),
        sa.Column("points", sa.Float(), nullable=False),
        sa.Column("completed", sa.Integer(), nullable=False),
        sa.Column("offers_90d", sa.Integer(), nullable=False),
        sa.Column("accepted_90d", sa.Integer(), nullable=False),
        sa.Column(
            "joined_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("last_won_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("busy", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status IN ('pending', 'active', 'suspended')", name=op.f("ck_contractors_status_known")
        ),
        sa.CheckConstraint(
            "busy >= 0 AND held >= 0 AND busy + held <= capacity",
            name=op.f("ck_contractors_capacity_kept"),
        ),
        sa.CheckConstraint(
            "latitude >= -90 AND latitude <= 90 AND longitude >= -180 AND longitude <= 180",
            name=op.f("ck_contractors_place"),
        ),
        sa.CheckConstraint(
            "radius_km >= 5 AND radius_km <= 100", name=op.f("ck_contractors_radius")
        ),
        sa.CheckConstraint("rating >= 1 AND rating <= 5", name=op.f("ck_contractors_rating")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_contractors_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contractors")),
        sa.UniqueConstraint("user_id", name=op.f("uq_contractors_user_id")),
    )


def create_dialogue_drafts() -> None:
    op.create_table(
        "dialogue_drafts",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("flow", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("answers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_dialogue_drafts_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_dialogue_drafts")),
    )


def create_order_requests() -> None:
    op.create_table(
        "order_requests",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("utc_offset_minutes", sa.Integer(), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=False),
        sa.Column("longitude", sa.Float(), nullable=False),
        sa.Column("precision", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("photo_count", sa.Integer(), nullable=False),
        sa.Column("wish_day", sa.Date(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "precision IN ('pin', 'town')", name=op.f("ck_order_requests_precision_known")
        ),
        sa.CheckConstraint(
            "service IN ('drilling.well', 'repair.no_water', 'repair.pump', "
            "'repair.cleaning', 'sewage.overflow', 'sewage.pump_out', 'sewage.install')",
            name=op.f("ck_order_requests_service_known"),
        ),
        sa.CheckConstraint("source IN ('bot', 'api')", name=op.f("ck_order_requests_source_known")),
        sa.ForeignKeyConstraint(
            ["client_id"], ["users.id"], name=op.f("fk_order_requests_client_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_requests")),
    )
    op.create_index(
        op.f("ix_order_requests_client_id"), "order_requests", ["client_id"], unique=False
    )


def create_contractor_services() -> None:
    op.create_table(
        "contractor_services",
        sa.Column("contractor_id", sa.BigInteger(), nullable=False),
        sa.Column("service_type", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=False),
        sa.Column("longitude", sa.Float(), nullable=False),
        sa.Column("radius_km", sa.Float(), nullable=False),
        sa.Column("farther_ok", sa.Boolean(), nullable=False),
        sa.Column(
            "cov",
            Box(),
            sa.Computed(
                "coverage_box(latitude, longitude, farthest_km(radius_km, farther_ok))",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.CheckConstraint(
            "service_type IN ('drilling', 'repair', 'sewage')",
            name=op.f("ck_contractor_services_service_type_known"),
        ),
        sa.ForeignKeyConstraint(
            ["contractor_id"], ["contractors.id"], name=op.f("fk_contractor_services_contractor_id")
        ),
        sa.PrimaryKeyConstraint(
            "contractor_id", "service_type", name=op.f("pk_contractor_services")
        ),
    )
    op.create_index(
        "ix_contractor_services_cov_drilling",
        "contractor_services",
        ["cov"],
        unique=False,
        postgresql_using="gist",
        postgresql_where=sa.text("active AND service_type = 'drilling'"),
    )
    op.create_index(
        "ix_contractor_services_cov_repair",
        "contractor_services",
        ["cov"],
        unique=False,
        postgresql_using="gist",
        postgresql_where=sa.text("active AND service_type = 'repair'"),
    )
    op.create_index(
        "ix_contractor_services_cov_sewage",
        "contractor_services",
        ["cov"],
        unique=False,
        postgresql_using="gist",
        postgresql_where=sa.text("active AND service_type = 'sewage'"),
    )


def create_orders() -> None:
    op.create_table(
        "orders",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=False, start=1001), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("request_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("service_type", sa.Text(), nullable=False),
        sa.Column("job_class", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("town", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("utc_offset_minutes", sa.Integer(), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=False),
        sa.Column("longitude", sa.Float(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("estimate_low_kopecks", sa.BigInteger(), nullable=False),
        sa.Column("estimate_high_kopecks", sa.BigInteger(), nullable=False),
        sa.Column("prepayment_kopecks", sa.BigInteger(), nullable=False),
        sa.Column("refund_kopecks", sa.BigInteger(), nullable=False),
        sa.Column("compensation_kopecks", sa.BigInteger(), nullable=False),
        sa.Column("final_price_kopecks", sa.BigInteger(), nullable=True),
        sa.Column("contractor_id", sa.BigInteger(), nullable=True),
        sa.Column("visit_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("prepaid", sa.Boolean(), nullable=False),
        sa.Column("needs_attention", sa.Boolean(), nullable=False),
        sa.Column("policy_version", sa.Text(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("money", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("money_closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "job_class IN ('urgent', 'service', 'project')", name=op.f("ck_orders_job_class_known")
        ),
        sa.CheckConstraint(
            "service IN ('drilling.well', 'repair.no_water', 'repair.pump', "
            "'repair.cleaning', 'sewage.overflow', 'sewage.pump_out', 'sewage.install')",
            name=op.f("ck_orders_service_known"),
        ),
        sa.CheckConstraint(
            "service_type IN ('drilling', 'repair', 'sewage')",
            name=op.f("ck_orders_service_type_known"),
        ),
        sa.CheckConstraint(
            "state IN ('new', 'searching', 'awaiting_prepayment', 'booked', 'in_progress', "
            "'awaiting_acceptance', 'completed', 'cancelled', 'unpaid', 'no_contractor', "
            "'rejected', 'disputed')",
            name=op.f("ck_orders_state_known"),
        ),
        sa.CheckConstraint(
            "estimate_low_kopecks >= 0 AND estimate_high_kopecks >= estimate_low_kopecks "
            "AND prepayment_kopecks >= 0 AND refund_kopecks >= 0 AND refund_kopecks <= "
            "prepayment_kopecks AND compensation_kopecks >= 0 AND (final_price_kopecks IS "
            "NULL OR final_price_kopecks >= 0)",
            name=op.f("ck_orders_amounts"),
        ),
        sa.CheckConstraint("version >= 0", name=op.f("ck_orders_version")),
        sa.ForeignKeyConstraint(["client_id"], ["users.id"], name=op.f("fk_orders_client_id")),
        sa.ForeignKeyConstraint(
            ["contractor_id"], ["contractors.id"], name=op.f("fk_orders_contractor_id")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["order_requests.id"], name=op.f("fk_orders_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("number", name=op.f("uq_orders_number")),
        sa.UniqueConstraint("request_id", name=op.f("uq_orders_request_id")),
        sa.UniqueConstraint("secret", name=op.f("uq_orders_secret")),
    )
    op.create_index(
        "ix_orders_attention",
        "orders",
        ["state_since"],
        unique=False,
        postgresql_where=sa.text("needs_attention"),
    )
    op.create_index(
        "ix_orders_client",
        "orders",
        ["client_id", sa.literal_column("created_at DESC")],
        unique=False,
    )
    op.create_index(
        "ix_orders_contractor",
        "orders",
        ["contractor_id", sa.literal_column("created_at DESC")],
        unique=False,
    )
    op.create_index("ix_orders_state", "orders", ["state", "state_since"], unique=False)


def create_dispatch_decisions() -> None:
    op.create_table(
        "dispatch_decisions",
        sa.Column("order_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("wave", sa.Integer(), nullable=False),
        sa.Column("contractor_id", sa.BigInteger(), nullable=False),
        sa.Column("policy_version", sa.Text(), nullable=False),
        sa.Column("seed", sa.Text(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("distance_km", sa.Float(), nullable=False),
        sa.Column("terms", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("chosen", sa.Boolean(), nullable=False),
        sa.Column("explored", sa.Boolean(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["contractor_id"], ["contractors.id"], name=op.f("fk_dispatch_decisions_contractor_id")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_dispatch_decisions_order_id")
        ),
        sa.PrimaryKeyConstraint(
            "order_id", "round", "wave", "contractor_id", name=op.f("pk_dispatch_decisions")
        ),
    )


def create_dispatch_exclusions() -> None:
    op.create_table(
        "dispatch_exclusions",
        sa.Column("order_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("wave", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "reason IN ('out_of_radius', 'off_line', 'service', 'capacity', 'night', "
            "'asked_before', 'own_order', 'offers_live', 'band', 'blocked')",
            name=op.f("ck_dispatch_exclusions_reason_known"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_dispatch_exclusions_order_id")
        ),
        sa.PrimaryKeyConstraint(
            "order_id", "round", "wave", "reason", name=op.f("pk_dispatch_exclusions")
        ),
    )


def create_holds() -> None:
    op.create_table(
        "holds",
        sa.Column("order_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("contractor_id", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["contractor_id"], ["contractors.id"], name=op.f("fk_holds_contractor_id")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_holds_order_id")),
        sa.PrimaryKeyConstraint("order_id", "contractor_id", name=op.f("pk_holds")),
    )
    op.create_index(op.f("ix_holds_contractor_id"), "holds", ["contractor_id"], unique=False)


def create_journals() -> None:
    op.create_table(
        "journals",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False, start=1), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("resolves_id", sa.BigInteger(), nullable=True),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "transaction_id",
            sa.BigInteger(),
            server_default=sa.text("pg_current_xact_id()::text::bigint"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "phase <> 'void' OR resolves_id IS NOT NULL", name=op.f("ck_journals_void_resolves")
        ),
        sa.CheckConstraint(
            "phase IN ('posted', 'pending', 'void')", name=op.f("ck_journals_phase_known")
        ),
        sa.CheckConstraint(
            "resolves_id IS NULL OR phase <> 'pending'", name=op.f("ck_journals_resolves")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_journals_order_id")),
        sa.ForeignKeyConstraint(
            ["resolves_id"], ["journals.id"], name=op.f("fk_journals_resolves_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journals")),
        sa.UniqueConstraint("resolves_id", name=op.f("uq_journals_resolves_id")),
        sa.UniqueConstraint(
            "source", "source_id", "kind", name=op.f("uq_journals_source_source_id_kind")
        ),
    )
    op.create_index(op.f("ix_journals_order_id"), "journals", ["order_id"], unique=False)


def create_offers() -> None:
    op.create_table(
        "offers",
        sa.Column("order_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("contractor_id", sa.BigInteger(), nullable=False),
        sa.Column("wave", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("visit_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("distance_km", sa.Float(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("terms", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('live', 'declined', 'expired', 'won', 'lost', 'withdrawn', 'skipped')",
            name=op.f("ck_offers_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["contractor_id"], ["contractors.id"], name=op.f("fk_offers_contractor_id")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_offers_order_id")),
        sa.PrimaryKeyConstraint("order_id", "round", "contractor_id", name=op.f("pk_offers")),
    )
    op.create_index(
        "ix_offers_contractor",
        "offers",
        ["contractor_id", sa.literal_column("created_at DESC")],
        unique=False,
    )
    op.create_index(
        "ix_offers_live",
        "offers",
        ["contractor_id"],
        unique=False,
        postgresql_where=sa.text("state = 'live'"),
    )
    op.create_index(
        "uq_offers_won",
        "offers",
        ["order_id"],
        unique=True,
        postgresql_where=sa.text("state = 'won'"),
    )


def create_order_events() -> None:
    op.create_table(
        "order_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False, start=1), nullable=False),
        sa.Column("order_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("by_role", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("params", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint(
            "by_role IN ('client', 'contractor', 'support', 'system')",
            name=op.f("ck_order_events_by_role_known"),
        ),
        sa.CheckConstraint(
            "event IN ('placed', 'wave_sent', 'offer_declined', 'person_called', "
            "'accepted', 'rebooked', 'claim_refused', 'payment_reminded', 'prepaid', "
            "'payment_expired', 'hold_lost', 'gave_up', 'rejected', 'slot_proposed', "
            "'slot_agreed', 'slot_refused', 'visit_reminded', 'set_off', 'start_overdue', "
            "'started', 'done', 'work_accepted', 'rated', 'withdrew', 'no_show', "
            "'cancelled', 'claimed', 'claim_waived', 'claim_objected', 'claim_settled', "
            "'dispute_opened', 'dispute_resolved', 'closed')",
            name=op.f("ck_order_events_event_known"),
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_events_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_events")),
        sa.UniqueConstraint(
            "order_id", "version", "event", name=op.f("uq_order_events_order_id_version_event")
        ),
    )


def create_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False, start=1), nullable=False),
        sa.Column("chat_user_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("card_key", sa.Text(), nullable=True),
        sa.Column("order_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("notice", sa.Text(), nullable=True),
        sa.Column("params", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind <> 'card' OR card_key IS NOT NULL", name=op.f("ck_outbox_card_has_key")
        ),
        sa.CheckConstraint(
            "kind <> 'notice' OR notice IS NOT NULL", name=op.f("ck_outbox_notice_has_name")
        ),
        sa.CheckConstraint("kind IN ('card', 'notice')", name=op.f("ck_outbox_kind_known")),
        sa.CheckConstraint(
            "role IN ('client', 'contractor', 'support', 'system')",
            name=op.f("ck_outbox_role_known"),
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'sending', 'sent', 'failed', 'skipped')",
            name=op.f("ck_outbox_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["chat_user_id"], ["users.id"], name=op.f("fk_outbox_chat_user_id")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_outbox_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index("ix_outbox_card", "outbox", ["card_key", "id"], unique=False)
    op.create_index(
        "ix_outbox_open",
        "outbox",
        ["next_at", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('pending', 'sending')"),
    )
    op.create_index(op.f("ix_outbox_order_id"), "outbox", ["order_id"], unique=False)


def create_payment_attempts() -> None:
    op.create_table(
        "payment_attempts",
        sa.Column("order_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("amount_kopecks", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("confirmation_url", sa.Text(), nullable=True),
        sa.Column("decline_reason", sa.Text(), nullable=True),
        sa.Column("hold_ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released", sa.Boolean(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "method IN ('card', 'sbp')", name=op.f("ck_payment_attempts_method_known")
        ),
        sa.CheckConstraint(
            "state IN ('requested', 'pending', 'held', 'captured', 'voided', 'declined', "
            "'expired', 'failed')",
            name=op.f("ck_payment_attempts_state_known"),
        ),
        sa.CheckConstraint("amount_kopecks > 0", name=op.f("ck_payment_attempts_amount")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_payment_attempts_order_id")
        ),
        sa.PrimaryKeyConstraint("order_id", "number", name=op.f("pk_payment_attempts")),
        sa.UniqueConstraint("provider_id", name=op.f("uq_payment_attempts_provider_id")),
    )
    op.create_index(
        "ix_payment_attempts_open",
        "payment_attempts",
        ["updated_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('requested', 'pending', 'held')"),
    )


def create_payment_operations() -> None:
    op.create_table(
        "payment_operations",
        sa.Column("key", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("order_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("op", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("request_bytes", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column(
            "response", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("first_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sends", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "op IN ('create', 'get', 'capture', 'void', 'refund', 'get_refund')",
            name=op.f("ck_payment_operations_op_known"),
        ),
        sa.CheckConstraint(
            "status IN ('new', 'sent', 'unknown', 'done', 'refused')",
            name=op.f("ck_payment_operations_status_known"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_payment_operations_order_id")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_payment_operations")),
    )
    op.create_index(
        "ix_payment_operations_open",
        "payment_operations",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('new', 'sent', 'unknown')"),
    )
    op.create_index(
        op.f("ix_payment_operations_order_id"), "payment_operations", ["order_id"], unique=False
    )


def create_points_entries() -> None:
    op.create_table(
        "points_entries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False, start=1), nullable=False),
        sa.Column("contractor_id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("delta", sa.Integer(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("policy_version", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "reason IN ('completed', 'stars', 'quick_answer', 'silence', "
            "'withdrew_unpaid', 'withdrew_paid', 'no_show')",
            name=op.f("ck_points_entries_reason_known"),
        ),
        sa.ForeignKeyConstraint(
            ["contractor_id"], ["contractors.id"], name=op.f("fk_points_entries_contractor_id")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_points_entries_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_points_entries")),
        sa.UniqueConstraint(
            "order_id",
            "round",
            "reason",
            "contractor_id",
            name=op.f("uq_points_entries_order_id_round_reason_contractor_id"),
        ),
    )
    op.create_index(
        "ix_points_entries_contractor",
        "points_entries",
        ["contractor_id", "created_at"],
        unique=False,
    )


def create_ratings() -> None:
    op.create_table(
        "ratings",
        sa.Column("order_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("by_role", sa.Text(), nullable=False),
        sa.Column("stars", sa.Integer(), nullable=False),
        sa.Column("revealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "by_role IN ('client', 'contractor')", name=op.f("ck_ratings_by_role_known")
        ),
        sa.CheckConstraint("stars >= 1 AND stars <= 5", name=op.f("ck_ratings_stars")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_ratings_order_id")),
        sa.PrimaryKeyConstraint("order_id", "by_role", name=op.f("pk_ratings")),
    )


def create_entries() -> None:
    op.create_table(
        "entries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False, start=1), nullable=False),
        sa.Column("journal_id", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("debit_kopecks", sa.BigInteger(), nullable=False),
        sa.Column("credit_kopecks", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(debit_kopecks > 0 AND credit_kopecks = 0) OR (credit_kopecks > 0 AND "
            "debit_kopecks = 0)",
            name=op.f("ck_entries_one_side"),
        ),
        sa.ForeignKeyConstraint(
            ["journal_id"], ["journals.id"], name=op.f("fk_entries_journal_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entries")),
    )
    op.create_index(op.f("ix_entries_account"), "entries", ["account"], unique=False)
    op.create_index(op.f("ix_entries_journal_id"), "entries", ["journal_id"], unique=False)


def create_refunds() -> None:
    op.create_table(
        "refunds",
        sa.Column("order_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("amount_kopecks", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('requested', 'pending', 'succeeded', 'failed')",
            name=op.f("ck_refunds_state_known"),
        ),
        sa.CheckConstraint("amount_kopecks > 0", name=op.f("ck_refunds_amount")),
        sa.ForeignKeyConstraint(
            ["order_id", "attempt"],
            ["payment_attempts.order_id", "payment_attempts.number"],
            name=op.f("fk_refunds_order_id"),
        ),
        sa.PrimaryKeyConstraint("order_id", "attempt", "seq", name=op.f("pk_refunds")),
        sa.UniqueConstraint("provider_id", name=op.f("uq_refunds_provider_id")),
    )


TABLES = (
    create_provider_notices,
    create_taps,
    create_telegram_limits,
    create_telegram_messages,
    create_telegram_updates,
    create_users,
    create_contractors,
    create_dialogue_drafts,
    create_order_requests,
    create_contractor_services,
    create_orders,
    create_dispatch_decisions,
    create_dispatch_exclusions,
    create_holds,
    create_journals,
    create_offers,
    create_order_events,
    create_outbox,
    create_payment_attempts,
    create_payment_operations,
    create_points_entries,
    create_ratings,
    create_entries,
    create_refunds,
)

FUNCTIONS = (
    "mirror_contractor",
    "contractor_moved",
    "refuse_change",
    "check_journal_balances",
    "check_entry_is_of_new_journal",
    "check_journal_resolves",
    "available_kopecks",
    "check_account_bound",
    "wake_readers",
    "covers",
    "coverage_box",
    "haversine_km",
    "east_of_zero",
    "farthest_km",
)


def upgrade() -> None:
    # A migration that cannot get its lock gives up instead of queueing everybody behind it.
    op.execute("SET LOCAL lock_timeout = '3s'")
    for statement in GEOMETRY:
        op.execute(statement)
    for create in TABLES:
        create()
    for statement in (*MIRROR, REFUSE_CHANGE, *LEDGER, WAKE_UP, *VIEWS):
        op.execute(statement)
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    for table in WOKEN:
        op.execute(
            f"CREATE TRIGGER wake_readers AFTER INSERT ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION wake_readers()"
        )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("DROP VIEW order_money, account_balances")
    for create in reversed(TABLES):
        op.drop_table(create.__name__.removeprefix("create_"))
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}")
