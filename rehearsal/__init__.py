"""A study can be rehearsed: the real stack, with people, time and Telegram played by this package."""
