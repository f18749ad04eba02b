"""How a recovery is computed: pure functions over the journal, one idea a file."""
