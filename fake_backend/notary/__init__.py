"""The notary: a witness who was not asked to judge, only to say what it saw and when, and to show all of it to everybody."""
