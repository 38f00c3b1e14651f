"""What image and video files are called: what a folder is searched for."""

from typing import Final

IMAGES: Final = (
    ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".webp", ".gif", ".bmp", ".tif",
    ".tiff", ".heic", ".heif", ".hif", ".avif", ".pgm", ".ppm", ".pnm", ".pbm", ".pfm",
)  # fmt: skip
VIDEOS: Final = (
    ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".mts", ".m2ts",
    ".wmv", ".flv", ".3gp", ".ogv",
)  # fmt: skip
