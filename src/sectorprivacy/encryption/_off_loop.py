"""Large batches and streams leave the event loop: one blocking implementation, advanced in a worker thread."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


async def off_loop(make: Callable[[], Iterable[T]], *, together: int = 16) -> AsyncGenerator[T]:
    """What a blocking iterator gives, without ever holding up the event loop.

    `off_loop(lambda: scope.open_file(place, source))` for a recording, `off_loop(lambda: unseal_many(...),
    together=1024)` for a batch. What returns a list, such as `seal_many`, needs no more than `asyncio.to_thread`.

    Args:
        make: Makes the iterator; called in the worker thread too, because finding a key may ask the key store.
        together: How many items are fetched in one step of the thread.

    Yields:
        Its items, in order.

    Raises:
        Exception: Whatever `make` or the iterator raises; items of the same step are not given out then.
    """
    items = iter(await asyncio.to_thread(make))
    while got := await asyncio.to_thread(list, islice(items, together)):
        for item in got:
            yield item
