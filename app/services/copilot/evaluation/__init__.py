"""Measuring a model as the copilot: forty requests in two languages, with checks on what comes of them."""
