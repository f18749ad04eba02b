-- The list of winners that was drawn is the one that was published, once, and those who are on it, and no others, were given an order.
-- over: winners
-- needs: winners.reservation, daybook.detail, daybook.amount
WITH lists AS (
  SELECT round, count(*) FILTER (WHERE kind = 'drawn') AS drawn, count(*) FILTER (WHERE kind = 'draw_published') AS published,
         count(DISTINCT detail->>'winners') AS lists,
         max(TRY_CAST(amount AS BIGINT)) FILTER (WHERE kind = 'drawn') AS counted
  FROM daybook WHERE kind IN ('drawn', 'draw_published') GROUP BY round),
won AS (SELECT round, TRY_CAST(reservation AS BIGINT) AS reservation FROM winners),
ordered AS (
  SELECT d.round, TRY_CAST(d.detail->>'reservation' AS BIGINT) AS reservation
  FROM daybook d WHERE d.kind = 'order_opened' AND TRY_CAST(d.detail->>'place' AS BIGINT) = 0),
public AS (SELECT round FROM lists WHERE published > 0)
SELECT round, NULL AS reservation, drawn, published, lists, 'drawn or published more than once, or another list' AS why
FROM lists WHERE drawn <> 1 OR published > 1 OR lists <> 1
UNION ALL
SELECT l.round, NULL, l.drawn, l.published, l.lists, 'another number of winners' FROM lists l
WHERE l.counted <> (SELECT count(*) FROM won w WHERE w.round = l.round)
UNION ALL
SELECT round, reservation, NULL, NULL, NULL, 'a winner without an order' FROM won SEMI JOIN public USING (round)
ANTI JOIN ordered USING (round, reservation)
UNION ALL
SELECT round, reservation, NULL, NULL, NULL, 'an order as a winner of somebody who is none' FROM ordered
ANTI JOIN won USING (round, reservation)
