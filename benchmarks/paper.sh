#!/usr/bin/env bash
# The FedSZ paper's models on its data sets, as far as two cores go: few rounds, a subset, images of 64x64.
# Usage: benchmarks/paper.sh FOLDER_OF_DATA_SETS [RUNS]; then python benchmarks/paper_table.py [RUNS]
set -euo pipefail
data=$1 runs=${2:-runs/paper}
federate() { fedsz-privacy federate --release fedsz:rel=1e-2,compressor=nopred --clients 4 --batch-size 16 --epochs 1 "$@"; }

for set in fashion_mnist cifar10; do
  federate --data "$data/$set" --model cnn --records 10000 --rounds 10 --out "$runs/cnn-$set"
done
for model in mobilenetv2 alexnet resnet50; do
  for set in fashion_mnist cifar10 caltech101; do
    federate --data "$data/$set" --model "$model" --side 64 --records 800 --test-records 500 --rounds 6 \
      --learning-rate 0.03 --out "$runs/$model-$set"
  done
done
