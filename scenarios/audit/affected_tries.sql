-- How often each person affected tried to pay while the incident lasted.
-- rows: tries
WITH lasted AS (
  SELECT ledger_clock(min(TRY_CAST(detail->>'since' AS DOUBLE)) FILTER (WHERE kind = 'incident_declared')) AS first,
         ledger_clock(max("at") FILTER (WHERE kind = 'incident_over')) AS last
  FROM daybook WHERE kind IN ('incident_declared', 'incident_over')),
theirs AS (SELECT DISTINCT person FROM affected)
SELECT t.person, count(a.person) AS tries
FROM theirs t CROSS JOIN lasted l
LEFT JOIN attempts_of_all a ON a.person = t.person AND a.kind = 'payment' AND load_clock(a.sent) BETWEEN l.first AND l.last
GROUP BY t.person
