"""Whole studies, a question in and a report out.

``audit``, ``seeds`` (several audits), ``clients``, ``recorded``, ``scores``, ``account``, ``noise``, ``bench``,
``federation``, ``recommend`` and ``files`` (states compressed in files). ``conclusions``: what they conclude, in words.
"""
