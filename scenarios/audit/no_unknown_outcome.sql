-- When everything has come to rest no payment and no refund is without an outcome, and the two ledgers tell the same of each.
-- over: daybook
-- needs: gateway_payments.state, daybook.kind
WITH outcomes AS (
  SELECT subject AS id, bool_or(kind IN ('payment_begun', 'refund_begun')) AS begun,
         bool_or(kind IN ('payment_succeeded', 'refund_done')) AS succeeded,
         bool_or(kind IN ('payment_failed', 'payment_closed', 'refund_failed')) AS failed
  FROM daybook WHERE kind LIKE 'payment_%' OR kind LIKE 'refund_%' GROUP BY subject),
true_ones AS (
  SELECT merchant_order AS id, coalesce(succeeded_at::VARCHAR, '') <> '' AS succeeded, state FROM gateway_payments
  UNION ALL
  SELECT refund, state = 'succeeded', state FROM gateway_refunds)
SELECT coalesce(o.id, t.id) AS id, o.succeeded AS ledger_succeeded, o.failed AS ledger_failed, t.state AS gateway_state,
       CASE WHEN o.id IS NULL THEN 'not in the ledger'
            WHEN NOT (o.succeeded OR o.failed) THEN 'no outcome' ELSE 'another outcome' END AS why
FROM outcomes o FULL OUTER JOIN true_ones t ON t.id = o.id
WHERE o.id IS NULL OR (o.begun AND NOT o.succeeded AND NOT o.failed) OR (o.succeeded IS DISTINCT FROM coalesce(t.succeeded, false))
