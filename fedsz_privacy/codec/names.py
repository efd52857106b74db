"""What codecs are called, and their defaults. Asking loads no codec, so that the command line can list them."""

SZ3_ALGORITHMS = ("nopred", "lorenzo_reg", "interp_lorenzo", "interp")

COMPRESSOR_NAMES = (*SZ3_ALGORITHMS, "sz2", "zfp", "sperr", "szx", "quantiser", "scaled", "auto")

FIRST_ARE_SZ3 = f"the first {len(SZ3_ALGORITHMS)} are SZ3 with its predictors, nopred with none"
"""What a list of `COMPRESSOR_NAMES` does not show."""

DEFAULT_COMPRESSOR = "auto"
"""The compressor of the pipeline where nobody says otherwise."""

DEFAULT_LOSSLESS = "zstd"

LOSSLESS_NAMES = (DEFAULT_LOSSLESS, "zlib", "gzip", "xz", "blosclz")

DEFAULT_MAX_BYTES = 2**30
"""Most memory that decoding takes where nobody says otherwise: a quarter of a small server's 4 GiB."""

NO_FRAME = "give a frame that was written to a file"
"""What helps where a file is not there."""
