"""How an audit is shown: tables, figures, and one page."""
