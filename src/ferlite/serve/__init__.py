"""The HTTP server: the same faces as in Python and on the command line. Needs `ferlite[serve]`."""
