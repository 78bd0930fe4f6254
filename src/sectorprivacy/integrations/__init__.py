"""ONE MODULE PER THIRD PARTY: each behind the extra of its name, and none imports another."""

__all__: list[str] = []
