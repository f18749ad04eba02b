-- The daybook is as it was written: its sequence has no gap, and each row is chained to all before it by the hash it carries.
-- over: daybook
-- needs: daybook.sequence, daybook.link
-- A row's link is the SHA-256 of the link before it and what the row says.  The person is left out of it, so that whoever checks the chain
-- need not know anybody.
WITH chained AS (
  SELECT sequence, link, lag(sequence, 1, 0) OVER (ORDER BY sequence) AS before,
         sha256(concat_ws(chr(10), coalesce(lag(link) OVER (ORDER BY sequence), ''), sequence, floor("at" * 1000)::BIGINT, kind, subject,
                          round, shop, amount, detail)) AS computed
  FROM daybook)
SELECT sequence, before, CASE WHEN sequence <> before + 1 THEN 'a gap' ELSE 'not what was written' END AS why
FROM chained WHERE sequence <> before + 1 OR link IS DISTINCT FROM computed
