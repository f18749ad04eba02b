-- Every acknowledged reservation is in the ledger, with the person, the round and the content it was promised for.
-- over: acknowledged
SELECT a.sequence, a.person, a.round, a.key, a.content,
       CASE WHEN l.sequence IS NULL THEN 'missing' ELSE 'changed' END AS why
FROM acknowledged a LEFT JOIN ledger l ON l.sequence = a.sequence
WHERE l.sequence IS NULL OR l.person IS DISTINCT FROM a.person
   OR l.round IS DISTINCT FROM a.round OR l.content IS DISTINCT FROM a.content
