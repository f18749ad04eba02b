"""The `rushproof` command: one verb a file, each with `add(verbs)`; `main` holds the table of them and the exit codes."""
