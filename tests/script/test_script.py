import pytest

from livekit_barge.errors import ScriptError
from livekit_barge.script.script import Script, caller_line, shipped_scripts

LINE = {"say": "Stop, please.", "at": "in mid-word"}
SCRIPT = {"agent": ["One."], "caller": [LINE]}


def parse(**changes):
    return Script.parse({**SCRIPT, **changes}, name="mine", where="mine.yaml")


class TestAFile:
    @pytest.mark.parametrize("name", shipped_scripts())
    def test_each_shipped_script_has_a_summary_and_a_label_to_be_judged_by(self, name):
        script = Script.load(name)
        assert script.summary
        assert any(line.expect for line in script.caller)

    def test_a_clip_lies_beside_the_script(self, tmp_path):
        file = tmp_path / "mine.yaml"
        file.write_text("agent: [One.]\ncaller: [{wav: a.wav, at: in mid-word}]\n")
        (tmp_path / "a.wav").touch()
        assert Script.load(file).caller[0].wav == tmp_path / "a.wav"
        assert Script.load(file).name == "mine"

    @pytest.mark.parametrize(
        ("content", "complaint"),
        [
            ("agent: [", "not YAML"),
            ("- 1", r"\[1\] is not a mapping of keys – give agent, caller"),
            ("agent: [Hi.]", "no caller – give caller"),
            (
                "agent: 2020-13-45",
                r"mine.yaml:1: '2020-13-45' cannot be read as timestamp – fix it",
            ),
            (
                "\nagent: " + 5_000 * "9",
                r"mine.yaml:2: a value is too long – put text in quotes",
            ),
            ("agent: 0x" + 5_000 * "f", "mine.yaml:1: a value is too long"),
            ("agent: !!bool maybe", "'maybe' cannot be read as bool"),
            ("agent: " + 3_000 * "[", "mine.yaml: nested too deeply – fix it"),
            ("voice: joe\nagent: [Hi.]\nvoice: joe", r"mine.yaml:3: voice is given twice – keep"),
            ("caller: [{say: Hi, expect: hold, expect: yield}]", "expect is given twice"),
        ],
    )
    def test_what_it_does_not_hold_is_said_in_one_line_with_the_file(
        self, tmp_path, content, complaint
    ):
        file = tmp_path / "mine.yaml"
        file.write_text(content)
        with pytest.raises(ScriptError, match=complaint) as raised:
            Script.load(file)
        assert str(raised.value).startswith(str(file))
        assert "\n" not in str(raised.value)

    def test_a_key_over_a_merged_one_is_not_given_twice(self, tmp_path):
        file = tmp_path / "mine.yaml"
        file.write_text(
            "agent: [One.]\ncaller:\n"
            "  - &one {say: One., at: in mid-word}\n"
            "  - &two {<<: *one, say: Two.}\n"
            "  - {<<: *two, say: Three.}\n"
        )
        assert [line.text for line in Script.load(file).caller] == ["One.", "Two.", "Three."]

    def test_a_file_that_is_not_there(self, tmp_path):
        with pytest.raises(ScriptError, match=r"none\.yaml: No such file .* – check the path"):
            Script.load(tmp_path / "none.yaml")

    def test_an_unknown_name_is_answered_with_the_shipped_ones(self):
        with pytest.raises(ScriptError, match=r"there is no script erly – did you mean early\?"):
            Script.load("erly")


class TestKeys:
    @pytest.mark.parametrize(
        ("changes", "complaint"),
        [
            ({"agnet": ["x"]}, "mine.yaml: no key is called agnet – did you mean agent?"),
            ({"agent": []}, r"mine.yaml: agent is \[\] – list what the agent says"),
            ({"agent": "One."}, "list what the agent says, a line each"),
            ({"agent": ["..."]}, "write words"),
            ({"agent": [False]}, r"agent is \[False\] – put it in quotes"),
            ({"caller": [{**LINE, "say": True}]}, "say is True – put it in quotes"),
            ({"caller": [{**LINE, "say": 24}]}, "say is 24 – put it in quotes"),
            ({"voice": "bob"}, "voice is 'bob' – one of joe, joe-high"),
            ({"caller": {}}, "list what the caller says"),
            ({"caller": [LINE, {"say": "Hm"}]}, "mine.yaml: caller 2: no at – give at"),
            ({"caller": ["mm-hm"]}, "caller 1: 'mm-hm' is not a mapping of keys – give at"),
            (
                {"caller": [{"at": "in mid-word"}]},
                "caller 1: a line needs exactly one of say, wav and sound",
            ),
            ({"caller": [{**LINE, "wav": "a.wav"}]}, "exactly one of say, wav and sound"),
            ({"caller": [{**LINE, "text": "Stop"}]}, "caller 1: text is only for wav"),
            ({"caller": [{**LINE, "at": "soon"}]}, "caller 1: at is 'soon' – one of: after the"),
            ({"caller": [{**LINE, "expect": "stop"}]}, "expect is 'stop' – one of yield, hold"),
            ({"caller": [{**LINE, "gain_db": "loud"}]}, "gain_db is 'loud' – give decibels"),
            ({"caller": [{**LINE, "gain_db": 90}]}, "between -60 and 20"),
        ],
    )
    def test_one_that_cannot_be_used_is_named_with_its_place(self, changes, complaint):
        with pytest.raises(ScriptError, match=complaint):
            parse(**changes)

    def test_what_is_not_given_has_its_default(self):
        script = parse()
        assert script.voice != script.agent_voice
        line = script.caller[0]
        assert (line.expect, line.voice, line.gain_db) == (None, None, 0.0)


class TestALineInAProgram:
    def test_it_takes_the_keys_of_a_file(self):
        line = caller_line("mm-hm", "in mid-word", "hold", gain_db=-6)
        assert (line.text, line.expect, line.gain_db) == ("mm-hm", "hold", -6.0)

    def test_a_mistake_names_the_line(self):
        with pytest.raises(ScriptError, match="the line 'mm-hm': at is 'never' – one of"):
            caller_line("mm-hm", "never")


class TestWhatMayStandInALine:
    def test_a_sound_by_its_name_and_seed(self):
        line = parse(caller=[{"sound": "cough", "seed": 7, "at": "in mid-word"}]).caller[0]
        assert (line.sound, line.seed, line.text) == ("cough", 7, None)

    def test_a_kind_of_what_is_to_be_held_through(self):
        line = {"say": "mm-hm", "at": "in mid-word", "expect": "hold", "kind": "backchannel"}
        assert parse(caller=[line]).caller[0].kind == "backchannel"

    def test_words_that_the_recogniser_does_not_hear(self):
        assert not parse(caller=[LINE | {"heard": False}]).caller[0].heard

    @pytest.mark.parametrize(
        ("line", "complaint"),
        [
            ({"sound": "sneeze", "at": "in mid-word"}, "sound is 'sneeze' – one of cough"),
            ({"wav": "gone.wav", "at": "in mid-word"}, "caller 1: there is no file gone.wav"),
            ({"sound": {"a": "b"}, "at": "in mid-word"}, "sound is {'a': 'b'} – one of cough"),
            (LINE | {"kind": "cough"}, "kind is only for expect: hold"),
            (LINE | {"sound": "cough"}, "exactly one of say, wav and sound"),
        ],
    )
    def test_a_mistake_is_named(self, line, complaint):
        with pytest.raises(ScriptError, match=complaint):
            parse(caller=[line])


class TestWhatMayStandInACall:
    def test_a_protected_line_of_the_agent_s(self):
        script = parse(agent=["One.", {"protected": "Two."}])
        assert (script.agent, script.protected) == (("One.", "Two."), frozenset({1}))

    def test_conditions(self):
        around = parse(
            conditions={
                "noise": {"kind": "babble", "snr_db": 10},
                "echo": {"level_db": -26},
                "phone": {"loss_percent": 2},
            }
        ).surroundings
        assert (around.noise.kind, around.echo.delay_s, around.phone.loss) == ("babble", 0.12, 0.02)

    @pytest.mark.parametrize(
        ("conditions", "complaint"),
        [
            ({"noise": {"snr": 3}}, "conditions: noise: no snr_db"),
            ({"echo": {"level_db": 3}}, "level_db is 3 – give decibels of 0 or less"),
            ({"phon": {}}, "no key is called phon – did you mean phone"),
        ],
    )
    def test_a_mistake_in_them_is_named(self, conditions, complaint):
        with pytest.raises(ScriptError, match=complaint):
            parse(conditions=conditions)
