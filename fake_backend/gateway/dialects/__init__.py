"""The languages the gateway speaks with merchants: its own, and two documented ones, over the same payers, faults and ledger."""
