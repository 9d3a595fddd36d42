"""The memory limit is the one that was set, else a share of what is free."""

from __future__ import annotations

import sys

import pytest
import torch

from napari_fidelity.inference.settings import ComputeSettings
from napari_fidelity.inference.working_memory import SHARE, UNKNOWN_BYTES, count_working_bytes

CPU = torch.device("cpu")


def test_a_limit_is_kept():
    assert count_working_bytes(ComputeSettings(memory_limit_gb=1.5), CPU) == 1_500_000_000


@pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's own numbers")
def test_without_one_it_is_a_share_of_what_linux_calls_available():
    with open("/proc/meminfo") as file:
        total = int(file.readline().split()[1]) * 1024
    found = count_working_bytes(ComputeSettings(), CPU)
    assert 0 < found <= SHARE * total


def test_a_system_that_tells_nothing_gets_a_careful_number(monkeypatch):
    def fail(_):
        raise ValueError("unrecognized configuration name")

    monkeypatch.setattr("pathlib.Path.is_file", lambda _: False)
    monkeypatch.setattr("os.sysconf", fail, raising=False)
    assert count_working_bytes(ComputeSettings(), CPU) == int(SHARE * UNKNOWN_BYTES)
