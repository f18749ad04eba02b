-- Of how many payments the ledger and the gateway had told different things for five minutes or more, or the ledger nothing at all.
-- rows: at, open
-- They differ from when the gateway took the money, or from when the ledger began to doubt, until the ledger knows what is true.  What is
-- over within five minutes of the clock is a notice on its way, and counts for nothing.
WITH ours AS (
  SELECT subject AS payment, min("at") FILTER (WHERE kind = 'payment_doubted') AS doubted,
         min("at") FILTER (WHERE kind = 'payment_succeeded') AS succeeded,
         min("at") FILTER (WHERE kind IN ('payment_failed', 'payment_closed')) AS failed
  FROM daybook WHERE kind LIKE 'payment_%' GROUP BY subject),
theirs AS (SELECT merchant_order AS payment, TRY_CAST(succeeded_at AS DOUBLE) AS took FROM gateway_payments),
spans AS (
  SELECT least(o.doubted, t.took) + 300 AS first, CASE WHEN t.took IS NULL THEN o.failed ELSE o.succeeded END AS last
  FROM ours o LEFT JOIN theirs t USING (payment) WHERE o.doubted IS NOT NULL OR t.took IS NOT NULL),
steps AS (
  SELECT min("at") AS "at", 0 AS change FROM daybook HAVING count(*) > 0  -- so that there is an answer where they never differed so long
  UNION ALL SELECT first, 1 FROM spans WHERE coalesce(last, 'infinity'::DOUBLE) > first
  UNION ALL SELECT last, -1 FROM spans WHERE last > first)
SELECT ledger_clock("at") AS "at", sum(sum(change)) OVER (ORDER BY "at") AS open FROM steps GROUP BY steps."at" ORDER BY 1
