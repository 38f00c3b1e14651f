"""The one error that a person is meant to read."""


class FerliteError(Exception):
    """Bad input, told in one sentence that names the file, row or option and what to do.

    The command line prints the sentence and exits with status 1, or in a batch goes on with the
    next file; a traceback of anything else is a bug.
    """
