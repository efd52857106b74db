"""What scores of an attack say: ROC statistics with intervals, and the differences that a run could have seen."""
