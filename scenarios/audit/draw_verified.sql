-- Whoever takes the published bundle and recomputes the draw from it comes to the same winners.
-- over: verification
-- needs: verification.ok
-- The table is what `verify_draw.py`, which is nobody's part of the backend, says of each published bundle.
SELECT * FROM verification WHERE lower(ok) NOT IN ('true', '1', 'yes')
