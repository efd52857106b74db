"""Say what share of the product's branches ran, by coverage's JSON on standard input; less than 95% fails."""

import json
import sys

LEAST = 0.95

totals = json.load(sys.stdin)["totals"]
ran, all_branches = totals["covered_branches"], totals["num_branches"]
print(f"{ran} of {all_branches} branches ran: {ran / all_branches:.1%}, at least {LEAST:.0%} are asked for")
sys.exit(ran < LEAST * all_branches)
