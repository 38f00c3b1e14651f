"""The errors that a person is meant to read, by what has to be changed."""


class FerliteError(Exception):
    """Bad input, told in one sentence that names the file, row or option and what to do.

    The command line prints the sentence and exits with status 1, or in a batch goes on with the
    next file; a traceback of anything else is a bug. Its kinds tell a bad upload from a missing
    model; an argument or option that makes no sense is a plain `FerliteError`.

    >>> issubclass(ImageError, FerliteError)
    True
    """


class ImageError(FerliteError):
    """An image that cannot be read: missing, damaged, too large, or no image at all."""


class VideoError(FerliteError):
    """A video or camera that cannot be read."""


class ModelError(FerliteError):
    """A model file that is missing, damaged, or not one of ferlite's."""


class OutputError(FerliteError):
    """A result that cannot be written where it should go."""


class DataError(FerliteError):
    """A dataset that is missing, damaged, or laid out in another way than expected."""


class RecipeError(FerliteError):
    """A training recipe with an unknown key, a wrong value, or parts that contradict each other."""
