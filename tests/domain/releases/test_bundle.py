import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeship.domain.errors import Refused
from edgeship.domain.releases.bundle import EntryCheck, EntryKind
from edgeship.domain.releases.limits import Limits
from edgeship.domain.releases.paths.bundle_paths import check_path

SMALL = Limits(files=3, file_bytes=100, total_bytes=200, ratio=10)


def refusal(entries: list[tuple[str, EntryKind]], limits: Limits = SMALL) -> str | None:
    check = EntryCheck(limits, packed_bytes=1_000)
    try:
        for name, kind in entries:
            check.admit(name, kind)
        check.finish()
    except Refused as refused:
        return refused.code if refused.reason and refused.remedy else "unexplained"
    return None


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (["widget.js"], None),
        (["./widget.js", "./assets/a.css"], None),
        (["assets/", "assets/a.css"], None),
        ([".well-known/x.json"], None),
        (["widget 2.js"], None),
        ([unicodedata.normalize("NFC", "café.js")], None),
        ([unicodedata.normalize("NFD", "café.js")], None),
        ([unicodedata.normalize(form, "café.js") for form in ("NFC", "NFD")], "path_duplicate"),
        ([unicodedata.normalize(form, "CAFÉ/a.js") for form in ("NFC", "NFD")], "path_duplicate"),
        (["/etc/passwd"], "path_unsafe"),
        (["C:\\x.js"], "path_unsafe"),
        (["../x.js"], "path_unsafe"),
        (["a/../x.js"], "path_unsafe"),
        (["./../x.js"], "path_unsafe"),
        (["a//x.js"], "path_invalid"),
        (["a/./x.js"], "path_invalid"),
        (["a\\x.js"], "path_invalid"),
        (["a\x00.js"], "path_invalid"),
        (["a\n.js"], "path_invalid"),
        (["a\u202e.js"], "path_invalid"),
        (["\udcff.js"], "path_invalid"),
        (["a?b.js"], "path_invalid"),
        (["a%2e.js"], "path_invalid"),
        (["c++.js"], "path_invalid"),
        (["x" * 513], "path_invalid"),
        (["manifest.json", "Manifest.JSON"], "path_duplicate"),
        (["sub/manifest.json"], None),
        (["a.js", "a.js"], "path_duplicate"),
        (["a.js", "./a.js"], "path_duplicate"),
        (["a.js", "A.js"], "path_duplicate"),
        (["straße.js", "STRASSE.js"], "path_duplicate"),
        (["a", "a/b.js"], "path_duplicate"),
        (["a/b.js", "a"], "path_duplicate"),
        (["a/b.js", "A"], "path_duplicate"),
        (["1.js", "2.js", "3.js", "4.js"], "too_many_files"),
        ([], "empty"),
        (["a.map"], "empty"),
        (["edgeship.json"], "empty"),
        (["a.test.js"], "empty"),
    ],
)
def test_paths(names: list[str], code: str | None) -> None:
    assert refusal([(name, "directory" if name.endswith("/") else "file") for name in names]) == code


@pytest.mark.parametrize("kind", ["symlink", "hard_link", "device"])
def test_only_regular_files(kind: EntryKind) -> None:
    assert refusal([("a.js", "file"), ("b.js", kind)]) == "entry_kind"


def test_the_root_folder_is_no_entry() -> None:
    assert refusal([("./", "directory"), ("./a.js", "file")]) is None
    assert refusal([(".", "directory"), ("./a.js", "file")]) is None


@pytest.mark.parametrize(
    ("sizes", "packed", "code"),
    [
        ([100, 100], 1_000, None),
        ([101], 1_000, "file_too_large"),
        ([100, 100, 1], 1_000, "bundle_too_large"),
    ],
)
def test_sizes(sizes: list[int], packed: int, code: str | None) -> None:
    check = EntryCheck(SMALL, packed_bytes=packed)
    seen = None
    try:
        for number, size in enumerate(sizes):
            check.admit(f"{number}.js", "file", size)
    except Refused as refused:
        seen = refused.code
    assert seen == code


def test_ratio_counts_above_a_mebibyte_only() -> None:
    limits = Limits(ratio=100)
    mebibyte = 1024 * 1024
    check = EntryCheck(limits, packed_bytes=10)
    check.admit("a.js", "file", mebibyte)
    with pytest.raises(Refused) as refused:
        check.admit("b.js", "file", 1)
    assert refused.value.code == "ratio_too_high"
    normal = EntryCheck(limits, packed_bytes=mebibyte)
    normal.admit("a.js", "file", 20 * mebibyte)


def test_the_uploaders_manifest_counts_neither_as_a_file_nor_to_the_bytes() -> None:
    check = EntryCheck(SMALL, packed_bytes=1_000)
    for number in range(3):
        check.admit(f"{number}.js", "file", 66)
    check.admit("edgeship.json", "file", 1_000)
    with pytest.raises(Refused) as refused:
        EntryCheck(SMALL, packed_bytes=1_000).admit("edgeship.json", "file", SMALL.declaration_bytes + 1)
    assert refused.value.code == "declaration_invalid"


def test_folders_and_entries_are_counted() -> None:
    deep = "/".join("abcdefghij"[n % 10] for n in range(20)) + "/x.js"
    assert refusal([(deep, "file")]) == "too_many_files"
    assert refusal([("a/", "directory")] * 8) == "too_many_files"
    assert refusal([("a/", "directory"), ("a/b/", "directory"), ("a/b/c.js", "file")]) is None


@given(st.text(max_size=30))
def test_an_admitted_path_stays_inside_and_survives_a_url(name: str) -> None:
    try:
        path = check_path(name)
    except Refused:
        return
    assert path == unicodedata.normalize("NFC", name)
    assert check_path(path) == path
    assert not path.startswith("/")
    assert all(part not in ("", ".", "..") for part in path.split("/"))
    assert not set(path) & set("?#%\\")
