"""The Telegram bot: durable inbox and outbox, drafts, cards; it acts only through workflows."""
