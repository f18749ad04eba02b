-- Money that came for an order which was already given up or paid was given back once, and no other money was.
-- over: gateway_payments
-- needs: gateway_payments.succeeded_at, gateway_refunds.merchant_order, daybook.detail
-- A payment earns its order if the ledger says that the order was paid by it.  Whatever else the gateway took goes back, once and whole;
-- what earned an order goes back only where nobody fetched the bottle, or the parcel came back.
WITH taken AS (
  SELECT merchant_order AS payment, regexp_replace(merchant_order, '\.\d+$', '') AS "order"
  FROM gateway_payments WHERE coalesce(succeeded_at::VARCHAR, '') <> ''),
back AS (SELECT merchant_order AS payment, count(*) AS refunds FROM gateway_refunds WHERE state = 'succeeded' GROUP BY ALL),
earned AS (SELECT DISTINCT detail->>'payment' AS payment FROM daybook WHERE kind = 'order_paid'),
came_back AS (SELECT DISTINCT subject AS "order" FROM daybook WHERE kind IN ('pickup_expired', 'order_cancelled')
              UNION SELECT detail->>'order' FROM daybook WHERE kind = 'stock_returned')
SELECT t.payment, coalesce(b.refunds, 0) AS refunds,
       CASE WHEN e.payment IS NULL THEN 'earned no order'
            WHEN c."order" IS NULL THEN 'earned its order' ELSE 'the bottle came back' END AS why
FROM taken t LEFT JOIN back b ON b.payment = t.payment LEFT JOIN earned e ON e.payment = t.payment
LEFT JOIN came_back c ON c."order" = t."order"
WHERE coalesce(b.refunds, 0) <> CASE WHEN e.payment IS NULL OR c."order" IS NOT NULL THEN 1 ELSE 0 END
