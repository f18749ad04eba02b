-- An order is paid in the ledger if and only if the gateway has the money of it: no goods without a charge, no charge without goods.
-- over: daybook
-- needs: daybook.detail, gateway_payments.merchant_order, gateway_payments.succeeded_at
-- Money that was given back, for a success that came too late or a bottle that nobody fetched, is no charge.
WITH taken AS (
  SELECT regexp_replace(p.merchant_order, '\.\d+$', '') AS "order", count(*) AS payments
  FROM gateway_payments p
  ANTI JOIN (SELECT * FROM gateway_refunds WHERE state = 'succeeded') r ON r.merchant_order = p.merchant_order
  WHERE coalesce(p.succeeded_at::VARCHAR, '') <> '' GROUP BY ALL),
paid AS (SELECT subject AS "order", detail->>'payment' AS payment FROM daybook WHERE kind = 'order_paid'),
given_back AS (SELECT DISTINCT detail->>'payment' AS payment FROM daybook WHERE kind = 'refund_done'),
kept AS (SELECT p."order" FROM paid p ANTI JOIN given_back g ON g.payment = p.payment)
SELECT coalesce(t."order", k."order") AS "order", t.payments,
       CASE WHEN k."order" IS NULL THEN 'charged and not paid in the ledger' ELSE 'paid in the ledger and not charged' END AS why
FROM taken t FULL OUTER JOIN kept k ON k."order" = t."order"
WHERE t."order" IS NULL OR k."order" IS NULL
