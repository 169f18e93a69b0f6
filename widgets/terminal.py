"""What a terminal may send and the app has to survive."""

from __future__ import annotations

from codecs import IncrementalDecoder, getincrementaldecoder
from functools import partial

from textual.driver import Driver


def forgiving(driver: type[Driver]) -> type[Driver]:
    """The driver, told to replace bytes that are not UTF-8 instead of dying of them.

    Textual 8.2.8 decodes the terminal strictly inside `LinuxDriver.run_input_thread`, and a pasted Latin-1 letter
    ends the app. The decoder is made there and nowhere else, by a name of that module: the only seam short of a copy
    of the whole method.
    """
    if driver.__module__ == "textual.drivers.linux_driver":
        from textual.drivers import linux_driver

        vars(linux_driver)["getincrementaldecoder"] = _replacing
    return driver


def _replacing(encoding: str) -> partial[IncrementalDecoder]:
    return partial(getincrementaldecoder(encoding), "replace")
