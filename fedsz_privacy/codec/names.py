"""What codecs are called. Asking for the names loads no codec, so that the command line can list them."""

SZ3_ALGORITHMS = ("nopred", "lorenzo_reg", "interp_lorenzo", "interp")

COMPRESSOR_NAMES = (*SZ3_ALGORITHMS, "sz2", "zfp", "sperr", "szx", "quantiser", "scaled", "auto")

DEFAULT_COMPRESSOR = "auto"
"""The compressor of the pipeline where nobody says otherwise."""

DEFAULT_LOSSLESS = "zstd"

LOSSLESS_NAMES = (DEFAULT_LOSSLESS, "zlib", "gzip", "xz", "blosclz")

NO_FRAME = "give a frame that was written to a file"
"""What helps where a file is not there."""
