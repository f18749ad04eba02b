-- Nothing is in the ledger that nobody asked for: each entry is somebody's attempt, by key, person, round and content.
-- over: ledger
-- needs: ledger.person
-- needs whole: attempts
-- What stood in the ledger before the load began was not imported.  An attempt whose key is not known (it was left in doubt, at a target
-- that makes the keys) asked for any entry of its person, round and content; what one side does not tell (NULL) is not compared.
WITH told AS (
  SELECT (SELECT count(key) > 0 FROM ledger) AND (SELECT count(key) > 0 FROM attempts) AS key,
         (SELECT count(round) > 0 FROM ledger) AND (SELECT count(round) > 0 FROM attempts) AS round,
         (SELECT count(content) > 0 FROM ledger) AND (SELECT count(content) > 0 FROM attempts) AS content),
asked AS (
  SELECT person, CASE WHEN told.key THEN a.key END AS key, CASE WHEN told.round THEN a.round END AS round,
         CASE WHEN told.content THEN a.content END AS content
  FROM attempts a CROSS JOIN told),
kept AS (
  SELECT l.*, CASE WHEN told.key THEN l.key END AS by_key, CASE WHEN told.round THEN l.round END AS by_round,
         CASE WHEN told.content THEN l.content END AS by_content
  FROM ledger l CROSS JOIN told)
SELECT l.sequence, l.person, l.round, l.key, l.content
FROM kept l
ANTI JOIN asked a ON a.person = l.person AND a.key IS NOT DISTINCT FROM l.by_key AND a.round IS NOT DISTINCT FROM l.by_round
                     AND a.content IS NOT DISTINCT FROM l.by_content
ANTI JOIN (SELECT * FROM asked WHERE key IS NULL) d ON d.person = l.person AND d.round IS NOT DISTINCT FROM l.by_round
                     AND d.content IS NOT DISTINCT FROM l.by_content
