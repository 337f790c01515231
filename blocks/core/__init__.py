"""The blocks that every workflow is made of; their type names have no prefix."""
