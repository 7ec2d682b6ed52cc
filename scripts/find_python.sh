#!/bin/sh
# Prints the first Python 3.11 or newer: FD_PYTHON, python3, then by version. Nothing is installed.
for name in ${FD_PYTHON:-} python3 python3.13 python3.12 python3.11 python3.14 python; do
  if command -v "$name" >/dev/null 2>&1 &&
    "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    command -v "$name"
    exit 0
  fi
done
echo "No Python 3.11 or newer found. Fix: sudo apt-get install python3 python3-venv (Debian 12, Ubuntu 24.04 or newer), or FD_PYTHON=/path/to/python3.12 make …" >&2
exit 1
