"""Models as users bring them, with data and task: the one list that every contract of training is tested on."""
