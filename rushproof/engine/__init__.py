"""The open-loop engine: what turns a plan into requests, in a process of its own.

    pump ──▶ visit ──▶ call ──▶ pool ──▶ connection ──▶ target
      ▲        ▲                                │
    wheel ─────┘◀────────── answer ─────────────┘──▶ recorder ──▶ frames

The pump starts visits when they are due, a visit is a persona's coroutine, each of its requests is a call, and calls go out on the
connections of a pool.  An answer is sent straight from the connection's callback into the coroutine: no Task, no Future, no trip
through the loop's queue.
"""
