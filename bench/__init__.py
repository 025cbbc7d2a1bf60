"""Everything with a clock: `python -m bench <subcommand>` from the repository root."""
