"""What the library raises: mistakes of the host. What a guest does wrong is a StopReason instead."""


class Error(Exception):
    """A mistake of the host; the message says what was wrong and what would mend it."""


class InvalidArgumentError(Error, ValueError):
    """An argument is outside what the function takes."""


class FileUnreadableError(Error, OSError):
    """A file cannot be opened or read."""


class BadProgramError(Error, ValueError):
    """A program file is malformed, or for another architecture."""


class BadAddressError(Error, LookupError):
    """The host's access touches guest memory that is not mapped."""


class OutOfMemoryError(Error, MemoryError):
    """A memory limit is reached, the machine's or the host's."""


class UnavailableError(Error, RuntimeError):
    """The engine or device that was asked for is not there."""
