"""Places outside the database that credentials can be read from."""

from app.adapters.secret_sources.base import SecretSource, SourceError
from app.adapters.secret_sources.environment import EnvironmentSource
from app.adapters.secret_sources.files import FileSource
from app.adapters.secret_sources.hashicorp import AppRole, VaultSource

__all__ = ["AppRole", "EnvironmentSource", "FileSource", "SecretSource", "SourceError", "VaultSource"]
