-- No order lapsed before its time to pay was over, while a payment of it was under way, or because we could not reach the gateway.
-- over: daybook
-- needs: daybook.at, daybook.detail
-- Who could not pay because of us, up to the end of their time, is given more of it: an order whose last payment before the lapse was in
-- doubt has been extended after that doubt.
WITH deadlines AS (
  SELECT subject AS "order", max(TRY_CAST(detail->>'pay_by' AS DOUBLE)) AS pay_by,
         max(sequence) FILTER (WHERE kind = 'order_extended') AS extended
  FROM daybook WHERE kind IN ('order_opened', 'order_extended') GROUP BY subject),
lapses AS (SELECT subject AS "order", sequence, "at" FROM daybook WHERE kind = 'order_lapsed'),
payments AS (
  SELECT subject AS payment, regexp_replace(subject, '\.\d+$', '') AS "order", min(sequence) FILTER (WHERE kind = 'payment_begun') AS begun,
         min(sequence) FILTER (WHERE kind IN ('payment_succeeded', 'payment_failed', 'payment_closed')) AS settled,
         max(sequence) FILTER (WHERE kind = 'payment_doubted') AS doubted
  FROM daybook WHERE kind LIKE 'payment_%' GROUP BY subject)
SELECT l.sequence, l."order", l."at", d.pay_by, NULL AS payment, 'lapsed before its time was over' AS why
FROM lapses l JOIN deadlines d ON d."order" = l."order" WHERE l."at" < d.pay_by
UNION ALL
SELECT l.sequence, l."order", l."at", NULL, p.payment, 'a payment was under way'
FROM lapses l JOIN payments p ON p."order" = l."order" AND p.begun < l.sequence AND (p.settled IS NULL OR p.settled > l.sequence)
