-- How many payments had been begun and had not come out yet: what machines still have to work off.
-- rows: at, open
WITH payments AS (
  SELECT subject, min("at") FILTER (WHERE kind = 'payment_begun') AS begun,
         min("at") FILTER (WHERE kind IN ('payment_succeeded', 'payment_failed', 'payment_closed')) AS settled
  FROM daybook WHERE kind LIKE 'payment_%' GROUP BY subject),
steps AS (SELECT begun AS "at", 1 AS change FROM payments UNION ALL SELECT settled, -1 FROM payments WHERE settled IS NOT NULL)
SELECT ledger_clock("at") AS "at", sum(sum(change)) OVER (ORDER BY "at") AS open FROM steps GROUP BY steps."at" ORDER BY 1
