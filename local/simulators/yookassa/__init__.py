"""YooKassa on this machine: the same HTTP, a payment page, its own clock and planted faults.

Shares no code and no database with what it tests, so that it cannot agree with our mistakes.
"""
