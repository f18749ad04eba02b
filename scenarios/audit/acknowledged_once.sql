-- A key that was acknowledged more than once was given the same sequence each time.
-- over: acknowledged
SELECT key, count(*) AS answers, min(sequence) AS sequence, max(sequence) AS other_sequence
FROM acknowledged WHERE key IS NOT NULL GROUP BY key HAVING min(sequence) <> max(sequence)
