"""What compressors are called. Asking for the names loads no compressor, so that the command line can list them."""

SZ3_ALGORITHMS = ("nopred", "lorenzo_reg", "interp_lorenzo", "interp")

COMPRESSOR_NAMES = (*SZ3_ALGORITHMS, "sz2", "zfp", "sperr", "szx", "quantiser", "scaled", "auto")
