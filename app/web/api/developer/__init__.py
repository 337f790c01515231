"""The developer surface, `/api/v1` (contract.md): camelCase, single objects flat and once more under `data`."""
