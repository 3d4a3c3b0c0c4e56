"""Files for the accountant: CSV and XLSX of statements and of a day's register.

Deterministic: the same books give the same bytes. Amounts are numbers; a text that a spreadsheet
would take for a formula is made plain text.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import xlsxwriter

from rules.statements import BUSINESS_OFFSET_MINUTES, DayRegister, Movement, Side
from texts.catalogue import say
from texts.formatting import local, order_number
from texts.language import Language
from texts.statements import movement_name, plain_cell

# Written into every workbook instead of the moment of its making.
_MADE = datetime(2026, 1, 1)  # noqa: DTZ001 - the format has no time zone
_WIDTH = 22


class Format(StrEnum):
    """The kinds of files."""

    CSV = "csv"
    XLSX = "xlsx"

    @property
    def media_type(self) -> str:
        """What the file is sent as."""
        if self is Format.CSV:
            return "text/csv; charset=utf-8"
        return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Roubles:
    """An amount in a cell: a number with two digits after the point."""

    kopecks: int

    @property
    def words(self) -> str:
        """As CSV has it."""
        sign = "-" if self.kopecks < 0 else ""
        whole, rest = divmod(abs(self.kopecks), 100)
        return f"{sign}{whole}.{rest:02d}"


Cell = str | int | Roubles


@dataclass(frozen=True)
class Sheet:
    """A table with its name and its first row."""

    name: str
    head: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]


def _words(cell: Cell) -> str:
    if isinstance(cell, Roubles):
        return cell.words
    return plain_cell(cell) if isinstance(cell, str) else str(cell)


def to_csv(sheet: Sheet) -> bytes:
    """One table, with the mark by which spreadsheets know UTF-8."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    for row in (sheet.head, *sheet.rows):
        writer.writerow([_words(cell) for cell in row])
    return out.getvalue().encode("utf-8-sig")


def to_xlsx(*sheets: Sheet) -> bytes:
    """A workbook of these tables."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(out, options)
    book.set_properties({"created": _MADE})
    amount, bold = book.add_format({"num_format": "# ##0.00"}), book.add_format({"bold": True})
    for sheet in sheets:
        page = book.add_worksheet(sheet.name)
        page.set_column(0, len(sheet.head) - 1, _WIDTH)
        page.freeze_panes(1, 0)
        page.write_row(0, 0, sheet.head, bold)
        for at, row in enumerate(sheet.rows, start=1):
            for column, cell in enumerate(row):
                if isinstance(cell, Roubles):
                    page.write_number(at, column, cell.kopecks / 100, amount)
                elif isinstance(cell, int):
                    page.write_number(at, column, cell)
                else:
                    page.write_string(at, column, plain_cell(cell))
    book.close()
    return out.getvalue()


def statement_sheet(movements: Sequence[Movement], side: Side, lang: Language) -> Sheet:
    """A person's statement, as the rows come."""
    return Sheet(
        say("export.statement", lang),
        _head(lang, "date", "order", "what", "amount", "moved", "balance"),
        [
            (
                _date(one.at),
                _number(one.order_number),
                movement_name(one, side, lang),
                Roubles(one.amount_kopecks),
                Roubles(one.moved_kopecks),
                Roubles(one.balance_kopecks),
            )
            for one in movements
        ],
    )


def journals_sheet(register: DayRegister, lang: Language) -> Sheet:
    """All lines of the day's journals."""
    return Sheet(
        say("export.journals", lang),
        _head(lang, "journal", "date", "kind", "order", "account", "debit", "credit"),
        [
            (
                one.journal_id,
                _date(one.at),
                one.kind,
                _number(one.order_number),
                one.account,
                Roubles(one.debit_kopecks),
                Roubles(one.credit_kopecks),
            )
            for one in register.lines
        ],
    )


def balances_sheet(register: DayRegister, lang: Language) -> Sheet:
    """Each account's balance before and after the day, its turnover, and the totals that tie."""
    rows = [
        (
            one.opening_kopecks,
            one.debit_kopecks,
            one.credit_kopecks,
            one.closing_kopecks,
        )
        for one in register.accounts
    ]
    cells: list[tuple[Cell, ...]] = [
        (one.account, *_two_sided(row)) for one, row in zip(register.accounts, rows, strict=True)
    ]
    sums = [
        Roubles(sum(cell.kopecks for cell in column))
        for column in zip(*(_two_sided(row) for row in rows), strict=True)
    ]
    cells.append((say("export.total", lang), *(sums or [Roubles(0)] * 6)))
    columns = ("opening_debit", "opening_credit", "debit", "credit")
    closing = ("closing_debit", "closing_credit")
    return Sheet(say("export.balances", lang), _head(lang, "account", *columns, *closing), cells)


def _two_sided(row: tuple[int, int, int, int]) -> tuple[Roubles, ...]:
    opening, debit, credit, closing = row
    return (
        Roubles(max(0, opening)),
        Roubles(max(0, -opening)),
        Roubles(debit),
        Roubles(credit),
        Roubles(max(0, closing)),
        Roubles(max(0, -closing)),
    )


def _head(lang: Language, *names: str) -> tuple[str, ...]:
    return tuple(say(f"export.{name}", lang) for name in names)


def _date(at: datetime) -> str:
    return f"{local(at, BUSINESS_OFFSET_MINUTES):%Y-%m-%d %H:%M:%S}"


def _number(number: int | None) -> str:
    return order_number(number) if number is not None else ""
