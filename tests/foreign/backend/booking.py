"""Bookings: a seat of an activity in a store, one a user."""

import secrets
import time

import psycopg
from pool import ConnectionPool

OVERSELL, LOST_AFTER_200, DOUBLE_ENTRY = "OVERSELL", "LOST_AFTER_200", "DOUBLE_ENTRY"
BUGS = ("", OVERSELL, LOST_AFTER_200, DOUBLE_ENTRY)
EVERY = 25
"""of so many bookings, one meets the bug"""
STALE = 0.5
"""seconds that the count of a store's seats is remembered, where it should not be"""

INSERT = """
    INSERT INTO bookings (booking_no, user_id, activity_id, store_code, phone) VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (user_id, activity_id) DO NOTHING
"""
TAKE = "UPDATE inventory SET remaining = remaining - 1 WHERE activity_id = %s AND store_code = %s AND remaining > 0"


class BusinessError(Exception):
    """A no with a number, as the app shows it."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


ALREADY_BOOKED = 1001
SOLD_OUT = BusinessError(1002, "sold out")
UNKNOWN_ACTIVITY = BusinessError(1003, "no such activity")


class BookingService:
    """`bug` is one of `BUGS`; the empty one is how it should be."""

    def __init__(self, pool: ConnectionPool, bug: str) -> None:
        if bug not in BUGS:
            raise SystemExit(f"BUG is one of {', '.join(BUGS[1:])}, not {bug}")
        self.pool, self.bug = pool, bug
        self.offer: dict[str, list[str]] = {}
        self.count = 0
        self.remembered: dict[tuple[str, str], tuple[float, int]] = {}

    async def open(self) -> None:
        """Reads what is on offer."""
        async with self.pool.connection() as connection:
            if self.bug == DOUBLE_ENTRY:  # a migration that dropped an index too many
                await connection.execute("DROP INDEX one_booking_per_user")
            rows = await connection.execute("SELECT activity_id, array_agg(store_code) FROM inventory GROUP BY 1 ORDER BY 1")
            self.offer = dict(await rows.fetchall())

    async def book(self, user: str, activity: str, store: str, phone: str) -> str:
        """The number of a new booking, or BusinessError; when it returns, the booking is committed."""
        if store not in self.offer.get(activity, ()):
            raise UNKNOWN_ACTIVITY
        number = f"BK{time.strftime('%y%m%d')}{secrets.token_hex(5).upper()}"
        booking = (number, user, activity, store, phone)
        self.count += 1
        unlucky = self.count % EVERY == 0
        async with self.pool.connection() as connection:
            if self.bug == DOUBLE_ENTRY:
                await self.book_twice(connection, booking, unlucky)
            elif self.bug == OVERSELL:
                await self.book_unseen(connection, booking)
            else:
                await self.book_once(connection, booking, unlucky)
        return number

    async def book_once(self, connection: psycopg.AsyncConnection, booking: tuple[str, ...], unlucky: bool) -> None:
        """The insert comes first: it decides between two requests of one user, and the busiest row is held for the shortest time."""
        async with connection.transaction():
            if (await connection.execute(INSERT, booking)).rowcount == 0:
                raise BusinessError(ALREADY_BOOKED, f"{booking[1]} has booked already")
            if (await connection.execute(TAKE, booking[2:4])).rowcount == 0:
                raise SOLD_OUT
            if unlucky and self.bug == LOST_AFTER_200:
                raise psycopg.Rollback  # an exception that a caller swallows

    async def book_unseen(self, connection: psycopg.AsyncConnection, booking: tuple[str, ...]) -> None:
        """Looks whether seats are left, at a number that was true a moment ago."""
        place = (booking[2], booking[3])
        at, left = self.remembered.get(place, (0.0, 0))
        if time.monotonic() - at > STALE:
            row = await connection.execute("SELECT remaining FROM inventory WHERE activity_id = %s AND store_code = %s", place)
            left = (await row.fetchone() or (0,))[0]
            self.remembered[place] = (time.monotonic(), left)
        if left <= 0:
            raise SOLD_OUT
        async with connection.transaction():
            if (await connection.execute(INSERT, booking)).rowcount == 0:
                raise BusinessError(ALREADY_BOOKED, f"{booking[1]} has booked already")
            await connection.execute(TAKE.removesuffix(" AND remaining > 0"), place)

    async def book_twice(self, connection: psycopg.AsyncConnection, booking: tuple[str, ...], unlucky: bool) -> None:
        """Counts on an index that is not there; a slow insert is tried again though the first one came through."""
        insert = INSERT.partition("ON CONFLICT")[0]
        known = await connection.execute("SELECT 1 FROM bookings WHERE user_id = %s AND activity_id = %s", booking[1:3])
        if await known.fetchone():
            raise BusinessError(ALREADY_BOOKED, f"{booking[1]} has booked already")
        async with connection.transaction():
            if (await connection.execute(TAKE, booking[2:4])).rowcount == 0:
                raise SOLD_OUT
            await connection.execute(insert, booking)
            if unlucky:
                await connection.execute(insert, (f"{booking[0]}R", *booking[1:]))
