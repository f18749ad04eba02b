-- No reservation was taken before its round opened or after it closed, by the target's own clock.
-- over: ledger
-- needs: ledger.round, ledger.at, rounds.open, rounds.close
SELECT l.sequence, l.person, l.round, l."at", r.open, r.close
FROM ledger l LEFT JOIN rounds r ON r.round = l.round
WHERE r.round IS NULL OR l."at" < r.open OR l."at" >= r.close
