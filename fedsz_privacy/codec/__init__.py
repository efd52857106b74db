"""Bytes in, bytes out: error bounds, compressors, the FedSZ pipeline and its frame."""
