"""Documents to index, from files of any usual form."""

from lingweave.index.documents.document import Document, Reading
from lingweave.index.documents.read import documents_of

__all__ = ["Document", "Reading", "documents_of"]
