"""The commands: argv in, text out. One command a file; no logic of its own."""
