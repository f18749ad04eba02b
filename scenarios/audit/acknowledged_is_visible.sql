-- Whoever looked for the reservation they had been promised found it, as it was promised.
-- over: attempts_of_all
-- A look is an attempt of kind `look`, made after the acknowledgement; refused means that it was not there.
WITH looks AS (SELECT person, round, sequence, sent, outcome FROM attempts_of_all WHERE kind = 'look' AND outcome IN ('ok', 'refused')),
promised AS (SELECT person, round, sequence, min(done) AS done FROM acknowledged GROUP BY ALL),
none AS (SELECT count(*) AS n FROM looks)
SELECT l.person, l.round, p.sequence, l.sequence AS other_sequence, CASE WHEN l.outcome = 'ok' THEN 'another' ELSE 'not there' END AS why
FROM looks l JOIN promised p ON p.person = l.person AND p.round = l.round AND p.done <= l.sent
WHERE l.outcome = 'refused' OR l.sequence IS DISTINCT FROM p.sequence
UNION ALL
SELECT NULL, NULL, NULL, NULL, error('nobody looked') FROM none WHERE n = 0
