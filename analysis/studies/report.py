"""What the report of every study offers: its conclusion, its page, and its main figures as a table of numbers."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pandas import DataFrame

    from analysis.reporting.page import Page
    from analysis.reporting.table import Row


class Presentation(Protocol):
    """A module that shows the reports of a study."""

    def summary_rows(self, report: Any, /) -> "list[Row]":
        """Return the main figures of a report, nothing rounded."""

    def make_page(self, report: Any, /) -> "Page":
        """Return what the page of a report shows."""


class Report(ABC):
    """What a study found, as people read it and as programs do."""

    @property
    @abstractmethod
    def conclusion(self) -> tuple[str, ...]:
        """What came out, one line for each thing that was compared."""

    @staticmethod
    @abstractmethod
    def _presentation() -> Presentation:
        """Return the module that shows such a report; it draws, so it is imported late."""

    @property
    def summary(self) -> "list[Row]":
        """The main figures, a row for each line of the closing table; nothing is rounded.

        Epsilons are in nats, sizes in bytes. An estimate named ``auc`` has its 95% interval in ``auc_low`` and
        ``auc_high``.
        """
        return self._presentation().summary_rows(self)

    @property
    def page(self) -> "Page":
        """What the page of the run shows."""
        return self._presentation().make_page(self)

    def to_frame(self) -> "DataFrame":
        """Return the rows as a table of pandas, such as for ``to_frame().to_latex(index=False, escape=True)``."""
        from pandas import DataFrame

        return DataFrame(self.summary)

    def _repr_html_(self) -> str:
        """Return the conclusion and the tables that the command ends with, as a notebook shows them."""
        from analysis.reporting.html import to_fragment

        return to_fragment(self.conclusion, self.page.closing)
