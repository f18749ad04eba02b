-- The ledger's sequence has no gap and no number twice.
-- over: ledger
-- needs: ledger.sequence
SELECT before AS after_sequence, sequence
FROM (SELECT sequence, lag(sequence) OVER (ORDER BY sequence) AS before FROM ledger)
WHERE sequence <> before + 1
