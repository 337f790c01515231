"""From a block's one declaration to everything that is shown of it. Pure: Block in, data out."""

from app.describe.fields import FormField, form
from app.describe.pages import documentation
from app.describe.problems import ConfigProblem, validate_config
from app.describe.schema import config_schema, manifest, palette_entry

__all__ = [
    "ConfigProblem",
    "FormField",
    "config_schema",
    "documentation",
    "form",
    "manifest",
    "palette_entry",
    "validate_config",
]
