"""The workbench on loopback: views seen before, cold views, compositions; beside a plain page.

    python bench/workbench.py [--seconds 60] [--rate 20] [--out]

Open loop: a request starts when its turn has come, whether or not the one before is answered, and
its latency counts from that turn. In the same run, in turn with them, a Django page that only
renders a template of 40 lines is asked as often, by a server of the same kind with as many threads.
Cold views are asked one after the other, each for a region or cluster not asked for before.
Compositions are built in the session that the worker holds, on a table as large as Europe (330 x
615 x 17) and, with --large, on L (3,100 x 1,000 x 20); as there, garbage is looked for between two
of them (not counted) and seldom within one. The first chart is measured in Chromium
from the start of the navigation to the moment a drawn figure stands in the page, with an empty
cache of the browser and with a filled one. At the second start the server is started anew over the
same study, whose results are kept; the time runs from the start of the process to the first page.
Model data throughout. Goals: 150 ms (95 of 100), 500 ms, 300 ms, 1 s, 1.5 s and 3 s.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles

import httpx

from tables import europe, tables

HERE = Path(__file__).resolve().parent
WAIT = 300.0
SEEN = (
    "start",
    "clusters",
    "clusters?region=DE60",
    "cluster?cluster=furniture",
    "region?region=SE11",
    "region?region=LT00",
    "compare?compare=SE11,DE60,LT00",
    "compose?members=31,16.2*0.5",
    "where?search=furniture",
    "data",
    "method",
    "region.json?region=SE11",
)
PLAIN = """
import sys
from django.conf import settings
settings.configure(ALLOWED_HOSTS=["127.0.0.1"], ROOT_URLCONF=__name__, SECRET_KEY="bench",
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}])
import django
django.setup()
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.template import engines
from django.urls import path
page = engines["django"].from_string(
    "<h1>{{ n }}</h1><ul>{% for i in rows %}<li>{{ i }}</li>{% endfor %}</ul>")
urlpatterns = [path("", lambda r: HttpResponse(page.render({"n": 1, "rows": range(40)})))]
from waitress.server import create_server
server = create_server(get_wsgi_application(), host="127.0.0.1", port=0, threads=8)
print(f"http://127.0.0.1:{server.effective_port}", flush=True)
server.run()
"""


@contextmanager
def running(*command: str) -> Iterator[str]:
    """A server as a process of its own; its address."""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.PIPE, text=True, env=environment
    )
    try:
        line = process.stdout.readline()
        yield next(word for word in line.split() if word.startswith("http")).rstrip("/")
    finally:
        process.terminate()
        process.wait(20)


def answered(client: httpx.Client, address: str) -> httpx.Response:
    """The page itself, waited for while it is being computed."""
    end = time.monotonic() + WAIT
    while (reply := client.get(address)).status_code == 202:
        if time.monotonic() > end:
            raise TimeoutError(address)
        time.sleep(0.05)
    return reply.raise_for_status()


def open_loop(client: httpx.Client, sides: dict[str, list[str]], rate: float, seconds: float):
    """Milliseconds of every request by side; each side is asked `rate` times a second."""
    found: dict[str, list[float]] = {name: [] for name in sides}
    lock, start = threading.Lock(), time.perf_counter() + 0.5

    def ask(name: str, address: str, due: float) -> None:
        time.sleep(max(0.0, due - time.perf_counter()))
        client.get(address).raise_for_status()
        with lock:
            found[name].append(1000 * (time.perf_counter() - due))

    # In the order of their turns: the pool works off its queue from the front.
    turns = sorted(
        (start + (i + j / len(sides)) / rate, name, addresses[i % len(addresses)])
        for j, (name, addresses) in enumerate(sides.items())
        for i in range(int(rate * seconds))
    )
    with ThreadPoolExecutor(64) as pool:
        for future in [pool.submit(ask, name, address, due) for due, name, address in turns]:
            future.result()
    return found


def cold(client: httpx.Client, study: str) -> dict[str, list[float]]:
    """Milliseconds of views nobody asked for before, one after the other."""
    twin = answered(client, f"{study}/cluster.json").json()
    regions = [row[1] for row in twin["sections"][0]["tables"][0]["rows"]][3:18]
    clusters = ["ships-boats", "software-games", "tourism", "packaged-food", "basic-metals"]
    asked = {
        "region": [f"region?region={code}" for code in regions],
        "clusters": [f"clusters?region={code}" for code in regions],
        "compose": [f"compose?members={a},{b}*0.5" for a in (10, 11, 13) for b in (20, 21, 25)],
        "cluster": [f"cluster?cluster={c}" for c in clusters],
    }
    found: dict[str, list[float]] = {}
    for name, addresses in asked.items():
        for address in addresses:
            start = time.perf_counter()
            reply = client.get(f"{study}/{address}")
            if reply.status_code == 202:
                reply = answered(client, f"{study}/{address}")
            if reply.status_code == 200:
                found.setdefault(name, []).append(1000 * (time.perf_counter() - start))
    return found


def compositions(table: Path, codes: list[str], described: str) -> list[float]:
    """Milliseconds (CPU) of a changed composition in an open session."""
    from hansa.web.page import pages
    from hansa.web.session import Session
    from hansa.web.state import State
    from hansa.web.worker import rarely_tidied, tidied

    rarely_tidied()
    with tempfile.TemporaryDirectory() as folder:
        text = f'format = 1\ntitle = "Bench"\ndefinitions = ["own.csv"]\n{described}'
        measures = '["employment", "focus", "location_quotient_total", "growth_rate"]'
        head, _, rest = text.partition("definitions")
        study = f'{head}measures = {measures}\ndefinitions{rest}file = "{table}"\n'
        Path(folder, "study.toml").write_text(study)
        rows = "".join(f"own,{code},1\n" for code in codes[:3])
        Path(folder, "own.csv").write_text(f"cluster,activity,weight\n{rows}")
        session = Session(Path(folder), lambda text, done: None)
        pages()["compose"].build(session, State(members=codes[0]))
        taken = []
        for i in range(1, 9):
            tidied()
            start = time.process_time()
            pages()["compose"].build(session, State(members=",".join(codes[i : i + 4])))
            taken.append(1000 * (time.process_time() - start))
        return taken


FIRST_CHART = """
new MutationObserver(() => {
  if (!window.first && document.querySelector(".plot svg")) window.first = performance.now();
}).observe(document, { subtree: true, childList: true });
"""


def first_charts(addresses: list[str]) -> dict[str, list[float]]:
    """Milliseconds to the first chart, by what the browser keeps; nothing without Chromium."""
    chromium = shutil.which("chromium")
    if chromium is None:
        return {}
    from playwright.sync_api import sync_playwright

    found: dict[str, list[float]] = {"empty": [], "filled": []}
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for address in addresses * 3:
            context = browser.new_context()
            context.add_init_script(FIRST_CHART)
            tab = context.new_page()
            for taken in found.values():
                tab.goto("about:blank")
                tab.goto(address)
                tab.wait_for_function("window.first")
                taken.append(tab.evaluate("window.first"))
            context.close()
        browser.close()
    return found


def row(name: str, taken: list[float], goal: str = "") -> str:
    """A row of the table of results."""
    high = quantiles(taken, n=20)[-1] if len(taken) > 1 else taken[0]
    return (
        f"| {name} | {len(taken)} | {median(taken):.0f} | {high:.0f} | {max(taken):.0f} | {goal} |"
    )


def measured(rate: float, seconds: float, large: bool) -> Iterator[str]:
    """Every row of the results, as it is measured."""
    yield "| what | n | median ms | 95 of 100 | most | goal |"
    yield "|---|---|---|---|---|---|"
    with tempfile.TemporaryDirectory() as folder:
        # Nothing is kept from an earlier run, nor left behind.
        os.environ["HANSA_CACHE"] = f"{folder}/cache"
        hansa = ("-c", "from hansa.cli import main; main()")
        subprocess.run(
            [sys.executable, *hansa, "new", f"{folder}/model", "--template", "model"],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        served = (*hansa, "serve", f"{folder}/model", "--port", "0", "--no-open")
        limits = httpx.Limits(max_connections=64)
        with (
            running(*served) as address,
            running("-c", PLAIN) as plain,
            httpx.Client(timeout=WAIT, limits=limits) as client,
        ):
            study = f"{address}/model"
            seen = [f"{study}/{view}" for view in SEEN]
            for view in seen:
                answered(client, view)
            sides = {"seen before": seen, "plain Django page": [f"{plain}/"]}
            for name, taken in open_loop(client, sides, rate, seconds).items():
                yield row(f"{name}, {rate:g} a second", taken, "150" if "seen" in name else "")
            for name, taken in cold(client, study).items():
                yield row(f"cold: {name}", taken, "500")
            drawn = [f"{study}/{page}" for page in ("clusters", "cluster", "region?region=SE11")]
            for cache, taken in first_charts(drawn).items():
                yield row(f"first chart, {cache} cache", taken, "1500")
        again = []
        for _ in range(3):
            start = time.perf_counter()
            with running(*served) as address:
                answered(httpx.Client(timeout=WAIT), f"{address}/model/start")
                again.append(1000 * (time.perf_counter() - start))
        yield row("second start to first page", again, "3000")
    classes = '[facts.jobs]\nclassification = "nace:2"\nabsent_rows = "zero"\n'
    codes = [f"{d}.{g}" for d in (10, 13, 20, 25, 28) for g in (1, 2, 3)]
    taken = compositions(europe(), codes, classes)
    yield row("composition, table of Europe, CPU", taken, "300")
    if large:
        table = tables("L")["plain"]
        own = [f"I{i:05}" for i in range(10, 24)]
        yield row(
            "composition, L, CPU",
            compositions(table, own, '[facts.jobs]\nabsent_rows = "zero"\n'),
            "1000",
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rate", type=float, default=20)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--out", action="store_true", help="write bench/results/workbench-DATE.md")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    lines = ["# Bench, the workbench", "", *__doc__.strip().splitlines()[4:], ""]
    for line in measured(options.rate, options.seconds, options.large):
        print(line, flush=True)
        lines.append(line)
    lines += ["", f"Two cores; load of the machine at the start {load:.1f}.", ""]
    if options.out:
        target = HERE / "results" / f"workbench-{datetime.now(UTC):%Y-%m-%d}.md"
        target.write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
