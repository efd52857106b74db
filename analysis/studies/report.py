"""What the report of every study offers: its conclusion, its page, and its main figures as a table of numbers."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandas import DataFrame

    from analysis.reporting.page import Page
    from analysis.reporting.table import Row


class Report(ABC):
    """What a study found, as people read it and as programs do."""

    @property
    @abstractmethod
    def conclusion(self) -> tuple[str, ...]:
        """What came out, one line for each thing that was compared."""

    @property
    @abstractmethod
    def summary(self) -> "list[Row]":
        """The main figures, a row for each line of the closing table; nothing is rounded.

        Epsilons are in nats, sizes in bytes. An estimate named ``auc`` has its 95% interval in ``auc_low`` and
        ``auc_high``.
        """

    @property
    @abstractmethod
    def page(self) -> "Page":
        """What the page of the run shows."""

    def to_frame(self) -> "DataFrame":
        """Return the rows as a table of pandas, such as for ``to_frame().to_latex(index=False, escape=True)``."""
        from pandas import DataFrame

        return DataFrame(self.summary)

    def _repr_html_(self) -> str:
        """Return the conclusion and the tables that the command ends with, as a notebook shows them."""
        from analysis.reporting.html import to_fragment

        return to_fragment(self.conclusion, self.page.closing)
