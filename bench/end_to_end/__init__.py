"""Iskandar and its peers under the same work, end to end on the loopback interface."""
