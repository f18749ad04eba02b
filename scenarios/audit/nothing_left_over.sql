-- No bottle was left over where somebody had entered for it: a shop has as many winners as it has bottles or entrants, whichever is less.
-- over: winners
-- needs: pool.reservation, entries.shop, daybook.shop, daybook.amount
WITH drawn AS (SELECT DISTINCT round FROM daybook WHERE kind = 'drawn'),
stock AS (
  SELECT round, shop, sum(TRY_CAST(amount AS BIGINT)) AS bottles
  FROM daybook SEMI JOIN drawn USING (round) WHERE kind = 'stock_released' GROUP BY ALL),
entered AS (
  SELECT e.round, e.shop, count(*) AS entrants
  FROM pool p SEMI JOIN drawn USING (round) JOIN entries e ON e.sequence = TRY_CAST(p.reservation AS BIGINT) GROUP BY ALL),
won AS (SELECT round, shop, count(*) AS winners FROM winners GROUP BY ALL)
SELECT round, shop, coalesce(bottles, 0) AS bottles, coalesce(entrants, 0) AS entrants, coalesce(winners, 0) AS winners
FROM stock FULL OUTER JOIN entered USING (round, shop) FULL OUTER JOIN won USING (round, shop)
WHERE coalesce(winners, 0) <> least(coalesce(bottles, 0), coalesce(entrants, 0))
