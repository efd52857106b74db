"""Studies of errors, of an audit's updates and of a checkpoint, and how they are shown."""
