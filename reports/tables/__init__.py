"""The tables of README and docs/, a file for each subject."""
