"""``livekit-barge room`` and ``join`` without a room: what is called, and what is printed."""

import asyncio
import dataclasses
import sys

import pytest

from livekit_barge.call.events import CallerLinked, ImpairedLink, to_line
from livekit_barge.cli import app
from livekit_barge.errors import RoomError
from livekit_barge.measure.measure_call import measure_call
from livekit_barge.room.link import Link
from livekit_barge.script.played_call import PlayedCall
from tests.measure.known import write_call

LINK = ImpairedLink(
    at_s=9.0,
    loss=0.05,
    delay_s=0.05,
    jitter_s=0.0,
    seed=1,
    to_server={"packets": 10, "octets": 1_000, "lost": 1, "late_s": 0.0},
    to_caller={"packets": 20, "octets": 2_000, "lost": 0, "late_s": 0.0},
    paths={"publisher": "udp 127.0.0.1:4000"},
    crossed=True,
)


@pytest.fixture
def strict(tmp_path):
    """A file by whose limits every yield is late."""
    (tmp_path / "strict.toml").write_text("[judging]\nyield_within_s = 0.001")
    return tmp_path / "strict.toml"


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """``run(ARGUMENTS)``: exit code, output, and the calls that were made."""
    made = []

    async def call_room(script, dial, *, calls_dir, link, limits):
        made.append((script.name, dial, link))
        if dial.room.startswith("nobody") and dial.room.endswith("1"):
            raise RoomError("no agent was heard", where=dial.room)
        await asyncio.sleep(0.01)
        call = write_call(calls_dir / dial.room)
        with (call.path / "events.jsonl").open("a") as events:
            for event in (LINK, CallerLinked(at_s=9.5, kind=dial.kind)):
                events.write(to_line(event) + "\n")
        return PlayedCall(tuple(measure_call(call, limits)), (), (), 10.0, call.path)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["livekit-barge", "room", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            app.main()
        printed = capsys.readouterr()
        return ended.value.code or 0, printed.out + printed.err, made

    monkeypatch.setattr("livekit_barge.room.caller.call_room", call_room)
    monkeypatch.setenv("LIVEKIT_API_KEY", "key")
    monkeypatch.setenv("LIVEKIT_API_SECRET", "secret")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("LIVEKIT_URL", "ws://127.0.0.1:7880")
    monkeypatch.chdir(tmp_path)
    return run


def test_a_call_is_printed_with_its_turns_and_the_recorders_lag(run):
    code, printed, [(script, dial, link)] = run("--room", "lobby")
    assert code == 0
    assert "yielded" in printed
    assert "note: longest lag of the recorder: 0 ms" in printed
    assert (script, dial.url, dial.room) == ("front-desk", "ws://127.0.0.1:7880", "lobby")
    assert (dial.kind, link) == ("standard", None)


def test_a_bad_link_is_put_before_the_call_and_its_proof_is_printed(run):
    _, printed, [(_, _, link)] = run(
        "--loss", "5", "--delay", "50ms", "--jitter", "10ms", "--link-seed", "4"
    )
    assert link == Link(loss=0.05, delay_s=0.05, jitter_s=0.01, seed=4)
    assert "all media crossed it, by UDP" in printed


def test_a_link_that_no_network_has_is_one_line(run):
    code, printed, made = run("--delay", "50")
    assert (code, made) == (2, [])
    assert printed == "livekit-barge: --delay: '50' is not a time – write it as 50ms or 0.05s\n"


def test_a_caller_can_come_as_from_the_telephone_and_is_labelled(run):
    _, printed, [(_, dial, _)] = run("--room", "lobby", "--kind", "sip")
    assert dial.kind == "sip"
    assert "lobby (the caller is a sip participant)" in printed


def test_a_call_is_judged_by_limits_of_one_s_own(run, strict):
    _, printed, _ = run("--room", "lobby", "--limits", strict)
    assert "late" in printed
    assert "yielded" not in printed


def test_several_callers_have_a_room_each(run):
    code, printed, made = run("--room", "lobby", "--callers", "3")
    assert code == 0
    assert [dial.room for _, dial, _ in made] == ["lobby-1", "lobby-2", "lobby-3"]
    assert printed.count("longest lag") == 3


def test_without_a_room_each_call_gets_a_new_one(run):
    run()
    _, _, made = run()
    assert len({dial.room for _, dial, _ in made}) == 2


def test_a_call_that_fails_is_one_line_after_all_have_ended(run, tmp_path):
    code, printed, _ = run("--room", "nobody", "--callers", "2")
    assert code == 2
    assert (tmp_path / "calls" / "nobody-2").exists()
    assert printed == "livekit-barge: nobody-1: no agent was heard\n"


def test_a_missing_key_is_one_line_before_anybody_is_called(run, monkeypatch):
    monkeypatch.delenv("LIVEKIT_API_SECRET")
    code, printed, made = run()
    assert (code, made) == (2, [])
    assert "not set: LIVEKIT_API_SECRET" in printed


@pytest.fixture
def join(monkeypatch, capsys):
    """``join(CALLER, AGENT)``: exit code and output."""

    def join(*folders):
        monkeypatch.setattr(sys, "argv", ["livekit-barge", "join", *map(str, folders)])
        monkeypatch.setenv("COLUMNS", "200")
        with pytest.raises(SystemExit) as ended:
            app.main()
        printed = capsys.readouterr()
        return ended.value.code or 0, printed.out + printed.err

    return join


def as_caller(call):
    """The same call, as if it had been recorded at the caller's end."""
    meta = dataclasses.replace(call.meta, capture_point="caller")
    (call.path / "call.json").write_text(meta.to_json())
    return call.path


def test_join_prints_where_the_time_goes_and_how_to_read_it(join, tmp_path):
    caller, agent = as_caller(write_call(tmp_path / "c")), write_call(tmp_path / "a").path
    code, printed = join(caller, agent)
    assert code == 0
    assert "by the host's clock" in printed
    assert "way in + detection + stopping + way out = time to yield at the caller" in printed


def test_join_judges_by_limits_of_one_s_own(join, tmp_path, strict, monkeypatch):
    caller, agent = as_caller(write_call(tmp_path / "c")), write_call(tmp_path / "a").path
    assert "yielded" in join(caller, agent)[1]
    monkeypatch.setenv("BARGE_LIMITS", str(strict))
    assert "late" in join(caller, agent)[1]


def test_join_with_the_folders_in_the_wrong_order_is_one_line(join, tmp_path):
    caller, agent = as_caller(write_call(tmp_path / "c")), write_call(tmp_path / "a").path
    code, printed = join(agent, caller)
    assert code == 2
    assert "give the caller's folder first, then the agent's" in printed
    assert len(printed.splitlines()) == 1
