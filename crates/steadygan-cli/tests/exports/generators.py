"""Small generators of every form, which other programs must compute as the program does."""

import json

LATENT = 100
# A few steps of training, so that batch norm's running statistics are not those it starts with.
SMALL = "--quiet --images 320 --batch 16 --set model.width=8 --set data.size=32 --seed 1".split()
TOLERANCE = 1e-4
# After a few steps the images of some networks hardly differ from each other. The difference between two programs
# must be small against that too, or the comparison would show nothing.
SHARE_OF_SPREAD = 1e-2


def cases(steadygan):
    """What `train` takes for each, by what it is: presets, `hacks` without each of its heuristics, with an average, colour, 28 pixels."""
    names = [card["name"] for card in json.loads(steadygan("heuristics", "--json"))]
    options = {"hacks": [], "plain": ["--set", "base=plain"], "colour": ["--set", "data.channels=3"]}
    options |= {f"without {name}": ["--without", name] for name in names}
    # What is shown is not what was trained.
    options |= {"with ema": ["--with", "ema"], "modern": ["--set", "base=modern"]}
    options["28 pixels"] = ["--set", "data.size=28"]
    return {case: [*SMALL, *options] for case, options in options.items()}
