-- Every payment and every pick-up that somebody was promised is in the daybook, as theirs, and the same one for the same key.
-- over: attempts_of_all
-- needs: daybook.person
WITH promised AS (
  SELECT DISTINCT kind, sequence, person, key FROM attempts_of_all WHERE outcome = 'ok' AND kind IN ('payment', 'pickup')),
kept AS (
  SELECT sequence, person, CASE kind WHEN 'payment_begun' THEN 'payment' ELSE 'pickup' END AS kind
  FROM daybook WHERE kind IN ('payment_begun', 'collected'))
SELECT p.kind, p.sequence, p.person, 'not in the daybook' AS why FROM promised p ANTI JOIN kept k USING (kind, sequence)
UNION ALL
SELECT p.kind, p.sequence, p.person, 'somebody else''s' FROM promised p JOIN kept k USING (kind, sequence)
WHERE p.person IS DISTINCT FROM k.person
UNION ALL
SELECT kind, min(sequence), any_value(person), 'two for one key' FROM promised WHERE key IS NOT NULL
GROUP BY kind, key HAVING count(DISTINCT sequence) > 1
