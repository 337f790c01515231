"""Blocks that steer when things happen; their types start with `flow.`."""
