-- The daybook is as it was written: its sequence has no gap, and each row is chained to all before it by the hash it carries.
-- over: daybook
-- needs: daybook.sequence, daybook.link
-- A row's link is the SHA-256 of the link before it and what the row says.  The person is left out of it, so that whoever checks the chain
-- need not know anybody.
WITH rows_ AS (
  SELECT sequence, link, concat_ws(chr(10), sequence, floor("at" * 1000)::BIGINT, kind, subject, coalesce(round, ''), coalesce(shop, ''),
                                   amount, detail) AS says
  FROM daybook),
chained AS (
  SELECT sequence, link, lag(sequence, 1, 0) OVER (ORDER BY sequence) AS before,
         sha256(coalesce(lag(link) OVER (ORDER BY sequence), '') || chr(10) || says) AS computed
  FROM rows_)
SELECT sequence, before, CASE WHEN sequence <> before + 1 THEN 'a gap' ELSE 'not what was written' END AS why
FROM chained WHERE sequence <> before + 1 OR link IS DISTINCT FROM computed
