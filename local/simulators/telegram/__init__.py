"""A strict local Telegram: the Bot API for the bot, `/sim` and two phones for the people."""
