-- Seat booking.  Applied at every start; what is there already stays.
CREATE TABLE IF NOT EXISTS inventory (
    activity_id text NOT NULL,
    store_code  text NOT NULL,
    total       integer NOT NULL,
    remaining   integer NOT NULL,
    PRIMARY KEY (activity_id, store_code)
);
CREATE TABLE IF NOT EXISTS bookings (
    id          bigserial PRIMARY KEY,
    booking_no  text NOT NULL UNIQUE,
    user_id     text NOT NULL,
    activity_id text NOT NULL,
    store_code  text NOT NULL,
    phone       text NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX IF NOT EXISTS one_booking_per_user ON bookings (user_id, activity_id);
