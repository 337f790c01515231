"""The block types: one file each, named after the type; a folder per group."""
