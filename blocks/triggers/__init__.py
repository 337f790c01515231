"""Blocks where an execution starts by itself; their types start with `trigger.`."""
