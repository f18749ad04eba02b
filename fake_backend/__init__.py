"""The reference reservation backend: what a careful team would put behind the app, small enough to read in an evening.

A promise is made only after it is durable: a reservation is answered when the transaction that holds it has been synced.
`python -m fake_backend` starts it; `app` puts the rooms together; rooms never import rooms.
"""
