"""What the backend buys from others, faked: SMS and in-app messages, the verification of real names, carriers.

`python -m fake_backend.providers` is a process of its own, with its own file and clock; nothing of what it knows reaches the backend but
through its paths.
"""
