"""What the coordinator waits for and accepts: every limit in one place, each on by default."""

from __future__ import annotations

from attrs import frozen


@frozen(kw_only=True)
class CoordinatorLimits:
    """Limits of one case; times are seconds on the monotonic clock.

    Args:
        connect: Until a service has said what it declares.
        page: Until one page, one answer or the next bytes of a file are there.
        task: For everything a service does in one step of a case.
        attempts: How often one message is sent at most.
        backoff: Longest wait before the second attempt; doubles with each further one, and the wait is drawn at random.
        rounds: How often what was learned is asked again until nothing new turns up.
        identifiers: Most identifiers of one case.
        pages: Most pages of one data set.
        page_records: Records asked for in one page, at most 1000.
        attachment_bytes: Largest file that is fetched.
    """

    connect: float = 10.0
    page: float = 30.0
    task: float = 900.0
    attempts: int = 3
    backoff: float = 1.0
    rounds: int = 8
    identifiers: int = 1000
    pages: int = 100_000
    page_records: int = 1000
    attachment_bytes: int = 256 * 1024 * 1024
