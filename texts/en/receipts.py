"""Receipts: what they say, where they go, what is wrong with them."""

WORDS = {
    "receipt.item": "Works under order {number}",
    "receipt.ask": (
        "{number}: prepayment received. Where shall the receipt go?\n"
        "Tap “Enter e-mail”. Nobody but the payment provider is told your phone and e-mail."
    ),
    "receipt.ask_email_button": "✉️ Enter e-mail",
    "receipt.skip_button": "No receipt, thanks",
    "receipt.skipped": "Fine, we won't ask again.\nIf you want one later: /email and your address.",
    "receipt.email_ask": "Type the e-mail address for receipts.\nFor example: anna@mail.com",
    "receipt.email_set": "Done: receipts will go to {email}.\nTo change it: /email and a new one.",
    "receipt.email_wrong": "That is no e-mail address.\nCheck it: one @ sign and a dot are needed.",
    "receipt.person": (
        "{number}: receipt {receipt} of {amount} needs a person. {reason} The list: /receipts"
    ),
    "receipt.reason.canceled": "The cash register did not take it.",
    "receipt.reason.no_contact": "The client did not say where to send it.",
    "receipt.reason.integrity": "The provider answered about another receipt.",
    "receipt.reason.late": "No answer for more than a day, we keep trying.",
    "receipt.reason.refused": "The provider refused it: check the VAT code and the taxes.",
    "receipt.list": "Receipts that need a person: {count}",
    "receipt.none": "All receipts are fine.",
    "receipt.line": "{receipt} {number}: {kind}, {amount}. {reason}",
    "receipt.how": "Made by hand: /receipt R-1 done. Send it again: /receipt R-1 again",
    "receipt.kind.prepayment": "prepayment",
    "receipt.kind.settlement": "settlement of a prepayment",
    "receipt.kind.refund": "refund",
    "receipt.done": "{receipt}: marked as done, no more reminders.",
    "receipt.again": "{receipt}: it will be sent again within a minute.",
    "command.email": "E-mail for receipts",
    "refusal.BadEmail": "That is no e-mail address. Check it and type it again.",
    "problem.BadEmail": "Invalid e-mail address",
}
