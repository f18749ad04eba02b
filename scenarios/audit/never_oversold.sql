-- At no moment were more bottles of a shop held, sold and ordered than had been released to it.
-- over: daybook
-- needs: daybook.round, daybook.shop, daybook.amount
-- The daybook is folded in the order of its sequence, cell by cell (a round in a shop), by two ways of counting: what the stock says it
-- held and freed, and what orders say was opened and given up.  Neither may ever be above what was released until then.
WITH moves AS (
  SELECT sequence, round, shop,
         CASE kind WHEN 'stock_released' THEN TRY_CAST(amount AS BIGINT) ELSE 0 END AS released,
         CASE kind WHEN 'stock_held' THEN TRY_CAST(amount AS BIGINT) WHEN 'stock_freed' THEN -TRY_CAST(amount AS BIGINT) ELSE 0 END AS held,
         CASE kind WHEN 'order_opened' THEN 1 WHEN 'order_lapsed' THEN -1 WHEN 'order_cancelled' THEN -1 ELSE 0 END AS ordered
  FROM daybook
  WHERE kind IN ('stock_released', 'stock_held', 'stock_freed', 'order_opened', 'order_lapsed', 'order_cancelled')),
folded AS (
  SELECT sequence, round, shop, sum(released) OVER so_far AS released, sum(held) OVER so_far AS held, sum(ordered) OVER so_far AS ordered
  FROM moves WINDOW so_far AS (PARTITION BY round, shop ORDER BY sequence ROWS UNBOUNDED PRECEDING))
SELECT sequence, round, shop, released, held, ordered FROM folded WHERE held > released OR ordered > released
