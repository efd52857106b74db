"""What people's numbers guarantee, for a named unit of privacy and adjacency; nothing is trained or measured."""
