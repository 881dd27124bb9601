"""A package, since `tests/cli` has a file of the same name as one in here."""
