-- Bottles released are free, held, sold or returned, to the bottle, after every single event, and none of these is ever below nought.
-- over: daybook
-- needs: daybook.round, daybook.shop, daybook.amount, daybook.detail
-- What the events add up to is compared with the counts that each event says its cell had after it: a move that was not written down, or
-- written down twice, shows in the next one.
WITH moves AS (
  SELECT sequence, kind, round, shop, TRY_CAST(amount AS BIGINT) AS n,
         TRY_CAST(detail->>'released' AS BIGINT) AS said_released, TRY_CAST(detail->>'free' AS BIGINT) AS said_free,
         TRY_CAST(detail->>'held' AS BIGINT) AS said_held, TRY_CAST(detail->>'sold' AS BIGINT) AS said_sold,
         TRY_CAST(detail->>'returned' AS BIGINT) AS said_returned
  FROM daybook WHERE kind IN ('stock_released', 'stock_held', 'stock_freed', 'stock_sold', 'stock_returned')),
folded AS (
  SELECT *,
         sum(CASE kind WHEN 'stock_released' THEN n ELSE 0 END) OVER so_far AS released,
         sum(CASE kind WHEN 'stock_released' THEN n WHEN 'stock_held' THEN -n WHEN 'stock_freed' THEN n ELSE 0 END) OVER so_far AS free,
         sum(CASE kind WHEN 'stock_held' THEN n WHEN 'stock_freed' THEN -n WHEN 'stock_sold' THEN -n ELSE 0 END) OVER so_far AS held,
         sum(CASE kind WHEN 'stock_sold' THEN n WHEN 'stock_returned' THEN -n ELSE 0 END) OVER so_far AS sold,
         sum(CASE kind WHEN 'stock_returned' THEN n ELSE 0 END) OVER so_far AS returned
  FROM moves WINDOW so_far AS (PARTITION BY round, shop ORDER BY sequence ROWS UNBOUNDED PRECEDING))
SELECT sequence, kind, round, shop, released, free, held, sold, returned, said_free, said_held, said_sold, said_returned FROM folded
WHERE least(free, held, sold, returned) < 0 OR released <> free + held + sold + returned
   OR (said_released, said_free, said_held, said_sold, said_returned) IS DISTINCT FROM (released, free, held, sold, returned)
