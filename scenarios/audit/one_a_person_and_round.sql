-- A person has at most one reservation in a round.
-- over: ledger
-- needs: ledger.person, ledger.round
SELECT person, round, count(*) AS entries, min(sequence) AS sequence, max(sequence) AS last_sequence
FROM ledger GROUP BY person, round HAVING count(*) > 1
