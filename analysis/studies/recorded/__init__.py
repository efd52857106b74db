"""Updates that somebody else recorded, passed through releases and attacked."""
