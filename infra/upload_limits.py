"""The option that sets what an upload may hold."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from edgeship.domain.releases.limits import DEFAULT_LIMITS, MAX_FILE_MIB, MAX_FILES, MIB, Limits


def parts_of(value: object) -> object:
    """`-c upload_limits=files:8000,file_mib:200` is a string; a context file may hold an object."""
    if not isinstance(value, str):
        return value
    parts = [part.partition(":") for part in value.split(",") if part.strip()]
    names = [name.strip() for name, _, _ in parts]
    if len(set(names)) != len(names) or not all(colon for _, colon, _ in parts):
        raise ValueError("is not NAME:NUMBER with commas between, each name once")
    return {name: number.strip() for name, (_, _, number) in zip(names, parts, strict=True)}


class UploadLimits(BaseModel):
    """What a bundle may hold. The rest follows: see `Limits.chosen`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    files: int = Field(DEFAULT_LIMITS.files, ge=1, le=MAX_FILES)
    file_mib: int = Field(DEFAULT_LIMITS.file_bytes // MIB, ge=1, le=MAX_FILE_MIB)

    @property
    def limits(self) -> Limits:
        return Limits.chosen(self.files, self.file_mib)
