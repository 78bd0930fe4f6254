"""THE PERSON'S RIGHTS: the protocol services answer, the package people receive, what a service implements, the case."""

__all__: list[str] = []
