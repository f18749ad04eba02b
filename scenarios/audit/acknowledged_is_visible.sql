-- Whoever looked for the reservation they had been promised found it, and no other in its place.
-- over: attempts_of_all
-- A look is an attempt of kind `look`, sent after the acknowledgement had come; where nobody looked it is not known.
WITH looks AS (SELECT person, round, sequence, sent FROM attempts_of_all WHERE kind = 'look' AND outcome = 'ok'),
promised AS (SELECT person, round, max(sequence) AS sequence, min(done) AS done FROM acknowledged GROUP BY person, round),
seen AS (SELECT l.*, p.sequence AS promised FROM looks l JOIN promised p ON p.person = l.person AND p.round = l.round AND p.done <= l.sent)
SELECT person, round, promised AS sequence, sequence AS other_sequence,
       CASE WHEN sequence IS NULL THEN 'not there' ELSE 'another' END AS why
FROM seen WHERE sequence IS DISTINCT FROM promised
UNION ALL
SELECT NULL, NULL, NULL, NULL, error('nobody looked') FROM (SELECT count(*) AS n FROM seen) WHERE n = 0
