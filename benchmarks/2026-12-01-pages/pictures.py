"""Photographs each page of the dashboard, light, dark and at phone width.

Usage: pictures.py PROGRAM FOLDER INTO [FORMAT]    (FOLDER is what make_runs.sh made; FORMAT is webp or png)

It needs what the dashboard's browser test needs: selenium, chromium and chromium-driver.
"""

import base64
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "crates/steadygan-dash/tests/browser"))
from check_dashboard import Page, browser  # noqa: E402

WIDE, PHONE = 1280, 390
# The tallest picture, in CSS pixels: what is below is cut off.
MOST_HEIGHT = 1600
QUALITY = 12
# Pictures are saved at this share of their size, so that the record stays small.
SHARE = {WIDE: 0.5, PHONE: 0.7}


def photograph(page, name, width, into, form):
    """Photographs the whole page as it is shown now, and checks that it is no wider than the screen."""
    kind = "phone" if width == PHONE else page.scheme
    ratio = 2 if width == PHONE else 1
    wide = page.run("return document.documentElement.scrollWidth")
    assert wide <= width, f"{name} is {wide} wide at {width}"
    top = page.run("return scrollY + document.querySelector('.explorer').getBoundingClientRect().top") - 20 if name == "explorer" else 0
    height = min(MOST_HEIGHT, page.run("return document.documentElement.scrollHeight") - top)
    small = form == "webp"
    clip = {"x": 0, "y": top, "width": width, "height": height, "scale": SHARE[width] / ratio if small else 1}
    shot = page.driver.execute_cdp_cmd("Page.captureScreenshot", {"format": form, "captureBeyondViewport": True, "clip": clip} | ({"quality": QUALITY} if small else {}))
    (into / f"{name}-{kind}.{form}").write_bytes(base64.b64decode(shot["data"]))


def show(page, width, scheme):
    """Sets the screen: tall, because rows of the list that are not on it are not drawn."""
    page.scheme = scheme
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    screen = {"width": width, "height": MOST_HEIGHT, "deviceScaleFactor": 2 if width == PHONE else 1, "mobile": width == PHONE}
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)


def explored(page):
    """Opens the explorer, picks two images and waits for what that draws."""
    next(button for button in page.all(".explorer button") if button.text == "Draw images").click()
    page.until(lambda: len(page.all("button.cell")) == 64, "images are drawn")
    page.run("const c = document.querySelectorAll('button.cell'); c[3].click(); c[12].click()")
    page.until(lambda: page.all(".walk .cell") and page.all(".near .cell"), "the way and the nearest are drawn")


def main():
    program, folder, into = (str(pathlib.Path(argument).resolve()) for argument in sys.argv[1:4])
    form = sys.argv[4] if len(sys.argv) > 4 else "webp"
    into = pathlib.Path(into)
    into.mkdir(parents=True, exist_ok=True)
    ids = [f"runs/{run.name}" for run in sorted(pathlib.Path(folder, "runs").iterdir()) if run.is_dir()]
    address = lambda run: run.replace("/", "%2F")
    compared = ",".join(address(run).replace("%", "%25") for run in ids[:4])
    pages = {
        "list": ("", lambda page: page.until(lambda: page.all(".thumb img"), "the list is there")),
        "run": (f"#/run/{address(ids[0])}", lambda page: page.until(lambda: page.all(".sheet img") and page.all(".u-over"), "the run is there")),
        "explorer": (f"#/run/{address(ids[0])}", lambda page: page.until(lambda: page.all(".explorer button") and page.all(".u-over"), "the run is there")),
        "findings": (f"#/run/{address(ids[3])}", lambda page: page.until(lambda: page.all(".findings li") and page.all(".u-over"), "the run is there")),
        "compare": (f"#/compare?runs={compared}", lambda page: page.until(lambda: len(page.all(".wall img")) == 5 and page.all(".u-over"), "the comparison is there")),
        "study": ("#/study/study", lambda page: page.until(lambda: page.all(".interval") and page.all(".u-over"), "the study is there")),
    }
    dashboard = subprocess.Popen([program, "dashboard", ".", "--port", "0", "--quiet"], cwd=folder, stdout=subprocess.PIPE, text=True)
    driver = browser()
    try:
        page = Page(driver, dashboard.stdout.readline().strip(), None)
        for name, (place, is_there) in pages.items():
            for width, scheme in [(WIDE, "light"), (WIDE, "dark"), (PHONE, "light")]:
                show(page, width, scheme)
                page.open(place)
                is_there(page)
                if name == "explorer":
                    explored(page)
                # Pictures that were just drawn appear with the next frames.
                page.run("return new Promise((resolve) => setTimeout(resolve, 500))")
                photograph(page, name, width, into, form)
    finally:
        driver.quit()
        dashboard.terminate()


if __name__ == "__main__":
    main()
