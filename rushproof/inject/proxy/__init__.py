"""A TCP proxy that spoils what passes through it: Toxiproxy's HTTP API and its toxics, on this machine only."""
