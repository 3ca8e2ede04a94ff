"""Prints the versions of the packages it is asked for and of Python as JSON; null stands for what is not installed."""

import importlib.metadata
import json
import platform
import sys


def version(package):
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


if __name__ == "__main__":
    print(json.dumps({"python": platform.python_version()} | {name: version(name) for name in sys.argv[1:]}))
