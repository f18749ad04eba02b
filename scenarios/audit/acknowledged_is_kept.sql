-- Every acknowledged reservation is in the ledger, with the person, the round and the content it was promised for.
-- over: acknowledged
-- needs: ledger.person
-- It is looked up by its sequence where the answer named one and the ledger has them, otherwise by its key; what one side does not tell
-- (NULL) is not compared.
WITH told AS (SELECT count(sequence) > 0 AS sequence FROM ledger),
     promised AS (SELECT a.*, told.sequence AND a.sequence IS NOT NULL AS numbered FROM acknowledged a CROSS JOIN told)
SELECT a.sequence, a.person, a.round, a.key, a.content, CASE WHEN l.sequence IS NULL THEN 'missing' ELSE 'changed' END AS why
FROM promised a LEFT JOIN ledger l ON l.sequence = a.sequence
WHERE a.numbered AND (l.sequence IS NULL OR l.person IS DISTINCT FROM a.person OR l.round <> a.round OR l.content <> a.content)
UNION ALL
SELECT a.sequence, a.person, a.round, a.key, a.content, CASE WHEN l.key IS NULL THEN 'missing' ELSE 'changed' END AS why
FROM promised a LEFT JOIN ledger l ON l.key = a.key
WHERE NOT a.numbered AND (l.key IS NULL OR l.person IS DISTINCT FROM a.person OR l.round <> a.round OR l.content <> a.content)
