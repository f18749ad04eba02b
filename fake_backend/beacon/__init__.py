"""The beacon: public randomness at a steady pace, that nobody can know before its time and everybody can check after it."""
