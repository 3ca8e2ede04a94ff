#!/usr/bin/env bash
# Trains the runs and the study that the pictures show: make_runs.sh PROGRAM IMAGES FOLDER
set -euo pipefail
program=$(realpath "$1") images=$(realpath "$2")
mkdir -p "$3" && cd "$3"
cp "$images" .
small=(--quiet --batch 32 --set data.size=32 --set model.width=16 --set train.stats-every=256 --set train.sheets-every=1024 --data "$(basename "$images")")
"$program" train "${small[@]}" --images 12k
"$program" train "${small[@]}" --images 12k --set heuristics.adam.lr=0.01
"$program" train "${small[@]}" --images 12k --without label-smoothing --without noisy-labels --set model.width=8
"$program" train "${small[@]}" --images 8k --set base=plain
"$program" train --quiet --data ring --images 60k
"$program" evaluate runs/00001-* --samples 300 --quiet
printf '%s\n' 'design = "leave-one-out"' 'seeds = 2' 'images = "20k"' '[factors]' 'separate-batches = true' 'adam = true' 'label-smoothing = true' > question.toml
"$program" study question.toml --data ring --quiet --out study
