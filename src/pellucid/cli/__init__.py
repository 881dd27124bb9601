"""The command line: one command a file, each thin: it parses, calls and prints."""
