-- How many orders of those affected had not come to their end yet, or had and their people had not been told.
-- rows: at, open
WITH theirs AS (SELECT order_id AS "order", min("at") AS since FROM affected GROUP BY order_id),
ends AS (
  SELECT subject AS "order", max("at") AS "at" FROM daybook WHERE kind IN ('order_paid', 'order_lapsed', 'order_cancelled') GROUP BY subject),
told AS (
  SELECT detail->>'order' AS "order", max("at") AS "at" FROM daybook
  WHERE kind = 'told' AND detail->>'what' IN ('paid', 'lapsed', 'refunded') GROUP BY ALL),
spans AS (
  SELECT t.since, CASE WHEN e."at" IS NOT NULL AND h."at" IS NOT NULL THEN greatest(e."at", h."at", t.since) END AS made_whole
  FROM theirs t LEFT JOIN ends e USING ("order") LEFT JOIN told h USING ("order")),
steps AS (
  SELECT since AS "at", 1 AS change FROM spans
  UNION ALL SELECT made_whole, -1 FROM spans WHERE made_whole IS NOT NULL)
SELECT ledger_clock("at") AS "at", sum(sum(change)) OVER (ORDER BY "at") AS open FROM steps GROUP BY steps."at" ORDER BY 1
