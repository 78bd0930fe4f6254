"""MARKS ON FIELDS and reading them: Personal, SubjectId, NotPersonal, @personal; FieldMap is what they say together.

A mark alone changes nothing about validation or types. Reading is fail-closed: a field of a declared model that
carries no mark is an error with its path.
"""

from sectorprivacy.annotations._fields import Field, FieldMap
from sectorprivacy.annotations._marks import Mark, NotPersonal, Personal, SubjectId, mark, personal
from sectorprivacy.annotations._models import read_models, sift_models
from sectorprivacy.annotations._reading import read_fields
from sectorprivacy.annotations._sealing import refuse_local_index

__all__ = [
    "Field",
    "FieldMap",
    "Mark",
    "NotPersonal",
    "Personal",
    "SubjectId",
    "mark",
    "personal",
    "read_fields",
    "read_models",
    "refuse_local_index",
    "sift_models",
]
