"""The loop that writes the files of tickets that agents asked for: claim → read and write piece by piece → whole.

A file has its name only when it is whole. Who is stopped gives its work back; of who dies the lease runs out; both are begun
anew. A piece is a few hundred tickets, so neither the database nor this process is kept from its other work for long.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.exc import SQLAlchemyError

from bot.db import Database
from bot.tickets import exports
from bot.tickets.exporting import Reader
from bot.tickets.exports import Export
from bot.tickets.spreadsheets import FORMATS, Spreadsheet

_log = logging.getLogger(__name__)
_SWEEP_SECONDS = 1.0
_TELL_SECONDS = 2.0


class Exporter:
    """Writes exports, one at a time; `run` is the loop, `stop` ends it."""

    def __init__(
        self,
        database: Database,
        folder: Path,
        zone: ZoneInfo,
        now: Callable[[], datetime],
        tell: Callable[[str], Awaitable[None]],
    ) -> None:
        """`tell` is called with an export's id whenever there is something new to be seen of it."""
        self._database = database
        self._folder = folder
        self._zone = zone
        self._now = now
        self._tell = tell
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Leave what is under way and begin no more."""
        self._stopping.set()

    async def run(self) -> None:
        """Write until `stop`. Errors of the database are waited out."""
        while not self._stopping.is_set():
            try:
                await self._sweep()
                claimed = await self._database.write(partial(exports.claim, now=self._now()))
                if claimed is not None:
                    await self._settle(claimed)
                    continue
            except SQLAlchemyError as error:
                _log.error("exports cannot be worked on: %s", type(error).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), _SWEEP_SECONDS)

    async def _sweep(self) -> None:
        for name in await self._database.write(partial(exports.expire, now=self._now())):
            with suppress(OSError):  # what cannot be deleted cannot be fetched either
                await asyncio.to_thread((self._folder / name).unlink)

    async def _settle(self, export: Export) -> None:
        """Write the file and note how that ended."""
        path = self._folder / f"{export.id}.part"
        note = partial(exports.fail, identity=export.id)
        try:
            done = await self._write(export, path)
            if done is None:
                note = partial(exports.give_back, identity=export.id)
            else:
                size = path.stat().st_size
                await asyncio.to_thread(self._put_in_place, path, f"{export.id}.{export.format}")
                note = partial(exports.finish, identity=export.id, done=done, size=size)
        except OSError as error:  # the disk: full, or not ours to write to
            _log.error("an export could not be written: %s", type(error).__name__, extra={"export": export.id})
        finally:
            with suppress(OSError):
                path.unlink()
        await self._database.write(lambda connection: note(connection, now=self._now()))
        await self._tell(export.id)

    def _put_in_place(self, path: Path, name: str) -> None:
        if self._database.keyring is not None:
            path.write_bytes(self._database.keyring.seal_file(name, path.read_bytes()))
        path.replace(self._folder / name)

    async def _write(self, export: Export, path: Path) -> int | None:
        """All of its tickets; how many there were, or None if it was stopped."""
        reader = Reader(export.wanted, export.created_at, self._zone)
        await self._say(export, total=await self._database.read(reader.total))
        file = await asyncio.to_thread(self._open, export, path)
        try:
            done = await self._fill(export, reader, file)
        finally:
            await self._while_beating(export, asyncio.create_task(asyncio.to_thread(file.close)))
        return done

    async def _fill(self, export: Export, reader: Reader, file: Spreadsheet) -> int | None:
        done, after, told = 0, None, time.monotonic()
        while not self._stopping.is_set():
            found, after = await self._database.read(partial(reader.batch, after=after))
            await asyncio.to_thread(file.add, reader.rows(found, export.words))
            done += len(found)
            if after is None:
                return done
            if time.monotonic() - told > _TELL_SECONDS:
                await self._say(export, done=done)
                told = time.monotonic()
        return None

    async def _while_beating(self, export: Export, work: "asyncio.Task[None]") -> None:
        """Wait for something long, and keep the lease meanwhile."""
        while not work.done():
            await asyncio.wait({work}, timeout=_TELL_SECONDS * 10)
            if not work.done():
                await self._say(export)
        work.result()

    async def _say(self, export: Export, **progress: int) -> None:
        await self._database.write(lambda connection: exports.tell(connection, export.id, self._now(), **progress))
        await self._tell(export.id)

    def _open(self, export: Export, path: Path) -> Spreadsheet:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return FORMATS[export.format](path, export.words.above(), export.words.sheet)
