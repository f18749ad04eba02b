-- What the gateway took for an order, less what it gave back, is the price or nothing.
-- over: gateway_payments
-- needs: gateway_payments.merchant_order, gateway_payments.succeeded_at, gateway_refunds.merchant_order, daybook.amount
-- The gateway's own ledger is what counts: it knows nothing of orders, a payment's number begins with that of the order.
WITH taken AS (
  SELECT regexp_replace(merchant_order, '\.\d+$', '') AS "order", TRY_CAST(amount AS BIGINT) AS amount
  FROM gateway_payments WHERE coalesce(succeeded_at::VARCHAR, '') <> ''
  UNION ALL
  SELECT regexp_replace(merchant_order, '\.\d+$', ''), -TRY_CAST(amount AS BIGINT) FROM gateway_refunds WHERE state = 'succeeded'),
net AS (SELECT "order", sum(amount) AS charged, count(*) AS movements FROM taken GROUP BY "order"),
prices AS (SELECT subject AS "order", TRY_CAST(amount AS BIGINT) AS price FROM daybook WHERE kind = 'order_opened')
SELECT n."order", charged, price, movements FROM net n LEFT JOIN prices p ON p."order" = n."order"
WHERE charged <> 0 AND charged IS DISTINCT FROM price
