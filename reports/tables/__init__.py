"""The tables of README and docs/, one file for each subject; `python -m reports.tables` fills them in."""
