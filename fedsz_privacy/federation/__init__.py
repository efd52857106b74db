"""Who holds which records, and rounds of federated averaging."""
