"""What everything else stands on: errors, imports, files, randomness, states. Nothing here knows a model or a codec."""
