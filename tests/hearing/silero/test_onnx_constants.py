"""Constants out of an ONNX file, without the onnx package."""

from livekit_barge.hearing.silero.network import model_path
from livekit_barge.hearing.silero.onnx_constants import read_constants


def test_each_branch_has_weights_of_its_own():
    at_16k = read_constants(model_path(), "then_branch")
    at_8k = read_constants(model_path(), "else_branch")
    assert at_16k["stft.forward_basis_buffer"].shape == (258, 1, 256)
    assert at_8k["stft.forward_basis_buffer"].shape == (130, 1, 128)


def test_a_branch_that_is_not_there_has_none():
    assert read_constants(model_path(), "no_branch") == {}
