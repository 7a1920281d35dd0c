"""Pictures of the desk for docs/desk.md: `python -m tests.pictures`, on the demo's own week."""
