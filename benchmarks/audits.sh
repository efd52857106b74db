#!/usr/bin/env bash
# The audits of docs/audits.md: other adversaries, canaries, and two image sets with a convolutional network.
# Usage: benchmarks/audits.sh FOLDER_OF_DATA_SETS [RUNS]; then python benchmarks/audits_table.py [RUNS]
set -euo pipefail
data=$1 runs=${2:-runs/audits}
audit() { fedsz-privacy audit --workers 2 --release fedsz:rel=1e-2,compressor=nopred --release dpsgd:eps=8 "$@"; }

audit --out "$runs/1-update"
audit --adversary update --target-rounds 3 --out "$runs/2-update-3"
audit --adversary server --target-rounds 3 --signal fedmia-loss --signal fedmia-cosine --out "$runs/3-server-3"
audit --adversary aggregate --target-rounds 3 --out "$runs/4-aggregate-3"
audit --adversary final-model --target-rounds 3 --out "$runs/5-final-model-3"
audit --canary mislabelled:20 --canary outlier:20 --canary duplicated:20 --out "$runs/canaries"
for set in fashion_mnist cifar10; do
  audit --data "$data/$set" --model cnn --client-records 2000 --learning-rate 0.05 --candidates 400 \
    --release fedsz:rel=1e-1,compressor=nopred --release dpsgd:eps=8+fedsz:rel=1e-2,compressor=nopred --out "$runs/6-$set"
done
