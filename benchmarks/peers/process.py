"""What every peer does about its process: it answers each line of stdin with a line of JSON on stdout."""

import json
import sys
import time


def peak_bytes():
    """The most memory that the process had in use (VmHWM), or None where the system does not say it."""
    try:
        with open("/proc/self/status") as status:
            line = next(line for line in status if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        return None
    return int(line.split()[1]) << 10


def milliseconds(work):
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1e3


def take_turns(measure, parameters=None):
    """Answers each line with what `measure` of it returns, a list of milliseconds, until there are no more.

    `parameters` are the trainable ones of the generator and of the discriminator.
    """
    for line in sys.stdin:
        times = measure(line)
        print(json.dumps({"times_ms": times, "peak_bytes": peak_bytes(), "parameters": parameters}), flush=True)


def add_model_arguments(parser):
    """The networks and the batch, as a recipe names them."""
    parser.add_argument("--size", type=int, required=True, help="pixels of a side: 32, 64 or 128")
    parser.add_argument("--channels", type=int, required=True, help="1 or 3")
    parser.add_argument("--width", type=int, required=True, help="channels at the widest resolution")
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
