-- Nothing is in the ledger that nobody asked for: each entry is somebody's attempt, by key, person, round and content.
-- over: ledger
-- needs whole: attempts
-- The ledger holds what the target wrote after the load began; what stood there before was not imported.
SELECT l.sequence, l.person, l.round, l.key, l.content
FROM ledger l ANTI JOIN attempts a ON a.key = l.key AND a.person = l.person AND a.round = l.round AND a.content = l.content
