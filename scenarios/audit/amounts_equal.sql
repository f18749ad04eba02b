-- Every payment and every refund has the same amount in the ledger and at the gateway, and it is the price of the order.
-- over: gateway_payments
-- needs: daybook.amount, gateway_payments.amount
WITH said AS (
  SELECT subject AS id, TRY_CAST(amount AS BIGINT) AS amount, detail->>'order' AS "order"
  FROM daybook WHERE kind IN ('payment_begun', 'payment_succeeded')
  UNION ALL
  SELECT subject, TRY_CAST(amount AS BIGINT), detail->>'order' FROM daybook WHERE kind IN ('refund_begun', 'refund_done')),
moved AS (
  SELECT merchant_order AS id, TRY_CAST(amount AS BIGINT) AS amount, regexp_replace(merchant_order, '\.\d+$', '') AS "order"
  FROM gateway_payments
  UNION ALL
  SELECT refund, TRY_CAST(amount AS BIGINT), regexp_replace(merchant_order, '\.\d+$', '') FROM gateway_refunds),
prices AS (SELECT subject AS "order", TRY_CAST(amount AS BIGINT) AS price FROM daybook WHERE kind IN ('order_opened', 'order_paid'))
SELECT DISTINCT m.id, s.amount AS ledger, m.amount AS gateway, p.price
FROM moved m LEFT JOIN said s ON s.id = m.id LEFT JOIN prices p ON p."order" = m."order"
WHERE m.amount <> s.amount OR m.amount IS DISTINCT FROM p.price
