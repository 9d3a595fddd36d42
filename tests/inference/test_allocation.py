import platform

import pytest

from napari_fidelity.inference.allocation import keep_freed_memory


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other libraries have no mallopt")
def test_glibc_takes_the_thresholds():
    assert keep_freed_memory()


def test_elsewhere_nothing_is_asked_of_the_library(monkeypatch):
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    assert not keep_freed_memory.__wrapped__()
