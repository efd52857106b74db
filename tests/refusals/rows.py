"""Commands that must be refused, and a part of the line that each prints: ``command | line``, kind by kind."""

QUICK = "--trials 16 --candidates 20 --clients 2 --rounds 1 --epochs 1 --signal loss --release none"
"""The size of an audit whose parts must be tried before they are refused."""

ALL = """
fly | 
--seed 1 audit | 
audit digits | 
audit --sead 1 | 
audit --seed | 
audit --trust-imports | 
noise | 
noise a.pt b.pt | 
bench --release none | 
federate --trials 8 | 
report | 
report runs --seed 1 | 
"""
"""What is no command, or no option of it."""

COUNTS = """
--trials 1 | 
--trials 0 | 
--trials -8 | 
--trials 1000000000000 | 
--trials x | 
--trials 8.5 | 
--trials '' | 
--trials 8 --candidates 20 | 
--candidates 0 | 
--candidates 1 | 
--candidates -1 | 
--candidates 100000 | 
--candidates 1000000000000000000000 | 
--clients 0 | 
--clients 1 | 
--clients -5 | 
--clients 100000 | 
--client-records 0 | 
--client-records -3 | 
--client-records 1000000000000 | 
--rounds 0 | 
--rounds -1 | 
--rounds 1000000000000 | 
--target-rounds 0 | 
--target-rounds -1 | 
--epochs 0 | 
--epochs -1 | 
--epochs 1000000000000000000000000000000 | 
--batch-size 0 | 
--batch-size -10 | 
--batch-size 1000000000000000000000000000000 | 
--gradient-canaries -1 | 
--gradient-canaries 1000000000000 | 
--gradient-canaries 10 --adversary server | 
--seed -1 | 
--seed 18446744073709551616 | 
--seed 1e5 | 
--seed 0 --seed 1 | 
--workers 0 | 
--workers -2 | 
--workers 10000 | 
--workers 1000000000000 | 
"""
"""Numbers of things."""

REALS = """
--learning-rate 0 | 
--learning-rate -0.1 | 
--learning-rate nan | 
--learning-rate inf | 
--learning-rate 1e300 | 
--learning-rate x | 
--weight-decay -1 | 
--weight-decay nan | 
--weight-decay inf | 
--delta 0 | 
--delta 1 | 
--delta -1e-5 | 
--delta 1e-16 | 
--delta nan | 
--delta 2 | 
"""
"""Numbers that need not be whole."""

NAMES = """
--optimizer lion | 
--optimizer '' | 
--device tpu | 
--device cuda:99 | 
--backend spark | 
--adversary nobody | 
--signal nothing | 
--signal '' | 
--signal fedmia-cosine | 
--canary outlier | 
--canary outlier:0 | 
--canary outlier:-3 | 
--canary outlier:x | 
--canary outlier:1 | 
--canary outlier:100000000 | 
--canary martian:20 | 
--model vgg | 
--model '' | 
--model lstm | 
--task clustering | 
--task next-token | 
--target y | 
--data mnist | 
--data '' | 
--data ./no-such-folder | 
--data /dev/null | 
--data /dev/zero | 
--data . | 
"""
"""Names of what is built in."""

RELEASES = """
'' | 
zip | 
+ | 
none+ | 
none++none | 
fedsz | 
fedsz:rel=0 | 
fedsz:rel=-1 | 
fedsz:rel=nan | 
fedsz:rel=inf | 
fedsz:rel=1.5 | 
fedsz:abs=inf | 
fedsz:abs=1e-400 | 
fedsz:rel=1e-2,abs=1e-3 | 
fedsz:size=3 | 
fedsz:rel= | 
fedsz:rel=x | 
fedsz:rel=1e-2:abs=3 | 
none:x=1 | 
dpsgd | 
dpsgd:eps=0 | 
dpsgd:eps=-1 | 
dpsgd:eps=nan | 
dpsgd:eps=inf | 
dpsgd:eps=8,eps=9 | 
dpsgd:eps=8,noise=1 | 
dpsgd:noise=0 | 
dpsgd:noise=nan | 
dpsgd:noise=1.1,clip=0 | 
dpsgd:noise=1.1,clip=-1 | 
dpsgd:noise=1.1,clip=inf | 
dpsgd:noise=1.1,clip=1e39 | 
dpsgd:noise=1.1,delta=1e-6 | 
dpsgd:eps=8,delta=2 | 
dpsgd:sigma=1 | 
opacus:eps=0 | 
dpsgd:eps=8+dpsgd:eps=8 | 
fedsz:rel=1e-2+dpsgd:eps=8 | 
"""
"""Defences."""

IMPORTS = """
--release mine:NUMBER | 
--release mine:MISSING | 
--release mine:linear | 
--release no_such_module:RELEASE | 
--adversary mine:NUMBER | 
--adversary mine:MISSING | 
--signal mine:NUMBER | 
--signal mine:MISSING | 
--signal .mine:NUMBER | 
--canary mine:NUMBER:20 | 
--model mine:number | 
--model mine:NUMBER | 
--model mine:MISSING | 
--model mine:no_arguments | 
--model mine: | 
--model :linear | 
--model mine | 
--model no_such_module:linear | 
--model mine.deeper:linear | 
--training sgd | 
--training mine:train_two | 
--training mine:NUMBER | 
--training mine:MISSING | 
--task mine:NUMBER | 
--data mine:a_list | 
--data mine:nothing | 
--data mine:linear | 
--data mine:NUMBER | 
--data mine:MISSING | 
"""
"""Import paths of a user's own parts."""

FOLDERS = """
--out mine.py | 
--out . | 
--out good.csv/run | 
--out runs/no_json | 
--out runs/list | 
--out runs/fly | 
--out runs/noise | 
--out runs/old | 
--out runs/pipe | 
--out runs/seed | 
--resume runs/missing | 
--resume runs/nothing | 
--resume runs/no_json | 
--resume runs/deep | 
--resume runs/list | 
--resume runs/fly | 
--resume runs/noise | 
--resume runs/old | 
--resume runs/pipe | 
--resume runs/trials | 
--resume runs/aborts | 
--resume runs/seed --seed 8 | 
--resume mine.py | 
--resume '' | 
"""
"""Folders of runs."""

RETURNED = """
--release mine:release_nothing | 
--release mine:release_nan | 
--release mine:release_short | 
--release mine:release_fewer | 
--release mine:release_negative | 
--signal mine:NAN_SIGNAL | 
--signal mine:FLAT_SIGNAL | 
--signal mine:SHORT_SIGNAL | 
--signal mine:TEXT_SIGNAL | 
--signal mine:NOTHING_SIGNAL | 
--training mine:train_nan | 
--learning-rate 1e30 | 
"""
"""What a user's own parts return."""

TABLES = """
empty.csv --target y | 
header.csv --target y | 
one_row.csv --target y | 
one_class.csv --target y | 
infinite.csv --target y | 
no_target.csv --target y | 
only_target.csv --target y | 
dates.csv --target y | 
binary.csv --target y | 
controls.csv --target z | 
twice.csv --target y | 
ragged.csv --target y | 
folder.csv --target y | 
missing.csv --target y | 
pipe.csv --target y | 
loop.csv --target y | 
good.csv | 
good.csv --target z | 
good.csv --target a --task classification | 
good.csv --target y --task next-token | 
good.csv --target y --model cnn | 
good.csv --target y --model lstm | 
good.parquet | 
good.parquet --target z | 
garbage.parquet --target y | 
empty.parquet --target y | 
pipe.parquet --target y | 
paths | 
"""
"""Tables."""

ARRAYS = """
empty.npz | 
text.npz | 
missing.npz | 
truncated.npz | 
pickled.npz | 
announces.npz | 
nan.npz | 
nan_test.npz | 
hidden.npz | 
hidden_train.npz | 
fractional.npz | 
fewer_targets.npz | 
other_size.npz | 
other_classes.npz | 
one_class.npz | 
no_records.npz | 
complex.npz | 
strings.npz | 
pipe.npz | 
loop.npz | 
gone.npz | 
array.npy | 
good.npz --target y | 
good.npz --task next-token | 
"""
"""Arrays."""

PICTURES = """
images/empty | 
images/truncated | 
images/text | 
images/sizes | 
images/one_class | 
images/only_train | 
"""
"""Pictures."""

TEXTS = """
empty.txt --model lstm | 
latin.txt --model lstm | 
one_line.txt --model lstm | 
blank.txt --model lstm | 
pipe.txt --model lstm | 
loop.txt --model lstm | 
names.txt | 
names.txt --model lstm --task regression | 
state.onnx | 
"""
"""Texts."""

FEDERATE = """
--clients 0 | 
--clients -1 | 
--clients 100000 | 
--records 0 | 
--records 1 | 
--records -1 | 
--records x | 
--test-records 0 | 
--test-records -1 | 
--rounds 0 | 
--rounds 1000000000000 | 
--epochs 0 | 
--batch-size 0 | 
--learning-rate 0 | 
--learning-rate nan | 
--side -1 | 
--side 1 | 
--side 100000000 | 
--partition '' | 
--partition random | 
--partition dirichlet | 
--partition dirichlet:0 | 
--partition dirichlet:nan | 
--partition dirichlet:-1 | 
--partition dirichlet:1e400 | 
--seed -1 | 
--seed 18446744073709551616 | 
--delta 1e-16 | 
--device tpu | 
--optimizer lion | 
--release zip | 
--release fedsz:rel=0 | 
--release fedsz:rel=1e-2+dpsgd:eps=8 | 
--model vgg | 
--model mine:number | 
--task clustering | 
--data mnist | 
--data hidden.npz | 
--data images/text | 
--data pipe.npz | 
--data good.csv | 
--out mine.py | 
--out good.csv/run | 
--out runs/seed | 
--learning-rate 1e4 | 
--training mine:train_nan | 
--release mine:release_nan | 
--release mine:release_short | 
--release mine:release_nothing | 
"""
"""A federation."""

CHECKPOINTS = """
missing.safetensors | 
empty.safetensors | 
truncated.safetensors | 
announces.safetensors | 
empty_state.safetensors | 
pipe.safetensors | 
loop.safetensors | 
tensor.pt | 
list.pt | 
text.pt | 
numbered.pt | 
module.pt | 
expanded.pt | 
garbage.pt | 
empty.pt | 
pipe.pt | 
state.onnx | 
mine.py | 
. | 
runs | 
'' | 
/dev/zero | 
"""
"""Checkpoints."""

NOISE = """
nan.safetensors | 
integers.safetensors | 
small.safetensors | 
good.safetensors --before other.safetensors | 
good.safetensors --before missing.safetensors | 
good.safetensors --before pipe.pt | 
good.safetensors --before good.safetensors | 
good.safetensors --release zip | 
good.safetensors --release none | 
good.safetensors --release dpsgd:eps=8 | 
good.safetensors --release fedsz:rel=0 | 
good.safetensors --delta 0 | 
good.safetensors --delta nan | 
good.safetensors --delta 1e-16 | 
good.safetensors --seed -1 | 
good.safetensors --seed x | 
good.safetensors --seed 18446744073709551616 | 
good.safetensors --out mine.py | 
good.safetensors --out good.csv/run | 
good.safetensors --out runs/seed | 
good.safetensors --out /proc/run | 
good.safetensors --release mine:NUMBER | 
good.safetensors --release mine:release_nan | 
good.safetensors --release mine:release_short | 
good.safetensors --release mine:release_nothing | 
"""
"""A noise study."""

BENCH = """
good.safetensors --compressor gzip | 
good.safetensors --compressor '' | 
good.safetensors --bound 0 | 
good.safetensors --bound -1 | 
good.safetensors --bound 2 | 
good.safetensors --bound nan | 
good.safetensors --bound inf | 
good.safetensors --bound x | 
good.safetensors --repeats 0 | 
good.safetensors --repeats -1 | 
good.safetensors --repeats 1000000000000 | 
good.safetensors --repeats 2.5 | 
good.safetensors --out mine.py | 
good.safetensors --out good.csv/run | 
good.safetensors --out runs/seed | 
good.safetensors --out /proc/run | 
good.safetensors missing.safetensors | 
resnet | 
"""
"""A bench."""

REPORT = """
runs/missing | 
runs/nothing | 
runs/no_json | 
runs/deep | 
runs/list | 
runs/fly | 
runs/pipe | 
runs/seed | 
runs/aborts | 
mine.py | 
. | 
'' | 
"""
"""A finished run."""


def _rows(prefix: str, table: str, suffix: str = "") -> list[tuple[str, str]]:
    """Return the commands of a table, the prefix before and the suffix behind each, and their lines."""
    rows = (row.split(" | ", 1) for row in table.strip().splitlines())
    return [(" ".join(filter(None, (prefix, command, suffix))), line) for command, line in rows]


ROWS = [
    *_rows("", ALL),
    *_rows("audit", COUNTS),
    *_rows("audit", REALS),
    *_rows("audit", NAMES),
    *_rows("audit --release", RELEASES),
    *_rows("audit", IMPORTS),
    *_rows("audit", FOLDERS),
    *_rows("audit", RETURNED, QUICK),
    *_rows("audit --data", TABLES, QUICK),
    *_rows("audit --data", ARRAYS, QUICK),
    *_rows("audit --data", PICTURES, QUICK),
    *_rows("audit --data", TEXTS, QUICK),
    *_rows("federate", FEDERATE),
    *_rows("noise", CHECKPOINTS),
    *_rows("bench", CHECKPOINTS),
    *_rows("noise", NOISE),
    *_rows("bench", BENCH),
    *_rows("report", REPORT),
]
