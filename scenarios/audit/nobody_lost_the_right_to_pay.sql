-- No order lapsed before its time to pay was over, and whom an outage of the gateway kept from paying had as much time after it as it took.
-- over: daybook
-- needs: daybook.at, daybook.detail
-- The time to pay is what the order was opened with or last extended to.  Nor may one lapse while a payment of it is under way.  What was
-- an outage the backend says itself, as it was told by nobody when it asked; what lasted less than a minute people did not notice, and it
-- kept those from paying whose payment was in doubt.
WITH deadlines AS (
  SELECT subject AS "order", min("at") AS opened, min(TRY_CAST(detail->>'pay_by' AS DOUBLE)) AS first_pay_by,
         max(TRY_CAST(detail->>'pay_by' AS DOUBLE)) AS pay_by
  FROM daybook WHERE kind IN ('order_opened', 'order_extended') GROUP BY subject),
lapses AS (SELECT subject AS "order", sequence, "at" FROM daybook WHERE kind = 'order_lapsed'),
away AS (
  SELECT TRY_CAST(begun AS DOUBLE) AS begun, coalesce(TRY_CAST(ended AS DOUBLE), 'infinity'::DOUBLE) AS ended FROM outages),
kept_from AS (SELECT DISTINCT regexp_replace(subject, '\.\d+$', '') AS "order" FROM daybook WHERE kind = 'payment_doubted'),
owed AS (
  SELECT d."order", sum(least(a.ended, d.first_pay_by) - greatest(a.begun, d.opened)) AS seconds, max(least(a.ended, d.pay_by)) AS ended
  FROM deadlines d SEMI JOIN kept_from k ON k."order" = d."order"
  JOIN away a ON a.begun < d.first_pay_by AND a.ended > d.opened AND a.ended - a.begun >= 60 GROUP BY d."order"),
payments AS (
  SELECT subject AS payment, regexp_replace(subject, '\.\d+$', '') AS "order", min(sequence) FILTER (WHERE kind = 'payment_begun') AS begun,
         min(sequence) FILTER (WHERE kind IN ('payment_succeeded', 'payment_failed', 'payment_closed')) AS settled
  FROM daybook WHERE kind LIKE 'payment_%' GROUP BY subject)
SELECT l.sequence, l."order", l."at", d.pay_by, NULL AS payment, 'lapsed before its time was over' AS why
FROM lapses l JOIN deadlines d ON d."order" = l."order" WHERE l."at" < d.pay_by
UNION ALL
SELECT l.sequence, l."order", l."at", d.pay_by, NULL, 'an outage of ' || round(o.seconds)::BIGINT || ' s was not given back'
FROM lapses l JOIN deadlines d ON d."order" = l."order" JOIN owed o ON o."order" = l."order" WHERE d.pay_by - o.ended < o.seconds - 1
UNION ALL
SELECT l.sequence, l."order", l."at", NULL, p.payment, 'a payment was under way'
FROM lapses l JOIN payments p ON p."order" = l."order" AND p.begun < l.sequence AND (p.settled IS NULL OR p.settled > l.sequence)
