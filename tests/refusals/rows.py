"""Commands that must be refused, and a part of the line that each prints: ``command | line``, kind by kind."""

QUICK = "--trials 16 --candidates 20 --clients 2 --rounds 1 --signal loss --release none"
"""The size of an audit whose parts must be tried before they are refused."""

USAGE = """
fly                   | No such command 'fly'; see fedsz-privacy --help
--seed 1 audit        | No such option: --seed; see fedsz-privacy --help
audit digits          | Got unexpected extra argument
audit --sead 1        | No such option: --sead
audit --seed          | Option '--seed' requires an argument; see fedsz-privacy audit --help
audit --trust-imports | --trust-imports says nothing without --resume: leave it out, what you type is trusted
noise                 | Missing argument 'checkpoint'; see fedsz-privacy noise --help
noise a.pt b.pt       | Got unexpected extra argument
bench --release none  | No such option: --release
federate --trials 8   | No such option: --trials
audit --seeds 0-4 --seed 3    | --seeds 0-4 names every seed: leave out --seed
audit --seeds 4-0             | seeds '4-0': give whole numbers and ranges of them, such as 0-4 or 0,3,7
audit --seeds ''              | seeds '': give whole numbers and ranges of them, such as 0-4 or 0,3,7
audit --seeds 0-1,x           | seeds '0-1,x': give whole numbers and ranges of them, such as 0-4 or 0,3,7
audit --seeds 0-1000000000000 | seeds '0-1000000000000' are too many: choose 1000 or less
audit --seeds 0,18446744073709551616 | seeds 18446744073709551616: choose 18446744073709551615 or less
audit --seeds 1,1             | seed 1 is given more than once: give each seed once
audit-clients --seeds 0-2,1   | seed 1 is given more than once: give each seed once
audit --seeds 0-1 --trials 1  | trials 1: choose 8 or more
audit --seeds 0-1 --seeds 2   | --seeds is given 2 times: give it once
audit --seeds 0-1 --resume held | --resume takes the question from the folder: leave out --seeds
audit-scores a.csv --figures gif | --figures gif: choose one of png, svg, pdf
report                | Missing argument 'folder'; see fedsz-privacy report --help
report held --seed 1  | No such option: --seed; see fedsz-privacy report --help
"""
"""What is no command, or no option of it."""

COUNTS = """
--trials 1                           | trials 1: choose 8 or more
--trials 0                           | trials 0: choose 8 or more
--trials -8                          | trials -8: choose 8 or more
--trials 1000000000000               | trials 1000000000000: choose 1000000 or less
--trials x                           | --trials x: give a whole number
--trials 8.5                         | --trials 8.5: give a whole number
--trials ''                          | --trials '': give a whole number
--trials 8 --candidates 20           | 8 trials of 20 candidates are 160 scores of 300 needed: choose 15 trials or more
--candidates 0                       | candidates 0: choose 20 or more
--candidates 1                       | candidates 1: choose 20 or more
--candidates -1                      | candidates -1: choose 20 or more
--candidates 100000                  | 100,000 candidates and 4 other clients need more than the 1,438 training records
--candidates 1000000000000000000000  | candidates 1000000000000000000000: choose 1000000 or less
--clients 0                          | clients 0: choose 2 or more
--clients 1                          | clients 1: choose 2 or more
--clients -5                         | clients -5: choose 2 or more
--clients 100000                     | 200 candidates and 99,999 other clients need more than the 1,438 training records
--client-records 0                   | client records 0: choose 1 or more
--client-records -3                  | client records -3: choose 1 or more
--client-records 1000000000000       | client records 1000000000000: choose 1000000000 or less
--rounds 0                           | rounds 0: choose 1 or more
--rounds -1                          | rounds -1: choose 1 or more
--rounds 1000000000000               | rounds 1000000000000: choose 1000000 or less
--target-rounds 0                    | target rounds 0: choose 1 or more
--target-rounds -1                   | target rounds -1: choose 1 or more
--epochs 0                           | epochs 0: choose 1 or more
--epochs -1                          | epochs -1: choose 1 or more
--epochs 1000000000000000000000000000000 | epochs 1000000000000000000000000000000: choose 10000 or less
--batch-size 0                       | batch size 0: choose 1 or more
--batch-size -10                     | batch size -10: choose 1 or more
--batch-size 1000000000000000000000000000000 | batch size 1000000000000000000000000000000: choose 1000000 or less
--gradient-canaries -1               | gradient canaries -1: choose 0 or more
--gradient-canaries 1000000000000    | gradient canaries 1000000000000: choose 1000000 or less
--gradient-canaries 10 --adversary server | gradient canaries 10 are scored on the target's update of one round
--seed -1                            | seed -1: choose 0 or more
--seed 18446744073709551616          | seed 18446744073709551616: choose 18446744073709551615 or less
--seed 1e5                           | --seed 1e5: give a whole number
--seed 0 --seed 1                    | --seed is given 2 times: give it once
--workers 0                          | workers 0: choose 1 or more
--workers -2                         | workers -2: choose 1 or more
--workers 10000                      | workers 10000:
--workers 1000000000000              | workers 1000000000000: choose 1000000 or less
"""
"""Numbers of things."""

REALS = """
--learning-rate 0     | learning rate 0.0: choose a positive number from 1.18e-38 to 3.4e38
--learning-rate -0.1  | learning rate -0.1: choose a positive number from 1.18e-38 to 3.4e38
--learning-rate nan   | learning rate nan: choose a positive number from 1.18e-38 to 3.4e38
--learning-rate inf   | learning rate inf: choose a positive number from 1.18e-38 to 3.4e38
--learning-rate 1e300 | learning rate 1e300: choose a positive number from 1.18e-38 to 3.4e38
--learning-rate x     | --learning-rate x: give a number
--weight-decay -1     | weight decay -1.0: choose 0 or more
--weight-decay nan    | weight decay nan: choose a number from 0 to 3.4e38
--weight-decay inf    | weight decay inf: choose a number from 0 to 3.4e38
--delta 0             | delta 0.0: choose a number between 0 and 1, of 1e-10 or more
--delta 1             | delta 1.0: choose a number between 0 and 1, of 1e-10 or more
--delta -1e-5         | delta -1e-5: choose a number between 0 and 1, of 1e-10 or more
--delta 1e-16         | delta 1e-16: choose a number between 0 and 1, of 1e-10 or more
--delta nan           | delta nan: choose a number between 0 and 1, of 1e-10 or more
--delta 2             | delta 2.0: choose a number between 0 and 1, of 1e-10 or more
"""
"""Numbers that need not be whole."""

NAMES = """
--others few                | --others few: choose one of none, same
--figures gif               | --figures gif: choose one of png, svg, pdf
--optimizer lion           | unknown optimizer 'lion': choose one of sgd, momentum, adam, adamw
--optimizer ''             | unknown optimizer '': choose one of sgd, momentum, adam, adamw
--device tpu               | unknown device 'tpu': choose auto, cpu or cuda
--device cuda:99           | device 'cuda:99' is not there: choose auto or cpu
--backend spark            | unknown backend 'spark': choose one of loky, ray, dask, or leave it out for loky
--adversary nobody         | unknown adversary 'nobody': choose one of update, server, aggregate, final-model
--signal nothing           | unknown signal 'nothing': choose one of loss, cosine, lira, lira-per-example
--signal ''                | unknown signal '': choose one of loss, cosine, lira, lira-per-example, lira-offline
--signal fedmia-cosine     | signal fedmia-cosine reads the other clients' updates, which adversary update does not
--canary outlier           | canaries 'outlier': write a kind and a whole number of 1 or more, such as mislabelled:20
--canary outlier:0         | canaries 'outlier:0': write a kind and a whole number of 1 or more, such as mislabelled:20
--canary outlier:-3        | canaries 'outlier:-3': write a kind and a whole number of 1 or more, such as mislabelled:20
--canary outlier:x         | canaries 'outlier:x': write a kind and a whole number of 1 or more, such as mislabelled:20
--canary outlier:100000000 | canaries outlier 100000000: choose 1000000 or less
--canary martian:20        | unknown kind of canary 'martian': choose one of mislabelled, outlier, duplicated
--model vgg                | unknown model 'vgg': choose one of mlp, cnn, lstm, transformer, alexnet, mobilenetv2
--model ''                 | unknown model '': choose one of mlp, cnn, lstm, transformer, alexnet, mobilenetv2
--model lstm               | model lstm takes tokens, (records, length), to continue, not torch.float32 (1400
--task clustering          | unknown task 'clustering': choose one of classification, binary, regression, next-token
--task next-token          | task next-token: digits has targets int64 (1438,), give text, or integer tokens as inputs
--target y                 | target 'y': digits has no columns to choose from, leave it out
--data mnist               | unknown data set 'mnist': write digits, breast-cancer, diabetes, wine, the path
--data ''                  | unknown data set '': write digits, breast-cancer, diabetes, wine, the path of a folder
--data ./no-such-folder    | unknown data set './no-such-folder': write digits, breast-cancer, diabetes, wine, the path
--data /dev/null           | unknown data set '/dev/null': write digits, breast-cancer, diabetes, wine, the path
--data /dev/zero           | unknown data set '/dev/zero': write digits, breast-cancer, diabetes, wine, the path
--data held                | data set 'held' has no folder 'train': give train/CLASS/*.png and test/CLASS/*.png
"""
"""Names of what is built in."""

RELEASES = """
''                         | cannot read '': write none, fedsz:rel=1e-2 or module:factory:x=1, and + between two
zip                        | unknown release 'zip': choose one of none, fedsz, dither
+                          | cannot read '': write none, fedsz:rel=1e-2 or module:factory:x=1, and + between two
none+                      | cannot read '': write none, fedsz:rel=1e-2 or module:factory:x=1, and + between two
none++none                 | cannot read '': write none, fedsz:rel=1e-2 or module:factory:x=1, and + between two
fedsz                      | fedsz takes one bound, got 0: write fedsz:rel=1e-2 or fedsz:abs=1e-4
fedsz:rel=0                | error bound rel=0: choose a positive number from 2.23e-308 to 1
fedsz:rel=-1               | error bound rel=-1: choose a positive number from 2.23e-308 to 1
fedsz:rel=nan              | error bound rel=nan: choose a positive number from 2.23e-308 to 1
fedsz:rel=inf              | error bound rel=inf: choose a positive number from 2.23e-308 to 1
fedsz:rel=1.5              | error bound rel=1.5: choose a positive number from 2.23e-308 to 1
fedsz:abs=inf              | error bound abs=inf: choose a positive number from 2.23e-308 to 1.8e308
fedsz:abs=1e-400           | 'fedsz:abs=1e-400': '1e-400' is not a number that 64 bits hold, write one such as 1e-2
fedsz:rel=1e-2,treshold=0  | fedsz takes no treshold: leave it out, or correct its name
fedsz:rel=1e-2,abs=1e-3    | fedsz takes one bound, got 2: write fedsz:rel=1e-2 or fedsz:abs=1e-4
fedsz:size=3               | unknown error bound 'size': choose abs or rel
fedsz:rel=                 | cannot read 'fedsz:rel=': write none, fedsz:rel=1e-2 or module:factory:x=1, and + between
fedsz:rel=x                | 'fedsz:rel=x': 'x' is not a number, write one such as 1e-2
fedsz:rel=1e-2:abs=3       | cannot read 'fedsz:rel=1e-2:abs=3': write none, fedsz:rel=1e-2 or module:factory:x=1
none:x=1                   | none takes other options than x (got an unexpected keyword argument 'x')
dpsgd                      | private training takes eps or noise, one of both: write dpsgd:eps=8 or dpsgd:noise=1.1
dpsgd:eps=0                | eps 0.0: choose a positive number from 1e-4 to 1e4
dpsgd:eps=-1               | eps -1.0: choose a positive number from 1e-4 to 1e4
dpsgd:eps=nan              | eps nan: choose a positive number from 1e-4 to 1e4
dpsgd:eps=inf              | eps inf: choose a positive number from 1e-4 to 1e4
dpsgd:eps=8,eps=9          | 'dpsgd:eps=8,eps=9' gives eps more than once: give it once
dpsgd:eps=8,noise=1        | private training takes eps or noise, one of both: write dpsgd:eps=8 or dpsgd:noise=1.1
dpsgd:noise=0              | noise multiplier 0.0: choose a positive number from 0.2 to 1e6
dpsgd:noise=nan            | noise multiplier nan: choose a positive number from 0.2 to 1e6
dpsgd:noise=1.1,clip=0     | clip norm 0.0: choose a positive number from 1e-12 to 1e12
dpsgd:noise=1.1,clip=-1    | clip norm -1.0: choose a positive number from 1e-12 to 1e12
dpsgd:noise=1.1,clip=inf   | clip norm inf: choose a positive number from 1e-12 to 1e12
dpsgd:noise=1.1,clip=1e39  | clip norm 1e39: choose a positive number from 1e-12 to 1e12
dpsgd:noise=1.1,delta=1e-6 | delta 1e-6 beside noise says nothing: give --delta for the whole run
dpsgd:eps=8,delta=2        | delta 2.0: choose a number between 0 and 1, of 1e-10 or more
dpsgd:sigma=1              | dpsgd takes other options than sigma (got an unexpected keyword argument 'sigma')
dither                     | dither takes one bound, got 0: write dither:rel=1e-2 or dither:abs=1e-3
dither:rel=1e-2,clip=1     | dither:rel takes no clip norm, as its bound is private anyway: write dither:abs=1,clip=1e-3
dither:abs=1,clip=2        | clip norm 2: choose less than the width of a cell, 2, or leave it out
layered-gaussian           | layered-gaussian takes eps, with or without server, or noise, with or without secret: write
layered-gaussian:eps=0     | eps 0.0: choose a positive number from 1e-4 to 1e4
layered-laplace:eps=1      | layered-laplace takes other options than eps (missing a required argument: 'clip')
staircase:eps=99,clip=1    | eps of one round 99.0: choose a positive number from 1e-4 to 40
opacus:eps=0               | eps 0.0: choose a positive number from 1e-4 to 1e4
dpfedavg                   | dpfedavg takes eps or noise, one of both: write dpfedavg:eps=8 or dpfedavg:noise=1.1
dpfedavg:noise=1,rate=2    | sampling rate 2.0: choose a positive number from 1e-12 to 1
dpfedavg:noise=1,clip=0    | clip norm 0.0: choose a positive number from 1e-12 to 1e12
fedsz:rel=1e-2+dpfedavg:noise=1 | 'fedsz:rel=1e-2+dpfedavg:noise=1' has dpfedavg, which is aggregation, behind another
dpsgd:eps=8+dpsgd:eps=8    | 'dpsgd:eps=8+dpsgd:eps=8' has dpsgd, which is training, behind another part
fedsz:rel=1e-2+dpsgd:eps=8 | 'fedsz:rel=1e-2+dpsgd:eps=8' has dpsgd, which is training, behind another part
"""
"""Defences."""

IMPORTS = """
--release mine:NUMBER            | mine:NUMBER is of type int: write the import path of a function
--release mine:MISSING           | module 'mine' has no 'MISSING': write module:name of something it defines
--release mine:linear            | mine:linear takes other options than none
--release no_such_module:RELEASE | no module 'no_such_module' for 'no_such_module:RELEASE': write module:name
--adversary mine:NUMBER          | mine:NUMBER gives an object of type int: make it an Adversary
--adversary mine:MISSING         | module 'mine' has no 'MISSING': write module:name of something it defines
--signal mine:NUMBER             | mine:NUMBER gives an object of type int: make it a Signal
--signal mine:MISSING            | module 'mine' has no 'MISSING': write module:name of something it defines
--signal .mine:NUMBER            | '.mine:NUMBER' starts with no module: write module:name, with dots between packages
--canary mine:NUMBER:20          | mine:NUMBER gives an object of type int: make it a Canary
--model mine:number              | mine:number gives an object of type int: make it a Module
--model mine:NUMBER              | mine:NUMBER is of type int: write the import path of a function
--model mine:MISSING             | module 'mine' has no 'MISSING': write module:name of something it defines
--model mine:no_arguments        | mine:no_arguments cannot be called with the shape of a record and a number of outputs
--model mine:                    | 'mine:' is no import path: write module:name, with dots between packages
--model mine..deeper:linear      | 'mine..deeper:linear' is no import path: write module:name, with dots between
--model :linear                  | ':linear' starts with no module: write module:name, with dots between packages
--model mine                     | unknown model 'mine': choose one of mlp, cnn, lstm, transformer, alexnet
--model no_such_module:linear    | no module 'no_such_module' for 'no_such_module:linear': write module:name
--model mine.deeper:linear       | no module 'mine.deeper' for 'mine.deeper:linear': write module:name of one that
--training sgd                   | 'sgd' is no import path: write module:name, with dots between packages
--training mine:train_two        | mine:train_two cannot be called as train(model, records, generator)
--training mine:NUMBER           | mine:NUMBER is of type int: write the import path of a function
--training mine:MISSING          | module 'mine' has no 'MISSING': write module:name of something it defines
--task mine:NUMBER               | mine:NUMBER gives an object of type int: make it a Task
--data mine:a_list               | mine:a_list gives an object of type list: make it a DataSplit
--data mine:nothing              | mine:nothing gives an object of type NoneType: make it a DataSplit
--data mine:linear               | mine:linear cannot be called without arguments
--data mine:NUMBER               | mine:NUMBER is of type int: write the import path of a function
--data mine:MISSING              | module 'mine' has no 'MISSING': write module:name of something it defines
"""
"""Import paths of a user's own parts."""

FOLDERS = """
--out mine.py               | mine.py is no folder of a run (spec.json cannot be read: Not a directory): choose another
--out .                     | . is no folder of a run (spec.json is missing): choose another --out
--out good.csv/run          | good.csv is no folder, and good.csv/run would be in it: choose another --out
--out held/no_json          | held/no_json is no folder of a run (spec.json is damaged
--out held/list             | held/list is no folder of a run (spec.json is damaged
--out held/fly              | held/fly answers another question (not the same command: fly there, audit here)
--out held/noise            | held/noise answers another question (not the same command: noise there, audit here)
--out held/old              | held/old holds a run of another version of fedsz-privacy (format 0, this one writes 2)
--out held/pipe             | held/pipe is no folder of a run (spec.json cannot be read: it is no file): choose another
--out held/seed             | held/seed answers another question (not the same seed: 7 there, 0 here)
--resume held/missing       | held/missing holds no audit to go on with (spec.json is missing): give the folder of one
--resume held/nothing       | held/nothing holds no audit to go on with (spec.json is missing): give the folder of one
--resume held/no_json       | held/no_json holds no audit to go on with (spec.json is damaged
--resume held/deep          | held/deep holds no audit to go on with (spec.json is damaged
--resume held/list          | held/list holds no audit to go on with (spec.json is damaged
--resume held/fly           | held/fly holds no audit to go on with (its command is fly): give the folder of one
--resume held/noise         | held/noise holds no audit to go on with (its command is noise): give the folder of one
--resume held/old           | held/old holds a run of another version of fedsz-privacy (format 0, this one writes 2)
--resume held/pipe          | held/pipe holds no audit to go on with (spec.json cannot be read: it is no file)
--resume held/trials        | held/trials holds no audit to go on with
--resume held/aborts        | held/aborts names code to run, 'os:abort': give --trust-imports if you trust
--resume held/seed --seed 8 | --resume takes the question from the folder: leave out --seed
--resume mine.py            | mine.py holds no audit to go on with (spec.json cannot be read: Not a directory)
--resume ''                 | . holds no audit to go on with (spec.json is missing): give the folder of one
"""
"""Folders of runs."""

RETURNED = """
--release mine:release_nothing  | release mine:release_nothing returns a NoneType: return Released(update, nbytes)
--release mine:release_nan      | release mine:release_nan makes 1.weight not finite: return finite numbers
--release mine:release_short    | release mine:release_short changes the names, shapes or dtypes of tensors (1.weight
--release mine:release_fewer    | release mine:release_fewer changes the names, shapes or dtypes of tensors (1.weight
--release mine:release_negative | release mine:release_negative sends -10 bytes: give a positive number as nbytes
--signal mine:FLAT_SIGNAL       | signal mine:FLAT_SIGNAL reads () of 1 trial and 4 candidates: read (1, 4)
--signal mine:SHORT_SIGNAL      | signal mine:SHORT_SIGNAL reads (1,) of 1 trial and 4 candidates: read (1, 4)
--signal mine:TEXT_SIGNAL       | signal mine:TEXT_SIGNAL reads <U1 of 1 trial and 4 candidates: read (1, 4) as float64
--signal mine:NOTHING_SIGNAL    | signal mine:NOTHING_SIGNAL reads () of 1 trial and 4 candidates: read (1, 4)
--training mine:train_nan       | training diverged in round 1 (the update of
--learning-rate 1e30            | training diverged in round 1 (
"""
"""What a user's own parts return."""

TABLES = """
empty.csv --target y                 | empty.csv is no table that can be read
header.csv --target y                | header.csv has 0 records: give 2 or more, to train and to test on
one_row.csv --target y               | one_row.csv has 1 record: give 2 or more, to train and to test on
one_class.csv --target y             | column 'y' of one_class.csv has 1 value, not 2 to 256 classes: choose another
infinite.csv --target y              | column 'a' of infinite.csv has values that are infinite: replace them
no_target.csv --target y             | column 'y' of no_target.csv is the target, and lacks 1 of its
only_target.csv --target y           | only_target.csv has no column beside the target: give one to foretell it from
dates.csv --target y                 | column 'a' of dates.csv is of dates, such as 2020-01-01: turn them into numbers
binary.csv --target y                | binary.csv is no table that can be read ('utf-8' codec
utf16.csv --target y                 | utf16.csv is no table that can be read ('utf-8' codec can't decode byte 0xff
semicolons.csv --target y            | semicolons.csv has semicolons between its columns: save it with commas there, and
controls.csv --target z              | controls.csv has no column 'z': choose --target from \\x1b[31mred\\n, b, c, y
twice.csv --target y                 | twice.csv has several columns 'a': give each a name of its own
ragged.csv --target y                | ragged.csv is no table that can be read
folder.csv --target y                | folder.csv is a folder: give a .csv or .parquet file
missing.csv --target y               | no file at missing.csv: give a .csv or .parquet file
pipe.csv --target y                  | no file at pipe.csv: give a .csv or .parquet file
loop.csv --target y                  | no file at loop.csv: give a .csv or .parquet file
good.csv                             | good.csv needs a column to foretell: choose --target from a, b, c, y
good.csv --target z                  | good.csv has no column 'z': choose --target from a, b, c, y
good.csv --target a --task classification | column 'a' of good.csv has label 0.1257302210933933 in row 0, no class
good.csv --target y --task next-token | model mlp takes numbers, not torch.int64 (48, 2) for next token
good.csv --target y --model cnn      | model cnn takes images, (records, channels, height, width), not torch.float32
good.csv --target y --model lstm     | model lstm takes tokens, (records, length), to continue, not torch.float32 (48
good.parquet                         | good.parquet needs a column to foretell: choose --target from a, b, c, y
good.parquet --target z              | good.parquet has no column 'z': choose --target from a, b, c, y
garbage.parquet --target y           | garbage.parquet is no table that can be read
empty.parquet --target y             | empty.parquet is no table that can be read
pipe.parquet --target y              | no file at pipe.parquet: give a .csv or .parquet file
paths                                | cannot load data set 'paths' (no column of type Image among image, label): check
"""
"""Tables, and folders of them."""

ARRAYS = """
empty.npz                  | empty.npz is no .npz file that can be read
text.npz                   | text.npz is no .npz file that can be read
unnamed.npz                | unnamed.npz has none of x_train, y_train, x_test, y_test: save all of them
missing.npz                | missing.npz has no y_train, x_test, y_test: save all of x_train, y_train, x_test, y_test
truncated.npz              | truncated.npz is no .npz file that can be read
pickled.npz                | y_train of pickled.npz holds Python objects, which only pickle can read: save an array
announces.npz              | x_train of announces.npz has 128 bytes where float32 (1099511627776, 8, 8) takes
nan.npz                    | x_train of nan.npz has values that are not finite, first in record 5: replace them
nan_test.npz               | x_test of nan_test.npz has values that are not finite, first in record 5: replace them
hidden.npz                 | hidden.npz has label -1 in 60 of 60 test records, as sets with hidden labels do
hidden_train.npz           | hidden_train.npz has label -1 in 60 of 60 training records, as sets with hidden labels do
fractional.npz             | y_train of fractional.npz is float64 (60,): save labels that are integers or strings
fewer_targets.npz          | fewer_targets.npz has 60 inputs in x_train and 59 targets in y_train: save as many of both
other_size.npz             | data set 'other_size.npz' has training records of (1, 8, 8) in torch.float32
other_classes.npz          | other_classes.npz has test records of 7, 8, classes of no training record: take them out
one_class.npz              | one_class.npz has training records of class 0 alone: give two classes or more
no_records.npz             | x_train of no_records.npz is float32 (0, 8, 8): save bool, uint8 or float images
complex.npz                | x_train of complex.npz is complex64 (60, 8, 8): save bool, uint8 or float images
strings.npz                | x_train of strings.npz is <U1 (60, 8, 8): save bool, uint8 or float images, (records
pipe.npz                   | no file at pipe.npz: give an .npz file with x_train, y_train, x_test, y_test
loop.npz                   | no file at loop.npz: give an .npz file with x_train, y_train, x_test, y_test
gone.npz                   | no file at gone.npz: give an .npz file with x_train, y_train, x_test, y_test
array.npy                  | unknown data set 'array.npy': write digits, breast-cancer, diabetes, wine, the path
good.npz --target y        | target 'y': good.npz has no columns to choose from, leave it out
good.npz --task next-token | task next-token: good.npz has targets int64 (60,), give text, or integer tokens as inputs
"""
"""Arrays."""

PICTURES = """
images/empty      | data set 'images/empty' has no folder 'train': give train/CLASS/*.png and test/CLASS/*.png
images/truncated  | images/truncated/train/cat/0.png is no whole picture
images/text       | images/text/train/cat/0.png is no picture in any of BMP, GIF, JPEG, PNG, PPM, TIFF, WEBP
images/sizes      | images/sizes/train/cat/large.png
images/one_class  | data set 'images/one_class' has training records of class 'cat' alone: give two classes or more
images/only_train | data set 'images/only_train' has no folder 'test': give train/CLASS/*.png and test/CLASS/*.png
"""
"""Pictures."""

TEXTS = """
empty.txt --model lstm               | empty.txt has 0 records: give 2 or more, to train and to test on
latin.txt --model lstm               | latin.txt is no text in UTF-8: save it as such
one_line.txt --model lstm            | one_line.txt has 1 record: give 2 or more, to train and to test on
blank.txt --model lstm               | blank.txt has 0 records: give 2 or more, to train and to test on
pipe.txt --model lstm                | no file at pipe.txt: give a .txt file with a record on each line
loop.txt --model lstm                | no file at loop.txt: give a .txt file with a record on each line
names.txt                            | model mlp takes numbers, not torch.int64 (96, 5) for next token: choose another
names.txt --model lstm --task regression | task regression: names.txt has targets int64 (96, 5), give numbers
state.onnx                           | unknown data set 'state.onnx': write digits, breast-cancer, diabetes, wine
"""
"""Texts."""

FEDERATE = """
--clients 0                          | clients 0: choose 1 or more
--clients -1                         | clients -1: choose 1 or more
--clients 100000                     | 100000 clients for 1200 records: choose from 1 to 1200
--payload model                      | --payload model: choose one of update, state
--payload ''                         | --payload '': choose one of update, state
--figures gif                        | --figures gif: choose one of png, svg, pdf
--payload state --release gaussian:eps=8 | release gaussian:eps=8,clip=1 clips and hides an update, and payload state
--records 0                          | records 0: choose 1 or more
--records 1                          | 4 clients for 1 records: choose from 1 to 1
--records -1                         | records -1: choose 1 or more
--records x                          | --records x: give a whole number
--test-records 0                     | test records 0: choose 1 or more
--test-records -1                    | test records -1: choose 1 or more
--rounds 0                           | rounds 0: choose 1 or more
--rounds 1000000000000               | rounds 1000000000000: choose 1000000 or less
--epochs 0                           | epochs 0: choose 1 or more
--batch-size 0                       | batch size 0: choose 1 or more
--learning-rate 0                    | learning rate 0.0: choose a positive number from 1.18e-38 to 3.4e38
--learning-rate nan                  | learning rate nan: choose a positive number from 1.18e-38 to 3.4e38
--side -1                            | side -1: choose 0 or more
--side 100000000                     | side 100000000: choose 4096 or less
--partition ''                       | unknown partition '': write iid or dirichlet:0.5
--partition random                   | unknown partition 'random': write iid or dirichlet:0.5
--partition dirichlet                | unknown partition 'dirichlet': write iid or dirichlet:0.5
--partition dirichlet:0              | Dirichlet alpha 0.0: choose a positive number from 1e-3 to 1e6
--partition dirichlet:nan            | unknown partition 'dirichlet:nan': write iid or dirichlet:0.5
--partition dirichlet:-1             | unknown partition 'dirichlet:-1': write iid or dirichlet:0.5
--partition dirichlet:1e400          | Dirichlet alpha inf: choose a positive number from 1e-3 to 1e6
--seed -1                            | seed -1: choose 0 or more
--seed 18446744073709551616          | seed 18446744073709551616: choose 18446744073709551615 or less
--delta 1e-16                        | delta 1e-16: choose a number between 0 and 1, of 1e-10 or more
--device tpu                         | unknown device 'tpu': choose auto, cpu or cuda
--optimizer lion                     | unknown optimizer 'lion': choose one of sgd, momentum, adam, adamw
--release zip                        | unknown release 'zip': choose one of none, fedsz, dither
--release fedsz:rel=0                | error bound rel=0: choose a positive number from 2.23e-308 to 1
--release fedsz:rel=1e-2+dpsgd:eps=8 | 'fedsz:rel=1e-2+dpsgd:eps=8' has dpsgd, which is training, behind another part
--model vgg                          | unknown model 'vgg': choose one of mlp, cnn, lstm, transformer, alexnet
--model mine:number                  | mine:number gives an object of type int: make it a Module
--task clustering                    | unknown task 'clustering': choose one of classification, binary, regression
--data mnist                         | unknown data set 'mnist': write digits, breast-cancer, diabetes, wine, the path
--data hidden.npz                    | hidden.npz has label -1 in 60 of 60 test records, as sets with hidden labels do
--data images/text                   | images/text/train/cat/0.png is no picture in any of BMP, GIF, JPEG, PNG, PPM
--data pipe.npz                      | no file at pipe.npz: give an .npz file with x_train, y_train, x_test, y_test
--data good.csv                      | good.csv needs a column to foretell: choose --target from a, b, c, y
--out mine.py                        | mine.py is no folder of a run (spec.json cannot be read: Not a directory)
--out good.csv/run                   | good.csv is no folder, and good.csv/run would be in it: choose another --out
--out held/seed                      | held/seed answers another question (not the same command: audit there, federate
--learning-rate 1e4                  | training diverged in round 1 (
--training mine:train_nan            | training diverged in round 1 (the update of
--release mine:release_nan           | release mine:release_nan makes 0.weight not finite: return finite numbers
--release mine:release_short         | release mine:release_short changes the names, shapes or dtypes of tensors
--release mine:release_nothing       | release mine:release_nothing returns a NoneType: return Released(update, nbytes)
"""
"""Options of a federation, its data, and what users' own parts return."""

CHECKPOINTS = """
resnet                  | no file at resnet: give one that can be read
missing.safetensors     | no file at missing.safetensors: give one that can be read
empty.safetensors       | empty.safetensors is no safetensors file
truncated.safetensors   | truncated.safetensors is no safetensors file
announces.safetensors   | announces.safetensors is no safetensors file
empty_state.safetensors | empty_state.safetensors holds no state dict: save model.state_dict()
pipe.safetensors        | no file at pipe.safetensors: give one that can be read
loop.safetensors        | no file at loop.safetensors: give one that can be read
tensor.pt               | tensor.pt holds no state dict: save model.state_dict()
list.pt                 | list.pt holds no state dict: save model.state_dict()
text.pt                 | text.pt holds more than dense tensors by name (layer.weight): save model.state_dict() alone
numbered.pt             | numbered.pt holds more than dense tensors by name (3): save model.state_dict() alone
module.pt               | module.pt is no state dict that can be read without running its code
expanded.pt             | needs 4398046511104 bytes: save contiguous tensors by torch.save or as .safetensors
garbage.pt              | garbage.pt is no state dict that can be read without running its code
empty.pt                | empty.pt is no checkpoint that torch.save wrote: give a .safetensors or .npz file
pipe.pt                 | no file at pipe.pt: give one that can be read
state.onnx              | state.onnx is no state dict that can be read without running its code
mine.py                 | mine.py is no state dict that can be read without running its code: save model.state_dict()
.                       | . is a folder: give one that can be read
held                    | held is a folder: give one that can be read
''                      | . is a folder: give one that can be read
/dev/zero               | no file at /dev/zero: give one that can be read
"""
"""What is no checkpoint."""

UNSTUDIED = """
nan.safetensors      | nan.safetensors has no tensor of 128 finite floating-point numbers or more to study
integers.safetensors | integers.safetensors has no tensor of 128 finite floating-point numbers or more to study
small.safetensors    | small.safetensors has no tensor of 128 finite floating-point numbers or more to study
"""
"""Checkpoints that hold nothing to study."""

RECOMMEND = """
--figures gif             | --figures gif: choose one of png, svg, pdf
--max-loss 0              | max loss '0': give a number above 0, such as 0.5% or, of accuracy the same, 0.005
--max-loss 0%             | max loss '0%': give a number above 0
--max-loss -0.5%          | max loss '-0.5%': give a number above 0
--max-loss half           | max loss 'half': give a number above 0
--max-loss ''             | max loss '': give a number above 0
--max-loss 100%           | max loss '100%': percent are of a share, such as accuracy: choose below 100%
--max-loss 5              | max loss 5: accuracy is a share from 0 to 1, choose below 100%, or below 1
--data diabetes --model mlp | max loss 0.5%: mean absolute error is no share: leave out the %, and give a number
--seeds 1                 | seeds 1: choose 2 or more
--seeds x                 | --seeds x: give a whole number
--bounds ''               | bounds '': give numbers with commas between, such as 1e-3,1e-2
--bounds 1e-2,x           | bounds '1e-2,x': give numbers with commas between, such as 1e-3,1e-2
--bounds 0                | bounds rel=0: choose a positive number from 2.23e-308 to 1
--bounds 2                | bounds rel=2: choose a positive number from 2.23e-308 to 1
--threshold -1            | threshold -1: choose 0 or more
--threshold 1000000 --model mlp | no bound compresses a tensor of mlp: none has more than 1,000,000 elements: lower
--clients 1               | clients 1: choose 2 or more
--records 60 --clients 2  | 60 records of 2 clients are too few to measure leakage on: choose more --records
--release fedsz:rel=1e-2  | No such option: --release
--seed 18446744073709551615 | last seed 18446744073709551619: choose 18446744073709551615 or less
--model vgg               | unknown model 'vgg': choose one of mlp, cnn, lstm, transformer, alexnet
--workers 0               | workers 0: choose 1 or more
"""
"""What no bound can be recommended for."""

NOISE = """
--figures gif                  | --figures gif: choose one of png, svg, pdf
--before other.safetensors     | other.safetensors has layer.weight (32, 32), and good.safetensors (64, 64): give states
--before missing.safetensors   | no file at missing.safetensors: give one that can be read
--before pipe.pt               | no file at pipe.pt: give one that can be read
--before good.safetensors      | good.safetensors and good.safetensors hold the same values: give the state before
--release zip                  | unknown release 'zip': choose one of none, fedsz, dither
--release none                 | none changes no tensor of good.safetensors that can be studied: choose a release that
--release dpsgd:eps=8          | dpsgd:eps=8 is training, and here the error of releases is studied
--release fedsz:rel=0          | error bound rel=0: choose a positive number from 2.23e-308 to 1
--delta 0                      | delta 0.0: choose a number between 0 and 1, of 1e-10 or more
--delta nan                    | delta nan: choose a number between 0 and 1, of 1e-10 or more
--delta 1e-16                  | delta 1e-16: choose a number between 0 and 1, of 1e-10 or more
--seed -1                      | seed -1: choose 0 or more
--seed x                       | --seed x: give a whole number
--seed 18446744073709551616    | seed 18446744073709551616: choose 18446744073709551615 or less
--out mine.py                  | mine.py is no folder of a run (spec.json cannot be read: Not a directory)
--out good.csv/run             | good.csv is no folder, and good.csv/run would be in it: choose another --out
--out held/seed                | held/seed answers another question (not the same command: audit there, noise here)
--release mine:NUMBER          | mine:NUMBER is of type int: write the import path of a function
--release mine:release_nan     | release mine:release_nan makes layer.weight not finite: return finite numbers
--release mine:release_short   | release mine:release_short changes the names, shapes or dtypes of tensors
--release mine:release_nothing | release mine:release_nothing returns a NoneType: return Released(update, nbytes)
"""
"""Options of a noise study."""

BENCH = """
--figures gif           | --figures gif: choose one of png, svg, pdf
--compressor gzip       | unknown compressor 'gzip': choose one of nopred, lorenzo_reg, interp_lorenzo, interp, sz2
--compressor ''         | unknown compressor '': choose one of nopred, lorenzo_reg, interp_lorenzo, interp, sz2, zfp
--bound 0               | bound 0.0: choose a positive number from 2.23e-308 to 1
--bound -1              | bound -1.0: choose a positive number from 2.23e-308 to 1
--bound 2               | bound 2.0: choose a positive number from 2.23e-308 to 1
--bound nan             | bound nan: choose a positive number from 2.23e-308 to 1
--bound inf             | bound inf: choose a positive number from 2.23e-308 to 1
--bound x               | --bound x: give a number
--repeats 0             | repeats 0: choose 1 or more
--repeats -1            | repeats -1: choose 1 or more
--repeats 1000000000000 | repeats 1000000000000: choose 1000000 or less
--repeats 2.5           | --repeats 2.5: give a whole number
--out mine.py           | mine.py is no folder of a run (spec.json cannot be read: Not a directory): choose another
--out good.csv/run      | good.csv is no folder, and good.csv/run would be in it: choose another --out
--out held/seed         | held/seed answers another question (not the same command: audit there, bench here)
--out /proc/run         | cannot write /proc/run (No such file or directory): choose a folder that is there, for all
missing.safetensors     | no file at missing.safetensors: give one that can be read
"""
"""Options of a bench."""

REPORT = """
held/missing | held/missing holds no finished run (report.json is missing): give the folder of one, or finish
held/nothing | held/nothing holds no finished run (report.json is missing): give the folder of one, or finish
held/no_json | held/no_json holds no finished run (report.json is damaged
held/deep    | held/deep holds no finished run (report.json is damaged
held/list    | held/list holds no finished run (report.json is damaged
held/fly     | held/fly holds no finished run (it has no 'page'): give the folder of one, or finish it by its command
held/pipe    | held/pipe holds no finished run (report.json cannot be read: it is no file): give the folder
held/seed    | held/seed holds no finished run (report.json is missing): give the folder of one, or finish
held/aborts  | held/aborts holds no finished run (report.json is missing): give the folder of one, or finish
mine.py      | mine.py holds no finished run (report.json cannot be read: Not a directory): give the folder
.            | . holds no finished run (report.json is missing): give the folder of one, or finish it by its command
''           | . holds no finished run (report.json is missing): give the folder of one, or finish it by its command
"""
"""What is no finished run."""


UPDATES = """
recorded/pipe --figures gif                     | --figures gif: choose one of png, svg, pdf
--seed 1                                        | neither a recording nor --before is given: give the folder of one
nowhere                                         | no file at nowhere/recording.json: give the folder of a recording
held                                            | no file at held/recording.json: give the folder of a recording
recorded/pipe                                   | no file at recorded/pipe/recording.json
recorded/no_json                                | recorded/no_json/recording.json is damaged
recorded/deep                                   | recorded/deep/recording.json is damaged
recorded/list                                   | recorded/list/recording.json is damaged
recorded/old                                    | is of format 0, and this version reads 1
recorded/aborts                                 | names code to run, 'mine:linear', 'os:abort': give --trust-imports
recorded/aborts --model mine:linear             | names code to run, 'os:abort': give --trust-imports
recorded/odd                                    | names code to run, 'mine:'
recorded/odd --trust-imports                    | 'mine:' is no import path
recorded/other                                  | the state before of round 0 has no 3.bias, unlike the model
recorded/nobody --trust-imports                 | nothing says which records a client holds
recorded/strangers --trust-imports              | no update of bob is recorded
recorded/few --trust-imports                    | there are 3 scores of members
recorded/far --trust-imports                    | members of ann name record 1000000000
recorded/empty --trust-imports                  | recorded/empty holds no whole round
recorded/cut --trust-imports                    | recorded/cut holds no whole round
recorded/whole --trust-imports --client eve     | no update of client 'eve' is recorded: choose of ann, zoe
recorded/whole --trust-imports --client zoe     | nothing says which records client 'zoe' holds
recorded/whole --trust-imports --out held       | held is no folder of a run (spec.json is missing)
recorded/whole --before state.pt                | --before beside a recording: leave it out
recorded/whole --release dpfedavg:eps=8         | dpfedavg:eps=8 is aggregation
recorded/whole --release dpsgd:eps=8            | dpsgd:eps=8 is training
recorded/whole --release fly                    | unknown release 'fly'
recorded/whole --signal lira                    | signal lira needs shadow models
recorded/whole --signal fly                     | unknown signal 'fly'
recorded/whole --candidates 3                   | candidates 3: choose 20 or more
recorded/whole --trust-imports --device fly     | unknown device 'fly'
recorded/whole --model mlp --data digits        | the state before of round 0 has no 3.bias, unlike the model
--trust-imports                                 | neither a recording nor --before is given
"""
"""What cannot be audited of recordings."""

CLIENTS = """
--figures gif               | --figures gif: choose one of png, svg, pdf
--adversary server          | adversary server sees single updates, and so for sure who takes part: choose aggregate
--signal fedmia-loss        | signal fedmia-loss reads single updates, which nobody sees here: choose another
--signal fly                | unknown signal 'fly'
--clients 1                 | clients 1: choose 2 or more
--trials 8                  | 8 trials of 20 clients are 160 scores of 300 needed: choose 15 trials or more
--client-canaries -1        | client canaries -1: choose 0 or more
--client-records 1000       | need more than the 1438 training records of digits: choose fewer --client-records
--canary outlier:20         | No such option: --canary
"""
"""What cannot be asked of whole clients."""

FILES = """
--before nowhere.pt --after state.pt --members members.npy    | no file at nowhere.pt
--before state.pt --after 'none_*.pt' --members members.npy   | no file at --after none_*.pt: give the path of one
--before state.pt --after state.pt --members nowhere.npy      | no file at --members nowhere.npy
--before state.pt --after state.pt --members words.npy        | the members in words.npy are <U1 (1,)
--before state.pt --after state.pt --members objects.npy      | objects.npy is no .npy file of numbers
--before state.pt --after state.pt --members announces.npy    | announces.npy is no .npy file of numbers
--before state.pt --after state.pt --members good.npz         | good.npz holds several arrays
--before state.pt --after state.pt --members '[mw]*.npy'      | 2 files of members for 1 of clients: give one
--before state.pt --after list.pt --members members.npy       | list.pt holds no state dict
--before state.pt --after good.npz --members members.npy      | good.npz has no 1.bias, unlike the model
--before module.pt --after state.pt --members members.npy     | module.pt is no state dict that can be read
--before expanded.pt --after state.pt --members members.npy   | expanded.pt
--before state.pt --after state.pt                            | neither a recording nor --members is given
--before state.pt --after state.pt --members members.npy --trust-imports | --trust-imports says nothing without a
"""
"""What cannot be audited of files."""


def _rows(prefix: str, table: str, suffix: str = "") -> list[tuple[str, str]]:
    """Return the commands of a table, the prefix before and the suffix behind each, and their lines."""
    rows = (map(str.strip, row.split(" | ", 1)) for row in table.strip().splitlines())
    return [(" ".join(filter(None, (prefix, command, suffix))), line) for command, line in rows]


ROWS = [
    *_rows("", USAGE),
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
    *_rows("recommend", RECOMMEND),
    *_rows("noise", CHECKPOINTS),
    *_rows("bench", CHECKPOINTS),
    *_rows("noise", UNSTUDIED),
    *_rows("noise good.safetensors", NOISE),
    *_rows("bench good.safetensors", BENCH),
    *_rows("report", REPORT),
    *_rows("audit-clients", CLIENTS),
    *_rows("audit-updates", UPDATES),
    *_rows("audit-updates --data digits --model mine:linear", FILES),
]
