"""Who may say support's commands, and what is answered when they cannot be carried out."""

from collections.abc import Awaitable, Callable

from bot.handlers.dialogues import show_where_we_are
from bot.visit import Visit
from rules.errors import BadInput, RuleViolation
from texts.catalogue import screen
from texts.refusals import refusal_to_support

Command = Callable[[Visit, list[str]], Awaitable[None]]

EXAMPLES = {
    "order": "/order D-1042",
    "who": "/who D-1042",
    "why": "/why D-1042",
    "widen": "/widen D-1042 30",
    "price": "/price D-1042 15000 20000",
    "reassign": "/reassign D-1042 C-17",
    "refund": "/refund D-1042 client_asked",
    "dispute": "/dispute D-1042 client_asked",
    "resolve": "/resolve D-1042 1500",
    "claim": "/claim D-1042 800",
    "appeal": "/appeal D-1042 900",
    "approve": "/approve C-17",
    "suspend": "/suspend C-17",
    "repair": "/repair B-1",
    "dismiss": "/dismiss B-1 why",
    "chargeback": "/chargeback 2f1d6c1e-000f 1500",
    "payouts": "/payouts contractors",
    "payout": "/payout P-101",
    "receipt": "/receipt R-1 done",
}
"""What a command looks like, the same in every language."""


def guarded(name: str, command: Command) -> Callable[[Visit, str], Awaitable[None]]:
    """For support only; to everybody else the command does not exist."""

    async def run(visit: Visit, rest: str) -> None:
        if not visit.is_support:
            await show_where_we_are(visit, is_unknown=True)
            return
        try:
            await command(visit, rest.split())
        except RuleViolation as error:
            words = refusal_to_support(error, visit.lang)
            if isinstance(error, BadInput) and name in EXAMPLES:
                words = screen("support.usage", visit.lang, example=EXAMPLES[name])
            await visit.send(words)

    return run
