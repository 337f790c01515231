"""Workflows as text: three YAML forms and the JSON export. Pure: text in, a graph's JSON out, and back."""
