# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Camera messages, not deserialized, until it is known which of them the node judged.

Only those are decoded, and made into the JPEG files that a page shows.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from streamo_ros.live.page_picture import page_picture
from streamo_ros.live.page_picture import PagePicture
from streamo_ros.sources.cdr import peek_stamp

WAITING = 48 * 2**20
"""Bytes of camera messages that wait at most."""
WANTED = 64
"""Judged frames that wait for their camera message at most."""


class JudgedPictures:
    """Matches camera messages with decisions, whichever comes first.

    Args:
        show: takes the capture time of a judged frame and its picture.
    """

    def __init__(self, show: Callable[[int, PagePicture], None]) -> None:
        self._show = show
        self._images: OrderedDict[int, tuple[bytes, bool]] = OrderedDict()
        self._size = 0
        self._wanted: OrderedDict[int, None] = OrderedDict()
        self._newest = 0

    def take(self, data: bytes, compressed: bool) -> None:
        """Keep a camera message for a while.

        Args:
            data: the serialized message.
            compressed: whether it is a CompressedImage.
        """
        stamp = peek_stamp(data)
        if stamp is None:
            return
        if stamp in self._wanted:
            del self._wanted[stamp]
            self._decode(stamp, data, compressed)
            return
        self._size += len(data) - len(self._images.pop(stamp, (b'', False))[0])
        self._images[stamp] = data, compressed
        while self._size > WAITING and len(self._images) > 1:
            self._size -= len(self._images.popitem(last=False)[1][0])

    def judge(self, stamp: int) -> None:
        """A frame was judged; called for every instruction, shown once."""
        if stamp == self._newest:
            return
        self._newest = stamp
        if stamp in self._images:
            data, compressed = self._images.pop(stamp)
            self._size -= len(data)
            self._decode(stamp, data, compressed)
            return
        self._wanted[stamp] = None
        while len(self._wanted) > WANTED:
            self._wanted.popitem(last=False)

    def _decode(self, stamp: int, data: bytes, compressed: bool) -> None:
        # What the node could not decode either, it has said itself.
        picture = page_picture(data, compressed)
        if picture.jpeg:
            self._show(stamp, picture)
