"""Use cases, one a function: `acknowledge(work, ...)`. One call is one step of one transaction, with its audit
event."""
