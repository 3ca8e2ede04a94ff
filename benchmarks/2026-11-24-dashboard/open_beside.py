"""What the dashboard takes beside training while somebody looks: python3 open_beside.py STEADYGAN FOLDER

Trains the default recipe twice into FOLDER with a viewer that hears the dashboard's events and, as its page does, reads the run's details and
curves again at each; prints the dashboard's processor time as a share of both cores' time. Linux.
"""

import json
import os
import subprocess
import sys
import threading
import time
import urllib.request

program, folder = sys.argv[1:]
CORES = 2
IMAGES, CADENCE = 51_200, 640


def look(url):
    def read(path):
        return urllib.request.urlopen(url + path).read()

    for line in urllib.request.urlopen(url + "/api/events"):
        if line.startswith(b"data:"):
            newest = sorted(os.listdir(folder))[-1]
            for what in ("run", "curves"):
                read(f"/api/{what}?run={newest}")
            json.loads(read("/api/runs"))


def train():
    settings = ["--set", f"train.stats-every={CADENCE}", "--set", "train.metric-every=off"]
    subprocess.run([program, "train", "--quiet", "--images", str(IMAGES), "--out", folder, *settings], check=True)


os.makedirs(folder, exist_ok=True)
for _ in range(2):
    dashboard = subprocess.Popen([program, "dashboard", folder, "--port", "0", "--quiet"], stdout=subprocess.PIPE, text=True)
    url = dashboard.stdout.readline().strip().rstrip("/")
    threading.Thread(target=look, args=[url], daemon=True).start()
    began = time.time()
    train()
    took = time.time() - began
    fields = open(f"/proc/{dashboard.pid}/stat").read().rsplit(")", 1)[1].split()
    spent = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    print(f"{spent:.2f} s of processor time in {took:.1f} s: {100 * spent / took / CORES:.3f}% of {CORES} cores", flush=True)
    dashboard.kill()
