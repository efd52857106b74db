#!/usr/bin/env bash
# Accuracy against epsilon against bytes, of docs/frontier.md: two data sets, each mechanism at several epsilons.
# Usage: cd benchmarks; ./frontier.sh FOLDER_OF_DATA_SETS [RUNS]; then python frontier_table.py [RUNS]
set -euo pipefail
data=$1 runs=${2:-runs/frontier} sz3=compressor=nopred
defences=(--release "fedsz:rel=1e-2,$sz3" --release dither:rel=1e-2)
for eps in 8 32 128; do
  defences+=(--release "gaussian:eps=$eps,clip=1+fedsz:abs=0.5sigma,$sz3" --release "layered-gaussian:eps=$eps,clip=1")
done
for eps in 2 8; do
  defences+=(--release "dpfedavg:eps=$eps" --release "dpfedavg:eps=$eps+fedsz:rel=1e-2,$sz3")
  defences+=(--release "dpsgd:eps=$eps" --release "dpsgd:eps=$eps+fedsz:rel=1e-2,$sz3")
done
federate() { fedsz-privacy federate --clients 100 --rounds 10 --epochs 2 "${defences[@]}" "$@"; }

federate --model few_parameters:perceptron --records 1400 --learning-rate 0.1 --out "$runs/digits"
federate --data "$data/fashion_mnist" --model few_parameters:linear --records 10000 --test-records 2000 \
  --learning-rate 0.02 --out "$runs/fashion_mnist"
