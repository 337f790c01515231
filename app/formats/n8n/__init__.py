"""Workflows of n8n, read: their nodes as blocks, their expressions in this language, and a report of both."""
