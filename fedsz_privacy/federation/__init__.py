"""Who holds which records, and the one loop of rounds that audits and federations share."""
