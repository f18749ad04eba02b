-- Everybody who entered was told what came of it, and every winner by each channel, each of them once.
-- over: notice_log
-- needs: notice_log.person, notice_log.channel, notice_log.what, notice_log.round
-- Only rounds whose results were published are looked at.  That a provider delivers a message twice is told apart by the message's key.
WITH public AS (SELECT DISTINCT round FROM daybook WHERE kind = 'draw_published'),
results AS (SELECT DISTINCT person, round, channel, what, key FROM notice_log SEMI JOIN public USING (round)
            WHERE what IN ('won', 'lost', 'listed')),
heard AS (SELECT person, round, channel, count(*) AS notices, count(DISTINCT what) AS contents FROM results GROUP BY ALL),
winners_ AS (SELECT DISTINCT person, round FROM daybook SEMI JOIN public USING (round)
             WHERE kind = 'order_opened' AND TRY_CAST(detail->>'place' AS BIGINT) = 0),
owed AS (SELECT person, round, 'in-app' AS channel FROM ledger SEMI JOIN public USING (round)
         UNION SELECT person, round, channel FROM winners_ CROSS JOIN (VALUES ('sms'), ('in-app')) c(channel))
SELECT o.person, o.round, o.channel, 0 AS notices, 'not told' AS why FROM owed o ANTI JOIN heard h USING (person, round, channel)
UNION ALL
SELECT person, round, channel, notices, 'told more than once' FROM heard WHERE notices > 1
UNION ALL
SELECT r.person, r.round, r.channel, 1, 'told the wrong thing' FROM results r LEFT JOIN winners_ w USING (person, round)
WHERE (r.what = 'won') <> (w.person IS NOT NULL)
