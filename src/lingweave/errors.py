"""The one exception that is shown to a user as a single line, without a traceback."""


class LingweaveError(Exception):
    """A mistake in what the user gave, or something that is missing.

    The message is one line: it names the file, line, field or option, and says what to do.
    The command line prints it and exits with status 2.
    """
