"""Blocks that use what the studio itself offers."""
