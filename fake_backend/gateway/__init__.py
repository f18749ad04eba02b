"""The fake payment gateway: its own process, its own ledger, its own clock, and the bad habits of real ones as switchable faults.

`python -m fake_backend.gateway` starts it; `app.compose` puts it together inside another process, for tests.
"""
