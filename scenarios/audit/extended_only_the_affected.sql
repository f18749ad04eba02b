-- An incident gave more time to those whose payment it kept from coming out, as much as it took, once, and to nobody else.
-- over: daybook
-- needs: daybook.at, daybook.detail
-- Who they are follows from the payments: begun before the incident was over, and not settled when it was declared.  Where an incident gave
-- time to anybody it owed it to everybody whose payment was in doubt when it was over.
WITH incidents AS (
  SELECT d.subject AS incident, d.sequence AS declared, TRY_CAST(d.detail->>'since' AS DOUBLE) AS since, o.sequence AS over, o."at" AS ended
  FROM daybook d JOIN daybook o ON o.kind = 'incident_over' AND o.subject = d.subject WHERE d.kind = 'incident_declared'),
payments AS (
  SELECT regexp_replace(subject, '\.\d+$', '') AS "order", min(sequence) FILTER (WHERE kind = 'payment_begun') AS begun,
         min(sequence) FILTER (WHERE kind = 'payment_doubted') AS doubted,
         min(sequence) FILTER (WHERE kind IN ('payment_succeeded', 'payment_failed', 'payment_closed')) AS settled
  FROM daybook WHERE kind LIKE 'payment_%' GROUP BY subject),
deadlines AS (
  SELECT sequence, kind, subject AS "order", TRY_CAST(detail->>'pay_by' AS DOUBLE) AS pay_by, coalesce(detail->>'why', '') AS why,
         lag(TRY_CAST(detail->>'pay_by' AS DOUBLE)) OVER (PARTITION BY subject ORDER BY sequence) AS before
  FROM daybook WHERE kind IN ('order_opened', 'order_extended')),
given AS (SELECT d.*, i.* FROM deadlines d JOIN incidents i ON d.kind = 'order_extended' AND d.why = 'incident ' || i.incident),
ends AS (SELECT subject AS "order", min(sequence) AS ended FROM daybook
         WHERE kind IN ('order_paid', 'order_lapsed', 'order_cancelled') GROUP BY subject),
last_given AS (SELECT incident, max(sequence) AS sequence FROM given GROUP BY incident)
SELECT g.sequence, g."order", g.incident, 'was not kept from paying' AS why FROM given g
WHERE NOT EXISTS (SELECT 1 FROM payments p WHERE p."order" = g."order" AND p.begun < g.over AND (p.settled IS NULL OR p.settled > g.declared))
UNION ALL
SELECT max(sequence), "order", incident, 'was given time more than once' FROM given GROUP BY "order", incident HAVING count(*) > 1
UNION ALL
SELECT sequence, "order", incident, 'was given another time than it took' FROM given WHERE abs(pay_by - before - (ended - since)) > 1
UNION ALL
SELECT i.over, p."order", i.incident, 'was given no time' FROM incidents i
JOIN last_given l ON l.incident = i.incident
JOIN payments p ON p.doubted < i.over AND (p.settled IS NULL OR p.settled > i.over)
LEFT JOIN ends e ON e."order" = p."order"
WHERE coalesce(e.ended, 'infinity'::DOUBLE) > l.sequence
  AND NOT EXISTS (SELECT 1 FROM given g WHERE g."order" = p."order" AND g.incident = i.incident)
