"""THE PERSON'S RIGHTS: the protocol services answer, what a service implements, the case, the package people get."""

__all__: list[str] = []
