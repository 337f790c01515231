"""Services described by data: a manifest for each, and the blocks that come of its operations."""
