"""Tests of the editor in the browser."""
