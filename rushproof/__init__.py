"""Prove that a reservation system survives its rush.

The floors, top to bottom: ``cli``, ``run``, then the rooms that touch the world (``driver``, ``engine``, ``audit``,
``render``, ``journal``), the pure arithmetic (``summary``, ``judge`` …), and the words everything is said in
(``scenario``, ``sample``, ``verdict`` …).  Imports go down only.
"""

__version__ = "0.1.0"
