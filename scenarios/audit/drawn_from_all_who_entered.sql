-- Everybody whose reservation was acknowledged is in the draw's pool, nobody else is, and the commitment counts just as many.
-- over: acknowledged
-- needs: pool.reservation, ledger.sequence, ledger.round, daybook.amount
-- Only rounds that were frozen for a draw are looked at.
WITH frozen AS (SELECT round, TRY_CAST(amount AS BIGINT) AS counted FROM daybook WHERE kind = 'draw_frozen'),
entries AS (SELECT TRY_CAST(reservation AS BIGINT) AS sequence, round FROM pool)
SELECT a.sequence, a.person, a.round, NULL AS counted, 'acknowledged and not in the pool' AS why
FROM (SELECT DISTINCT sequence, person, round FROM acknowledged WHERE sequence IS NOT NULL) a
SEMI JOIN frozen USING (round) ANTI JOIN entries USING (sequence, round)
UNION ALL
SELECT l.sequence, l.person, l.round, NULL, 'in the ledger and not in the pool' FROM ledger l SEMI JOIN frozen USING (round)
ANTI JOIN entries USING (sequence, round) ANTI JOIN acknowledged a ON a.sequence = l.sequence
UNION ALL
SELECT e.sequence, NULL, e.round, NULL, 'in the pool and not in the ledger' FROM entries e ANTI JOIN ledger l USING (sequence, round)
UNION ALL
SELECT min(sequence), NULL, round, count(*), 'more than once in the pool' FROM entries GROUP BY round, sequence HAVING count(*) > 1
UNION ALL
SELECT NULL, NULL, f.round, f.counted, 'the commitment counts otherwise' FROM frozen f
WHERE f.counted <> (SELECT count(*) FROM entries e WHERE e.round = f.round)
