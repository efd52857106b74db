"""What stands between a client's records and an observer: releases, and training rules with a guarantee."""
