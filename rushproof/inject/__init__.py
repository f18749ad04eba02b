"""Breaking things and mending them: one kind of fault a file, and the guard that mends when the harness is gone."""
