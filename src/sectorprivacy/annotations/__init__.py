"""MARKS ON FIELDS and reading them: Personal, SubjectId, NotPersonal, @personal; FieldMap is what they say together.

A mark alone changes nothing about validation or types. Reading is fail-closed: a field of a declared model that
carries no mark is an error with its path.
"""

from sectorprivacy.annotations._fields import Field, FieldMap, read_fields
from sectorprivacy.annotations._marks import NotPersonal, Personal, SubjectId, personal

__all__ = ["Field", "FieldMap", "NotPersonal", "Personal", "SubjectId", "personal", "read_fields"]
