-- A bottle that was held for an order was sold or freed once and not both, and the order was paid, lapsed or cancelled accordingly.
-- over: daybook
-- needs: daybook.detail
WITH held AS (
  SELECT detail->>'order' AS "order", count(*) FILTER (WHERE kind = 'stock_held') AS holds,
         count(*) FILTER (WHERE kind = 'stock_sold') AS sold, count(*) FILTER (WHERE kind = 'stock_freed') AS freed
  FROM daybook WHERE kind IN ('stock_held', 'stock_sold', 'stock_freed') GROUP BY ALL),
resolved AS (
  SELECT subject AS "order", count(*) FILTER (WHERE kind = 'order_opened') AS opened, count(*) FILTER (WHERE kind = 'order_paid') AS paid,
         count(*) FILTER (WHERE kind IN ('order_lapsed', 'order_cancelled')) AS given_up
  FROM daybook WHERE kind IN ('order_opened', 'order_paid', 'order_lapsed', 'order_cancelled') GROUP BY ALL)
SELECT coalesce(h."order", r."order") AS "order", holds, sold, freed, opened, paid, given_up
FROM held h FULL OUTER JOIN resolved r ON r."order" = h."order"
WHERE paid + given_up > 1 OR (holds, sold, freed) IS DISTINCT FROM (opened, paid, given_up)
