"""The flow8 surface (contract.md): flows and layers, plays, groups, stored values, channels and schedules."""
