"""The draw: entries are committed to before anybody can know the randomness that chooses among them, so that everybody can check it.

close ─▶ frozen ── commitment to the notary ─▶ committed ── the beacon's round is out ─▶ drawn ── publish ─▶ published
"""
