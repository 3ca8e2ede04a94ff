"""Whether all readers can use the dashboard's pages: contrast, names and roles by axe-core, and the colours of runs."""

import hashlib
import itertools
import json
import math
import subprocess
import sys
import zipfile

# axe-core 4.12.1 (MPL-2.0) is the test's own tool and no part of the program. This package carries the script as one
# file; the package's code is not used. The hash is that of the script.
AXE_PACKAGE = "axe-playwright-python==0.1.8"
AXE_FILE = "axe_playwright_python/axe.min.js"
AXE_SHA256 = "84494fec757e4710dc751c8d7a636e457f4532f08f85c86dc9070133fbff53bc"

# The runs' colours have to differ for all readers. The unit is the distance in Oklab, in which 0.02 is just seen between
# areas side by side; lines far apart need more.
LEAST_DISTANCE = 0.1
COMPARED = 6
# Machado, Oliveira, Fernandes (2009), severity 1.0, on linear RGB.
DEFICIENCIES = {
    "none": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def axe_core(place):
    """The text of axe-core, fetched by pip and checked."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:", "--dest", str(place), AXE_PACKAGE]
    subprocess.run(command, check=True)
    with zipfile.ZipFile(next(place.glob("*.whl"))) as package:
        script = package.read(AXE_FILE)
    assert hashlib.sha256(script).hexdigest() == AXE_SHA256, f"{AXE_FILE} of {AXE_PACKAGE} is not the known one"
    return script.decode()


def runs_have_colours_for_all_readers(page):
    def seen(colour, matrix):
        channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        red, green, blue = (min(1, max(0, sum(m * c for m, c in zip(row, linear)))) for row in matrix)
        # Oklab (Ottosson 2020).
        l = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
        m = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
        s = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
        return (
            0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
            1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
            0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s,
        )

    page.open()
    for theme in ["light", "dark"]:
        page.run("document.documentElement.dataset.theme = arguments[0]", theme)
        value = lambda name: page.run("return getComputedStyle(document.documentElement).getPropertyValue(arguments[0]).trim()", f"--{name}")
        for names in [[f"run-{at}" for at in range(COMPARED)], ["d", "g"]]:
            for kind, matrix in DEFICIENCIES.items():
                for one, other in itertools.combinations(names, 2):
                    distance = math.dist(seen(value(one), matrix), seen(value(other), matrix))
                    assert distance >= LEAST_DISTANCE, f"{theme}, {kind}: {one} and {other} are {distance:.3f} apart"


def nothing_keeps_anybody_out(page, axe, first, second):
    """axe-core finds nothing: contrast (WCAG 2.2 AA), names, roles, order of headings, what a keyboard reaches."""
    line = {"images": 256, "finding": "mode-collapse", "severity": "severe", "since": 128, "says": "All fakes are one image.", "evidence": {"diversity": 0.01},
            "means": "It fools with one.", "advice": [{"do": "shows batches", "recipe": "--with minibatch-std"}, {"do": "train for longer", "recipe": ""}]}
    notes = [line, line | {"finding": "few-images", "severity": "note"}, line | {"finding": "decay", "severity": "warning"}, line | {"finding": "decay", "severity": "over", "images": 384}]
    (first / "findings.jsonl").write_text("".join(json.dumps(one) + "\n" for one in notes))
    def drawn():
        page.run("document.querySelectorAll('.explorer > button').forEach((button) => button.click())")
        return page.all("button.cell")

    places = {
        "explorer": (f"#/run/{first.name}", drawn),
        "list": ("", lambda: page.all(".thumb img")),
        "run": (f"#/run/{first.name}?with={second.name}", lambda: page.all(".u-over") and page.all(".findings li")),
        "compare": (f"#/compare?runs={first.name},{second.name}", lambda: page.all(".u-over") and page.all(".wall img")),
        "study": ("#/study/a%20study", lambda: page.all(".interval") and page.all(".wall img")),
        "missing": ("#/run/missing", lambda: page.all("main .empty")),
        "keys": ("", lambda: page.all("li.run") and (page.press("?") or page.all("#help[open]"))),
    }
    violations = {}
    for (name, (place, is_there)), scheme, phone in itertools.product(places.items(), ["light", "dark"], [False, True]):
        page.look(scheme, phone)
        page.open(place)
        page.until(is_there, f"{name} is shown")
        page.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        page.run(axe)
        found = page.driver.execute_async_script("""
            const done = arguments[arguments.length - 1];
            const runOnly = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
            axe.run(document, { runOnly, resultTypes: ["violations"] }).then(({ violations }) => done(violations.map(({ id, impact, nodes }) =>
              ({ id, impact, nodes: nodes.map(({ html, failureSummary }) => `${html.slice(0, 160)}: ${failureSummary}`) }))));
        """)
        where = f"{name}, {scheme}{', phone' if phone else ''}"
        violations |= {where: found} if found else {}
        wide = page.run("return document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{where} is {wide} pixels too wide"
    assert not violations, json.dumps(violations, indent=1)
    page.look("light", False)
    (first / "findings.jsonl").unlink()
