"""Named queries shared by API, bot and activities; every function takes a session."""
