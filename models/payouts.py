"""Payout registers and their lines; amounts in kopecks, postings in the ledger."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Column, Identity, Index, UniqueConstraint, text
from sqlalchemy.types import BigInteger
from sqlmodel import Field

from models.columns import Table, big, known, kopecks, one_of, order_key, words
from rules.payouts import PayoutState, RegisterState
from rules.statements import Side


class PayoutRegisterRow(Table, table=True):
    """Who proposed to pay whom; the database wants another person's approval."""

    __tablename__ = "payout_registers"
    __table_args__ = (
        one_of("side", Side),
        one_of("state", RegisterState),
        CheckConstraint("total_kopecks > 0", name="amount"),
        CheckConstraint("approved_by IS NULL OR approved_by <> proposed_by", name="two_people"),
        CheckConstraint(
            "state NOT IN ('approved', 'sent', 'closed') OR approved_by IS NOT NULL",
            name="approved",
        ),
    )

    id: str = order_key(primary_key=True)
    number: int = Field(
        default=None,
        sa_column=Column(BigInteger, Identity(start=101), nullable=False, unique=True),
    )
    side: Side = known(Side)
    state: RegisterState = known(RegisterState, default=RegisterState.PROPOSED)
    total_kopecks: int = kopecks()
    proposed_by: str = words()
    proposed_at: datetime
    approved_by: str | None = words(default=None)
    approved_at: datetime | None = None
    ended_by: str | None = words(default=None)
    ended_at: datetime | None = None
    sent_at: datetime | None = None
    # The bank's file: its name and the SHA-256 of its bytes.
    file_name: str | None = words(default=None)
    file_hash: str | None = words(default=None)


class PayoutRow(Table, table=True):
    """One payee in one register."""

    __tablename__ = "payouts"
    __table_args__ = (
        one_of("state", PayoutState),
        CheckConstraint("amount_kopecks > 0 AND set_off_kopecks >= 0", name="amounts"),
        UniqueConstraint("register_id", "payee_id"),
        Index("ix_payouts_reserved", "register_id", postgresql_where=text("state = 'reserved'")),
    )

    id: str = order_key(primary_key=True)
    register_id: str = order_key(foreign_key="payout_registers.id")
    payee_id: int = big(index=True)
    amount_kopecks: int = kopecks()
    set_off_kopecks: int = kopecks()
    state: PayoutState = known(PayoutState, default=PayoutState.RESERVED)
    reason: str = words(default="")
    ended_at: datetime | None = None
