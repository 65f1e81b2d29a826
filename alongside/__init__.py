"""The command line, and `up`, which runs the processes."""
