"""Makes telephone recordings: a voice-like hum in words and pauses, as small WAV files."""

from __future__ import annotations

import io
import math
import wave
from random import Random

RATE = 8000
"""Samples a second; each is one byte."""

_SINE = bytes(128 + round(100 * math.sin(2 * math.pi * step / 256)) for step in range(256))


def record_call(number: int, seconds: int = 2) -> bytes:
    """The sound of a recording as a WAV file: one number, one sound, and no two numbers alike.

    Args:
        number: Id of the recording.
        seconds: Its length.
    """
    rng = Random(f"call {number}")
    samples = bytearray()
    while len(samples) < seconds * RATE:
        samples += _syllable(rng)
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(RATE)
        file.writeframes(bytes(samples[: seconds * RATE]))
    return target.getvalue()


def _syllable(rng: Random) -> bytes:
    """A vowel that swells and fades, two formants over the pitch of a voice, or now and then a pause."""
    length = rng.randrange(RATE // 10, RATE // 4)
    grain = rng.randbytes(length)
    if rng.random() < 0.2:
        return bytes(126 + (noise >> 6) for noise in grain)
    pitch, low, high = (_pace(rng, *band) for band in ((95, 230), (300, 850), (900, 2400)))
    return bytes(
        126
        + (noise >> 6)
        + _swell(at, length)
        * (5 * _SINE[at * pitch >> 8 & 255] + 3 * _SINE[at * low >> 8 & 255] + 2 * _SINE[at * high >> 8 & 255] - 1280)
        // 2560
        for at, noise in enumerate(grain)
    )


def _pace(rng: Random, lowest: int, highest: int) -> int:
    """Steps through the sine a sample, in 256ths, for a frequency in hertz between the two."""
    return rng.randrange(lowest, highest) * 65536 // RATE


def _swell(at: int, length: int) -> int:
    """Loudness from 0 to 256 at a sample of a syllable."""
    return 1024 * at * (length - at) // (length * length)
