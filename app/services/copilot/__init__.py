"""The copilot: people say what they want, it proposes, they decide (contract.md A236). It never acts."""
