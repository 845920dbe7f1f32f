"""An index in Milvus, for what outgrows a machine."""

from lingweave.index.milvus.address import MilvusAddress, milvus_address
from lingweave.index.milvus.collection import MilvusOptions
from lingweave.index.milvus.store import MilvusStore, open_milvus

__all__ = ["MilvusAddress", "MilvusOptions", "MilvusStore", "milvus_address", "open_milvus"]
