"""A parcel gives back what was put in, and nothing where a byte of it is another."""

from __future__ import annotations

from pathlib import Path

import pytest

from baohao.outside import parcel

NAMES = frozenset({"a", "b"})


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    made = {name: tmp_path / f"{name}-in" for name in NAMES}
    # Longer than a piece, and no multiple of one.
    made["a"].write_bytes(bytes(range(256)) * 9_000)
    made["b"].write_bytes(b"short")
    return made


@pytest.mark.parametrize("passphrase", ["", "under the third plank"])
def test_what_is_put_in_comes_out(files: dict[str, Path], tmp_path: Path, passphrase: str) -> None:
    file, out = tmp_path / "parcel", tmp_path / "out"
    out.mkdir()
    parcel.pack({**files, "c": files["b"]}, file, passphrase)
    assert parcel.is_closed(file) == bool(passphrase)
    assert sorted(parcel.unpack(file, out, NAMES, passphrase)) == ["a", "b"]
    for name, source in files.items():
        assert (out / name).read_bytes() == source.read_bytes()
    # What nobody asked for is left in it.
    assert not (out / "c").exists()


def test_a_parcel_that_was_changed_or_cut_opens_to_nobody(
    files: dict[str, Path], tmp_path: Path
) -> None:
    file, out = tmp_path / "parcel", tmp_path / "out"
    out.mkdir()
    parcel.pack(files, file, "plank")
    whole = file.read_bytes()
    piece = parcel.PIECE_BYTES + parcel.TAG_BYTES
    head = len(parcel.HEAD) + parcel.SALT_BYTES
    first, second = whole[head : head + piece], whole[head + piece : head + 2 * piece]
    broken = {
        "a byte": whole[:-40] + bytes([whole[-40] ^ 1]) + whole[-39:],
        "cut between pieces": whole[: head + piece],
        "two pieces changed about": whole[:head] + second + first + whole[head + 2 * piece :],
    }
    for how, content in broken.items():
        file.write_bytes(content)
        with pytest.raises(parcel.WrongPassphrase):
            parcel.unpack(file, out, NAMES, "plank")
        assert how
    file.write_bytes(whole)
    with pytest.raises(parcel.WrongPassphrase):
        parcel.unpack(file, out, NAMES, "blank")
    with pytest.raises(parcel.ParcelClosed):
        parcel.unpack(file, out, NAMES, "")
    file.write_bytes(b"no tar at all" * 99)
    with pytest.raises(parcel.ParcelUnfit):
        parcel.unpack(file, out, NAMES, "")
