-- Each shop's account is settled to the cent: its orders are the money kept, the money given back and what is open, as the gateway has it.
-- over: daybook
-- needs: daybook.shop, daybook.detail, gateway_payments.amount, gateway_payments.succeeded_at
-- Every statement must add up; a shop's last one is also compared with what the gateway took less what it gave back for the orders of the
-- shop, unless money moved after it.  A day that nobody settled says nothing.
WITH statements AS (
  SELECT sequence, subject, shop, TRY_CAST(amount AS BIGINT) AS balance, TRY_CAST(detail->>'orders' AS BIGINT) AS orders,
         TRY_CAST(detail->>'paid' AS BIGINT) AS paid, TRY_CAST(detail->>'refunded' AS BIGINT) AS refunded,
         TRY_CAST(detail->>'open' AS BIGINT) AS still_open
  FROM daybook WHERE kind = 'settled'),
closing AS (SELECT shop, max(sequence) AS sequence FROM statements GROUP BY shop),
moved AS (SELECT shop, max(sequence) AS sequence FROM daybook
          WHERE kind IN ('payment_succeeded', 'refund_begun', 'refund_done', 'refund_failed', 'pickup_expired') GROUP BY shop),
shops AS (SELECT subject AS "order", shop FROM daybook WHERE kind = 'order_opened'),
flows AS (
  SELECT regexp_replace(merchant_order, '\.\d+$', '') AS "order", TRY_CAST(amount AS BIGINT) AS amount
  FROM gateway_payments WHERE coalesce(succeeded_at::VARCHAR, '') <> ''
  UNION ALL
  SELECT regexp_replace(merchant_order, '\.\d+$', ''), -TRY_CAST(amount AS BIGINT) FROM gateway_refunds WHERE state = 'succeeded'),
kept AS (SELECT s.shop, sum(f.amount)::BIGINT AS amount FROM flows f JOIN shops s ON s."order" = f."order" GROUP BY s.shop)
SELECT sequence, subject, orders, paid, refunded, still_open, balance, NULL AS at_the_gateway, 'does not add up' AS why
FROM statements WHERE balance <> 0 OR orders IS DISTINCT FROM paid + refunded + still_open
UNION ALL
SELECT s.sequence, s.subject, s.orders, s.paid, s.refunded, s.still_open, s.balance, coalesce(k.amount, 0), 'the gateway has another sum'
FROM statements s JOIN closing c ON c.sequence = s.sequence LEFT JOIN moved m ON m.shop = s.shop LEFT JOIN kept k ON k.shop = s.shop
WHERE coalesce(m.sequence, 0) < s.sequence AND s.paid <> coalesce(k.amount, 0)
UNION ALL
SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, error('no day was settled') FROM (SELECT count(*) AS n FROM statements) WHERE n = 0
