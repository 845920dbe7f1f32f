"""Duplicates and near-duplicates among a table's records, within and across languages."""

from lingweave.building.duplicates.find import DuplicateOptions, find_duplicates

__all__ = ["DuplicateOptions", "find_duplicates"]
