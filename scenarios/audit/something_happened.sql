-- Enough happened for the other invariants to mean something: reservations, winners, payments and pick-ups, and some that went wrong.
-- over: attempts_of_all
-- Where too little happened it is not known: nothing was broken, and nothing proven.
WITH enough(what, least) AS (VALUES
  ('reservation', 100), ('payment', 20), ('pickup', 10), ('order_paid', 20), ('order_lapsed', 1), ('payment_failed', 1), ('collected', 10)),
happened AS (
  SELECT kind AS what, count(*) AS n FROM attempts_of_all WHERE outcome = 'ok' GROUP BY kind
  UNION ALL
  SELECT kind, count(*) FROM daybook GROUP BY kind),
lacking AS (
  SELECT string_agg(what || ' ' || coalesce(n, 0) || ' of ' || least, ', ' ORDER BY what) AS said
  FROM enough LEFT JOIN happened USING (what) WHERE coalesce(n, 0) < least)
SELECT error('too little happened: ' || said) AS why FROM lacking WHERE said IS NOT NULL
