-- What had become of the orders of those affected: paid, reached by their shop and not paid yet, open, lapsed, or refunded after all.
-- rows: at, affected, paid, reached, open, lapsed, refunded
-- Each order is in one state at a time, that of the last event; so the states add up to those affected, or a state was lost.
WITH theirs AS (SELECT order_id AS "order", min("at") AS since FROM affected GROUP BY order_id),
told AS (
  SELECT subject AS "order", sequence, "at", CASE kind WHEN 'order_paid' THEN 'paid' ELSE 'lapsed' END AS state
  FROM daybook WHERE kind IN ('order_paid', 'order_lapsed', 'order_cancelled')
  UNION ALL
  SELECT subject, sequence, "at", 'reached' FROM daybook WHERE kind = 'follow_up_done' AND detail->>'outcome' = 'reached'
  UNION ALL
  SELECT detail->>'order', sequence, "at", 'refunded' FROM daybook WHERE kind = 'refund_done'),
ends AS (SELECT "order", min(sequence) AS sequence FROM told WHERE state IN ('paid', 'lapsed') GROUP BY "order"),
events AS (  -- a call to somebody whose order has come to its end changes nothing, nor does money that had come twice
  SELECT "order", 0 AS sequence, since AS "at", 'open' AS state FROM theirs
  UNION ALL
  SELECT e."order", e.sequence, greatest(e."at", t.since), e.state FROM told e JOIN theirs t USING ("order")
  LEFT JOIN ends USING ("order")
  WHERE (e.state <> 'reached' OR ends.sequence IS NULL OR e.sequence < ends.sequence)
    AND (e.state <> 'refunded' OR NOT EXISTS (SELECT 1 FROM told p WHERE p."order" = e."order" AND p.state = 'paid'))),
lasting AS (
  SELECT "order", "at", state, lag(state) OVER (PARTITION BY "order" ORDER BY "at", sequence) AS before FROM events),
steps AS (
  SELECT "at", state, 1 AS change, CASE WHEN before IS NULL THEN 1 ELSE 0 END AS more FROM lasting
  UNION ALL SELECT "at", before, -1, 0 FROM lasting WHERE before IS NOT NULL),
sums AS (
  SELECT "at", sum(more) AS affected, coalesce(sum(change) FILTER (WHERE state = 'paid'), 0) AS paid,
         coalesce(sum(change) FILTER (WHERE state = 'reached'), 0) AS reached,
         coalesce(sum(change) FILTER (WHERE state = 'open'), 0) AS open,
         coalesce(sum(change) FILTER (WHERE state = 'lapsed'), 0) AS lapsed,
         coalesce(sum(change) FILTER (WHERE state = 'refunded'), 0) AS refunded
  FROM steps GROUP BY "at")
SELECT ledger_clock("at") AS "at", sum(affected) OVER so_far AS affected, sum(paid) OVER so_far AS paid,
       sum(reached) OVER so_far AS reached, sum(open) OVER so_far AS open, sum(lapsed) OVER so_far AS lapsed,
       sum(refunded) OVER so_far AS refunded
FROM sums WINDOW so_far AS (ORDER BY sums."at") ORDER BY 1
