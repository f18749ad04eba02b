-- Everybody whom an incident kept from paying was told of it once by each channel, and nobody else was.
-- over: notice_log
-- needs: notice_log.person, notice_log.channel, notice_log.what
-- That a provider delivers a message twice is told apart by the message's key.
WITH owed AS (
  SELECT person, channel, count(DISTINCT detail->>'incident') AS incidents
  FROM daybook CROSS JOIN (VALUES ('sms'), ('in-app')) c(channel) WHERE kind = 'affected' GROUP BY person, channel),
heard AS (
  SELECT person, channel, count(DISTINCT key) AS notices FROM notice_log
  WHERE what IN ('pay_again', 'all_well', 'too_late') GROUP BY person, channel)
SELECT coalesce(o.person, h.person) AS person, coalesce(o.channel, h.channel) AS channel, coalesce(o.incidents, 0) AS incidents,
       coalesce(h.notices, 0) AS notices
FROM owed o FULL OUTER JOIN heard h ON h.person = o.person AND h.channel = o.channel
WHERE coalesce(o.incidents, 0) <> coalesce(h.notices, 0)
