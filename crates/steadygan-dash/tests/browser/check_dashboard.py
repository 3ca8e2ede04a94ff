"""The dashboard in headless Chromium: what a person does with it, by mouse and by keyboard.

Usage: check_dashboard.py PROGRAM [FOLDER FOR SCREENSHOTS]

It trains two small runs with PROGRAM (the binary `steadygan`), starts `dashboard` on their folder and looks at the list
of runs, a live run whose curve grows without a reload, the slider, two runs overlaid and zoomed, a study's page, the explorer, use
by keyboard alone, text from runs that would like to be markup, and the reports of a run and of a study, opened as files. It needs selenium, chromium and chromium-driver.
"""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

PATIENCE_S = 60
HOSTILE = "00009-<img src=x onerror=document.title='owned'>"


def train(program, folder, images, seed, *more):
    """Trains a run that takes seconds and returns its folder."""
    options = ["--quiet", "--threads", "1", "--batch", "16", "--images", str(images), "--seed", str(seed)]
    settings = ["model.width=8", "train.stats-every=64", "train.sheets-every=128"]
    command = [program, "train", *options, *(f"--set={setting}" for setting in settings), *more, "--out", str(folder)]
    return pathlib.Path(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\n")[-2])


def browser():
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for switch in ["headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage", "disable-background-networking", "hide-scrollbars"]:
        options.add_argument(f"--{switch}")
    options.add_argument("--window-size=1280,1000")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(executable_path=shutil.which("chromedriver"))
    return webdriver.Chrome(options=options, service=service)


class Page:
    """The page under test, with waits instead of sleeps."""

    def __init__(self, driver, url, pictures):
        self.driver, self.url, self.pictures = driver, url, pictures

    def open(self, place=""):
        # Opens another address first, so that a change behind `#` alone also loads a new page.
        self.driver.get("about:blank")
        self.driver.get(f"{self.url}{place}")

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        return self.until(lambda: next(iter(self.all(selector)), None), f"{selector} is there")

    def text(self, selector):
        return self.one(selector).text

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def until(self, condition, what):
        def holds(_):
            return condition()

        ignored = [__import__("selenium").common.exceptions.StaleElementReferenceException]
        try:
            return WebDriverWait(self.driver, PATIENCE_S, 0.05, ignored).until(holds)
        except Exception:
            self.picture("failed")
            raise AssertionError(f"this did not happen in time: {what}") from None

    def press(self, *keys):
        webdriver.ActionChains(self.driver).send_keys(*keys).perform()

    def picture(self, name):
        if self.pictures:
            self.driver.save_screenshot(str(self.pictures / f"{name}.png"))

    def slider(self):
        slider = self.one(".scrub input")
        return int(slider.get_attribute("value")), int(slider.get_attribute("max"))


def the_list_shows_the_runs(page, first, second):
    page.open()
    page.until(lambda: len(page.all("li.run")) == 4, "four runs are listed")
    names = [name.text for name in page.all("a.name")]
    assert any(name.endswith("fashion-hacks") for name in names) and any(name.endswith("fashion-plain") for name in names)
    states = [state.text for state in page.all(".run .state")]
    assert states.count("finished") == 3, states
    assert page.until(lambda: page.run("return document.querySelector('img.thumb').naturalWidth"), "a thumbnail is shown")
    assert "a study" in page.text(".studies")
    page.picture("list")


def nothing_from_a_run_executes(page):
    page.open()
    page.one(f'li[data-id="{HOSTILE}"] a.name').click()
    page.until(lambda: "<img src=x" in page.text("h1"), "the hostile name is shown as text")
    page.until(lambda: "<script>" in page.text(".recipe pre"), "its recipe is shown as text")
    assert "owned" not in page.driver.title.replace(HOSTILE, ""), page.driver.title
    assert not page.all("h1 img") and not page.all(".recipe script")


def a_live_curve_grows(page, program, folder):
    """A run is trained while its page is open: lines are appended to the chart that is there."""
    page.open()
    page.until(lambda: len(page.all("li.run")) == 4, "the list is there")
    training = subprocess.Popen(
        [program, "train", "--quiet", "--threads", "1", "--batch", "16", "--images", "200k", "--out", str(folder),
         "--set=model.width=8", "--set=train.stats-every=64", "--set=train.sheets-every=640"],
        stdout=subprocess.DEVNULL,
    )
    try:
        page.until(lambda: len(page.all("li.run")) == 5, "the new run appears in the list by itself")
        page.until(lambda: page.all(".state.running"), "it is shown as being trained")
        new = page.one(".state.running").find_element(By.XPATH, "./ancestor::li").find_element(By.CSS_SELECTOR, "a.name")
        page.run("arguments[0].click()", new)
        page.run("window.loadedOnce = true")
        shown = lambda: page.run(
            "return [...document.querySelectorAll('.chart')].filter(c => c.querySelector('h3').textContent === 'Losses')"
            ".map(c => c.querySelector('.plot').getAttribute('aria-label'))[0]"
        )
        first = page.until(shown, "the losses are drawn")
        sheets = page.until(lambda: page.slider(), "the slider is there")[1]
        page.until(lambda: shown() != first, "the curve's last value changes")
        page.until(lambda: page.slider()[1] > sheets, "another sheet comes")
        at, last = page.slider()
        assert at == last, "the newest sheet is followed"
        assert page.run("return window.loadedOnce"), "without a reload"
        page.picture("live")
    finally:
        training.send_signal(2)
        training.wait(timeout=60)
    page.until(lambda: page.all(".status .state.stopped"), "it is shown as stopped")


def the_slider_goes_through_time(page, run):
    page.open(f"#/run/{run.name}")
    page.until(lambda: page.slider()[1] > 3, "there are sheets")
    source = lambda: page.run("return document.querySelector('.sheet[data-of=fakes] img')?.src")
    page.until(lambda: source() and "images=512" in source(), "the last sheet is shown")
    scale = page.run("const i = document.querySelector('.sheet img'); return i.getBoundingClientRect().width * devicePixelRatio / i.naturalWidth")
    assert scale == round(scale) >= 1, f"{scale} pixels of the screen for one of the sheet"
    assert page.run("return getComputedStyle(document.querySelector('.sheet img')).imageRendering") == "pixelated"
    slider = page.one(".scrub input")
    page.run("arguments[0].value = 0; arguments[0].dispatchEvent(new Event('input'))", slider)
    page.until(lambda: "images=0" in source(), "the first sheet is shown")
    assert page.text(".when") == "before training"
    page.one(".play").click()
    page.until(lambda: "images=512" in source() and page.text(".play") == "Play", "it plays to the end")
    page.picture("run")


def two_runs_are_overlaid(page, first, second):
    page.open()
    for name in [first.name, second.name]:
        page.run("arguments[0].click()", page.one(f'li[data-id="{name}"] input'))
    page.one(".selection a.button").click()
    page.until(lambda: len(page.all(".overlaid .chip")) == 2, "both are named")
    legend = page.until(lambda: next((c.text for c in page.all(".chart figcaption") if "Losses" in c.text), None), "the losses are drawn")
    assert legend.count("discriminator") == legend.count("generator") == 2, legend
    page.until(lambda: "heuristics.batch-norm" in page.text(".differences"), "what differs in their plans is listed")
    plot = page.one(".plot")
    axis = lambda: page.run("return [...document.querySelectorAll('.segments button')].map(b => b.getAttribute('aria-pressed')).join()")
    assert axis() == "true,false"
    page.press("a")
    page.until(lambda: axis() == "false,true", "time is on the axis")
    # Drag over the middle of a chart: all of them are zoomed.
    page.run("arguments[0].scrollIntoView({ block: 'center' })", plot)
    over = page.one(".plot .u-over")
    webdriver.ActionChains(page.driver).move_to_element_with_offset(over, -80, 0).click_and_hold().move_by_offset(160, 0).release().perform()
    page.until(lambda: any(button.text == "Show all" and button.is_displayed() for button in page.all("button")), "it is zoomed")
    page.picture("overlay")
    page.press("0")
    page.until(lambda: not any(button.text == "Show all" and button.is_displayed() for button in page.all("button")), "all is shown again")


def a_zoom_reaches_all_runs(page, first, second):
    """A live change cancels a reading; the next reading reads what the cancelled one had not read yet."""
    page.open(f"#/run/{first.name}?with={second.name}")
    page.until(lambda: page.all(".plot .u-over"), "the curves are drawn")
    page.run("""
        const fetched = window.fetch;
        const released = new Promise((resolve) => { window.release = resolve; });
        [window.asked, window.read] = [[], []];
        window.fetch = async (url, options) => {
          const isZoomed = String(url).includes("/api/curves") && String(url).includes("from=");
          if (!isZoomed) return fetched(url, options);
          window.asked.push(url);
          await released;
          const answer = await fetched(url, options);
          window.read.push(url);
          return answer;
        };
    """)
    page.press("+")
    asked = lambda of, run: page.run(f"return window.{of}.filter((url) => url.includes(arguments[0])).length", run.name)
    page.until(lambda: asked("asked", first) == asked("asked", second) == 1, "the zoomed curves of both are asked for")
    line = json.loads((first / "stats.jsonl").read_text().splitlines()[-1])
    with (first / "stats.jsonl").open("a") as stats:
        stats.write(json.dumps(line | {"images": line["images"] + 64}) + "\n")
    page.until(lambda: asked("asked", first) == 2, "a line more is asked for")
    page.run("window.release()")
    page.until(lambda: asked("read", first) == asked("read", second) == 1, "the zoomed curves of both are read")


def hidden_charts_are_drawn_when_they_are_seen(page, run):
    page.open(f"#/run/{run.name}")
    page.until(lambda: page.all(".charts .u-over"), "the curves are drawn")
    drawn = lambda: len(page.all(".more .u-over"))
    assert page.run("return document.querySelectorAll('.more .chart').length") > 5 and drawn() == 0
    page.one(".more summary").click()
    page.until(lambda: drawn() == len(page.all(".more .chart")), "the others are drawn, too")
    wide, place = page.run("return ['.u-wrap', ''].map((part) => document.querySelector(`.more .plot ${part}`).clientWidth)")
    assert wide == place, f"a chart is {wide} wide in {place}"


def a_finding_is_marked_and_listed(page, run):
    lines = [
        {"images": 256, "finding": "mode-collapse", "severity": "severe", "since": 128, "says": "All fakes are one image.",
         "evidence": {"diversity": 0.01}, "means": "It fools with one.", "advice": [{"do": "shows batches", "recipe": "--with minibatch-std"}]},
    ]
    page.open(f"#/run/{run.name}")
    page.until(lambda: page.all(".chart"), "the run is shown")
    (run / "findings.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    page.until(lambda: "All fakes are one image." in page.text(".findings"), "the finding appears by itself")
    assert "--with minibatch-std" in page.text(".findings")
    page.one(".findings .link").click()
    page.until(lambda: "after 128 images" in page.text(".when"), "the sheet where it began is shown")
    page.picture("finding")


def a_study_has_a_page(page, folder):
    page.open()
    page.one(".studies a").click()
    page.until(lambda: "factors" in page.text("main") and "fashion-plain" in page.text("main"), "its file and its runs are shown")
    interval = {"estimate": -0.4, "low": -0.6, "high": -0.2}
    effects = [
        {"name": "ema", "interval": interval, "verdict": "helps"}, {"name": "<b>", "interval": None, "verdict": "unresolved"},
        {"name": "adam", "interval": {"estimate": 0.1, "low": -0.1, "high": 0.3}, "verdict": "unresolved"},
    ]
    results = {"last": {"effects": effects}, "recommended": [1, 0], "open": ["adam cannot be told from nothing"]}
    factors = [{"name": "ema", "levels": [False, True], "off": 0, "on": 1}, {"name": "adam", "levels": [False, True], "off": 0, "on": 1}]
    run = next(place.name for place in (folder / "a study").iterdir() if place.is_dir())
    results["runs"] = [{"row": 0, "seed": 2, "folder": run, "last": {"log_distance": -1.0, "failed": False}, "best": {"log_distance": -1.0, "failed": False}}]
    study = {"format_version": 1, "plan": {"factors": factors, "rows": [[1, 1]], "seeds": [2], "settings": {"confidence": 0.95, "margin": 0.1}}, "results": results}
    (folder / "a study" / "recommended.toml").write_text('base = "plain"\n')
    (folder / "a study" / "study.json").write_text(json.dumps(study))
    page.open("#/study/a%20study")
    page.until(lambda: len(page.all(".interval")) == 2, "the effects are drawn")
    assert "× 0.6703 (0.5488 to 0.8187)" in page.text("main") and "<b>" in page.text("main")
    assert "ema = true" in page.text(".levels")
    assert 'base = "plain"' in page.text("pre") and "95% confidence" in page.text("main")
    page.until(lambda: page.all(".wall img") and page.all(".plot .u-over"), "sheets and curves of its runs are drawn")
    assert "all on, seed 2" in page.text(".wall")
    page.picture("study")


def a_run_is_reported_in_one_file(page, program, run):
    told = subprocess.run([program, "report", str(run), "--json", "--quiet"], check=True, capture_output=True, text=True).stdout
    file = pathlib.Path(json.loads(told)["report"])
    page.driver.get(file.as_uri())
    page.until(lambda: page.all(".plot .u-over") and page.all(".sheet[data-of=reals] img"), "curves and reals are drawn")
    assert "finished" in page.text(".status") and "model" in page.text("pre")
    assert f"steadygan train {run.parent.name}/{run.name}/recipe.toml" in page.text(".commands")
    source = lambda: page.run("return document.querySelector('.sheet[data-of=fakes] img')?.src")
    page.until(lambda: source() and source().startswith("data:image/png;base64,"), "the last sheet is shown")
    last = source()
    page.press(Keys.HOME)
    page.until(lambda: source() != last and page.text(".when") == "before training", "the first sheet is shown")
    page.one(".play").click()
    page.until(lambda: source() == last and page.text(".play") == "Play", "it plays to the end")
    whole = page.run("return document.querySelector('.plot canvas').toDataURL()")
    page.press("+")
    page.until(lambda: page.run("return document.querySelector('.plot canvas').toDataURL()") != whole, "the curves are zoomed")
    assert not page.all(".explorer") and not page.all("noscript p"), "nothing is offered that a file cannot do"
    loaded = page.run("return performance.getEntriesByType('resource').map((entry) => entry.name).filter((name) => !name.startsWith('data:'))")
    assert loaded == [], loaded
    page.picture("report")


def a_hostile_run_is_reported_as_text(page, program, run):
    copy = run.parent / ".hostile" / HOSTILE
    shutil.copytree(run, copy)
    (copy / "recipe.toml").write_text("# </script><script>document.title='owned'</script><!--\n")
    subprocess.run([program, "report", str(copy), "--quiet"], check=True, capture_output=True)
    page.driver.get((copy / "report.html").as_uri())
    page.until(lambda: "</script><script>" in page.text("pre"), "the recipe is shown as text")
    assert "<img src=x" in page.text("h1") and page.driver.title != "owned", page.driver.title
    assert not page.all("img[src=x]")


def a_study_is_reported_in_one_file(page, program, folder):
    study = folder / "a study"
    subprocess.run([program, "report", str(study), "--quiet"], check=True, capture_output=True)
    page.driver.get((study / "report.html").as_uri())
    page.until(lambda: page.all(".wall img") and page.all(".plot .u-over"), "sheets and curves are drawn")
    assert len(page.all(".interval")) == 2 and "all on" in page.text(".wall figcaption")
    page.one(".wall a").click()
    page.until(lambda: "Commands" in page.text("main") and page.all(".sheet[data-of=fakes] img"), "a run of it is shown")
    page.one(".crumb a").click()
    page.until(lambda: page.all(".wall img"), "the study is shown again")
    page.picture("study-report")


def the_explorer_draws(page, run):
    page.open(f"#/run/{run.name}")
    page.until(lambda: any(button.text == "Draw images" for button in page.all(".explorer button")), "the explorer is offered")
    next(button for button in page.all(".explorer button") if button.text == "Draw images").click()
    page.until(lambda: len(page.all("button.cell")) == 64, "64 images are drawn")
    before = page.run("return document.querySelector('button.cell').style.backgroundImage")
    page.one("button[aria-label='The next seed']").click()
    page.until(lambda: page.run("return document.querySelector('button.cell').style.backgroundImage") != before, "another seed is drawn")
    cells = page.all("button.cell")
    page.run("arguments[0].click(); arguments[1].click()", cells[3], cells[12])
    page.until(lambda: len(page.all(".walk .cell")) == 16, "the way between two images is drawn")
    page.until(lambda: len(page.all(".near .cell")) == 8, "the nearest training images are drawn")
    took = page.until(lambda: page.text(".controls .when"), "the time is told")
    print(f"  {took}")
    assert "as planned" in page.text(".controls")
    truncation = page.one(".controls input[type=range]")
    page.run("arguments[0].value = 0.5; arguments[0].dispatchEvent(new Event('input'))", truncation)
    page.until(lambda: "0.5" in page.text(".controls"), "the truncation is told")
    page.run("arguments[0].scrollIntoView()", page.one(".explorer"))
    page.one(".networks summary").click()
    page.until(lambda: len(page.all(".networks table")) == 2, "both networks are listed")
    page.run("arguments[0].scrollIntoView()", page.one(".explorer"))
    page.picture("explorer")
    assert not page.text(".explorer .trouble") if page.all(".explorer .trouble") else True


def it_is_used_by_keyboard(page, run):
    page.open()
    page.until(lambda: page.all("li.run"), "the list is there")
    page.press("/")
    page.press(*run.name)
    page.until(lambda: len(page.all("li.run")) == 1, "the filter leaves one run")
    page.press(Keys.ESCAPE)
    page.press("j")
    outline = page.run("return getComputedStyle(document.activeElement, '::after').outlineStyle")
    assert outline == "solid", "the focus is seen"
    page.press(Keys.ENTER)
    page.until(lambda: page.slider()[1] > 3 and page.all(".sheet img"), "Enter opens it")
    last = page.slider()[1]
    page.press(Keys.ARROW_LEFT)
    page.until(lambda: page.slider()[0] == last - 1, "the sheet before is shown")
    page.press(Keys.HOME)
    page.until(lambda: page.slider()[0] == 0, "the first sheet is shown")
    page.press("?")
    page.until(lambda: "play or pause" in page.text("#help"), "the keys are listed")
    page.picture("keys")
    page.press(Keys.ESCAPE)
    page.until(lambda: not page.one("#help").get_attribute("open"), "the list of keys closes")
    theme = lambda: page.run("return getComputedStyle(document.body).backgroundColor")
    shown = theme()
    page.press("t")
    page.press("t")
    page.until(lambda: theme() != shown, "it becomes dark")
    page.press("t")
    page.press("r")
    page.until(lambda: page.all("li.run"), "the list is there again")


def it_fits_a_phone(page, run):
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True})
    for place in ["", f"#/run/{run.name}"]:
        page.open(place)
        page.until(lambda: page.all("li.run") or page.all(".chart"), "it is shown")
        wide = page.run("return document.documentElement.scrollWidth")
        assert wide <= 390, f"{place or 'the list'} is {wide} wide"
        page.picture("phone-run" if place else "phone-list")
    page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def a_run_goes_while_it_is_open(page, run, other):
    page.open(f"#/run/{run.name}?with={other.name}")
    page.until(lambda: page.all(".chart"), "it is shown")
    page.run("""
        const fetched = window.fetch;
        window.fetch = async (url, options) => {
          const answer = await fetched(url, options);
          if (String(url).includes("/api/run?") && String(url).includes(arguments[0])) window.read = true;
          return answer;
        };
    """.replace("arguments[0]", json.dumps(other.name)))
    shutil.rmtree(run)
    page.until(lambda: "no longer in the folder" in page.text("main"), "the page says that it is gone")
    assert page.all(".chart"), "what was read stays"
    # A change of another, overlaid run does not bring the removed run back.
    facts = lambda: page.text(".factlist")
    assert "seed" in facts() and "speed" in facts(), facts()
    with (other / "findings.jsonl").open("a") as findings:
        findings.write(json.dumps({"images": 512, "finding": "mode-collapse", "severity": "note", "says": "Few images."}) + "\n")
    page.until(lambda: page.run("return window.read"), "the other one is read again")
    page.run("return new Promise((resolve) => setTimeout(resolve, 300))")
    assert "no longer in the folder" in page.text("main") and page.all(".chart")


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    pictures = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        first = train(program, folder, 512, 1)
        second = train(program, folder, 512, 2, "--set=base=plain")
        (folder / "a study").mkdir()
        (folder / "a study" / "study.json").write_text('{"factors": ["adam", "ema"]}')
        shutil.copytree(second, folder / "a study" / second.name)
        (folder / HOSTILE).mkdir()
        (folder / HOSTILE / "manifest.json").write_text("<script>document.title='owned'</script>")
        (folder / HOSTILE / "recipe.toml").write_text("<script>document.title='owned'</script>")
        dashboard = subprocess.Popen([program, "dashboard", place, "--port", "0", "--quiet"], stdout=subprocess.PIPE, text=True)
        driver = browser()
        try:
            page = Page(driver, dashboard.stdout.readline().strip(), pictures)
            steps = [
                (the_list_shows_the_runs, first, second), (nothing_from_a_run_executes,), (the_slider_goes_through_time, first),
                (two_runs_are_overlaid, first, second), (a_zoom_reaches_all_runs, first, second),
                (hidden_charts_are_drawn_when_they_are_seen, first), (a_study_has_a_page, folder), (a_study_is_reported_in_one_file, program, folder),
                (a_run_is_reported_in_one_file, program, first), (a_hostile_run_is_reported_as_text, program, first), (the_explorer_draws, first),
                (it_is_used_by_keyboard, first), (it_fits_a_phone, first), (a_finding_is_marked_and_listed, second),
                (a_live_curve_grows, program, folder), (a_run_goes_while_it_is_open, second, first),
            ]
            for step, *arguments in steps:
                print(step.__name__.replace("_", " "), flush=True)
                step(page, *arguments)
            # The only error that may be logged is a 404, for the sheet of a run that has none.
            complaints = [entry["message"] for entry in driver.get_log("browser") if "404" not in entry["message"]]
            assert not complaints, complaints
            print(f"{len(steps)} passed, 0 failed")
        finally:
            driver.quit()
            dashboard.terminate()
            dashboard.wait(timeout=10)


if __name__ == "__main__":
    main()
