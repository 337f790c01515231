"""The OpenAPI description: what routes declare themselves, and tables of what they take and answer."""
