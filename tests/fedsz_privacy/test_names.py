"""Names that are checked without loading what they name are those of what is there."""

from fedsz_privacy.data.embedded import EMBEDDED
from fedsz_privacy.data.loading import FILES as READERS
from fedsz_privacy.data.names import DATA_NAMES, FILES, TABLES, TASK_NAMES
from fedsz_privacy.data.targets import TASKS
from fedsz_privacy.models.catalogue import MODELS
from fedsz_privacy.models.names import MODEL_NAMES


def test_names_are_those_of_what_is_there():
    assert tuple(MODELS) == MODEL_NAMES
    assert tuple(EMBEDDED) == DATA_NAMES
    assert tuple(TASKS) == TASK_NAMES
    assert {*FILES} == {*READERS, *TABLES}
