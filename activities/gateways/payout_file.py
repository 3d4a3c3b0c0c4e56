"""The first way to pay out: a register file for the bank, by phone number, in a folder."""

import csv
import hashlib
import io
import os
from pathlib import Path

from activities.ports import PayoutFile, SentPayouts
from rules.statements import Side
from texts.catalogue import say
from texts.language import Language
from texts.statements import payee_number, payout_number, plain_cell

_COLUMNS = ("payee", "name", "phone", "amount", "purpose")


class PayoutFileGateway:
    """Writes each register once; the same register is the same file, byte for byte."""

    def __init__(self, folder: Path, lang: Language = Language.RU) -> None:
        """`folder` holds names and phones: it is made for this user only."""
        self._folder = folder
        self._lang = lang

    def send(self, file: PayoutFile) -> SentPayouts:
        """Write the register; a half-written file never has its name."""
        content = self._render(file)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{payout_number(file.number)}.csv"
        made = self._folder / f".{name}"
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        made.replace(self._folder / name)
        return SentPayouts(name, hashlib.sha256(content).hexdigest())

    def _render(self, file: PayoutFile) -> bytes:
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
        writer.writerow(say(f"export.{name}", self._lang) for name in _COLUMNS)
        for line in file.lines:
            roubles, rest = divmod(line.amount_kopecks, 100)
            payee = payee_number(file.side, line.payee_id)
            phone = (line.phone or "").removeprefix("+")
            row = (payee, line.name, phone, f"{roubles}.{rest:02d}", self._purpose(file, payee))
            writer.writerow(plain_cell(cell) for cell in row)
        return out.getvalue().encode("utf-8-sig")

    def _purpose(self, file: PayoutFile, payee: str) -> str:
        side = Side(file.side).value
        number = payout_number(file.number)
        return say(f"payout.purpose.{side}", self._lang, payee=payee, payout=number)
