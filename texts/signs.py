"""The fixed first signs of buttons that move an order; people and scripts look for them."""

ACCEPT = "✅"
REFUSE = "❌"
PAY = "💳"
ON_THE_WAY = "🚚"
START = "🛠"
DONE = "🏁"
ACCEPT_WORK = "👍"
OTHER_TIME = "📅"
DISPUTE = "⚠️"
RATE = "⭐"
PERSON = "🙋"

ALL = (
    ACCEPT,
    REFUSE,
    PAY,
    ON_THE_WAY,
    START,
    DONE,
    ACCEPT_WORK,
    OTHER_TIME,
    DISPUTE,
    RATE,
    PERSON,
)
