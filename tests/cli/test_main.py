"""The program itself: help, mistakes, interrupts, speed."""

import logging
import subprocess
import sys
import warnings

import pytest

from napari_fidelity import __version__
from napari_fidelity.cli.catalog import COMMANDS
from napari_fidelity.cli.main import main
from napari_fidelity.cli.spec import CommandSpec
from napari_fidelity.core.catalog import Catalog
from napari_fidelity.core.errors import UserError
from napari_fidelity.imageio import ReadWarning


def make_commands(action):
    command = CommandSpec("do", "does it", lambda _: None, action)
    return Catalog("command", [command])


def raise_it(error):
    def action(_arguments):
        raise error

    return make_commands(action)


def test_help_lists_every_command(run):
    outcome = run("--help")
    assert outcome.code == 0
    for key, command in COMMANDS.items():
        assert f"  {key}" in outcome.out
        assert command.help in outcome.out


@pytest.mark.parametrize("key", list(COMMANDS))
def test_every_command_has_help(run, key):
    outcome = run(key, "--help")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith(f"usage: napari-fidelity {key}")


def test_the_version_is_told(run):
    assert run("--version") == (0, f"napari-fidelity {__version__}\n", "")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "Which command? Choose one of synthesize, assess, "),
        (["--debug"], "Which command?"),
        (["paint"], "There is no command 'paint': choose one of synthesize"),
        (["--paint"], "Unrecognized arguments: --paint: see napari-fidelity --help."),
        (["rerun"], "The following arguments are required: FILE, -o/--output"),
        (["rerun", "a.tif", "--seed", "1"], "The following arguments are required"),
        (["models"], "The following arguments are required: list|show|verify"),
        (["models", "paint"], "invalid choice: 'paint'"),
        (["models", "list", "--format", "xml"], "invalid choice: 'xml'"),
    ],
)
def test_mistakes_in_the_words_are_one_sentence(refuse, words, sentence):
    assert sentence in refuse(*words)


@pytest.mark.parametrize("is_debug", [False, True])
def test_what_readers_leave_unread_is_told_to_developers_alone(caplog, is_debug):
    def lament(_arguments):
        logging.getLogger("asyncio").error("Task was destroyed but it is pending!")
        return 0

    with caplog.at_level(logging.ERROR, "asyncio"):
        assert main(["--debug"] * is_debug + ["do"], make_commands(lament)) == 0
    assert bool(caplog.records) == is_debug


def test_an_interrupt_ends_with_130(capsys):
    assert main(["do"], raise_it(KeyboardInterrupt())) == 130
    assert capsys.readouterr().err == "Stopped.\n"


def test_a_users_mistake_ends_with_2(capsys):
    assert main(["do"], raise_it(UserError("Pick another: 3 is too many."))) == 2
    assert capsys.readouterr().err == "Pick another: 3 is too many.\n"


def test_a_mistake_of_the_program_ends_with_1_and_one_sentence(capsys):
    commands = raise_it(ZeroDivisionError("of\nno use"))
    assert main(["do"], commands) == 1
    assert (
        capsys.readouterr().err
        == "Unexpected ZeroDivisionError: of no use (--debug for details).\n"
    )
    for words in (["do", "--debug"], ["--debug", "do"]):
        assert main(words, commands) == 1
        assert "Traceback" in capsys.readouterr().err


def test_the_code_of_the_command_is_returned():
    assert main(["do"], make_commands(lambda _: 7)) == 7


def test_what_concerns_a_file_is_a_note_on_stderr(capsys):
    def action(_arguments):
        warnings.warn("a.tif holds 2 images.", ReadWarning, stacklevel=1)
        return 0

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        assert main(["do"], make_commands(action)) == 0
    assert capsys.readouterr() == ("", "Note: a.tif holds 2 images.\n")


def test_other_warnings_look_as_always(capsys):
    def action(_arguments):
        warnings.warn("odd", RuntimeWarning, stacklevel=1)
        return 0

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        main(["do"], make_commands(action))
    assert "RuntimeWarning: odd" in capsys.readouterr().err


HEAVY = "[m for m in ('torch', 'napari', 'qtpy', 'matplotlib') if m in sys.modules]"


@pytest.mark.parametrize("words", [["--help"], ["assess", "--help"], ["models", "--help"]])
def test_help_waits_for_nothing_heavy(words):
    program = (
        "import sys; from napari_fidelity.cli.main import main; "
        f"assert main({words!r}) == 0; loaded = {HEAVY}; assert not loaded, loaded"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)


def test_a_reader_that_has_seen_enough_is_no_accident():
    program = (
        "import sys; from napari_fidelity.cli.main import main; "
        "sys.exit(main(['assess', '--help']))"
    )
    command = f'{sys.executable} -c "{program}" | head -1'
    done = subprocess.run(["bash", "-c", command], check=True, capture_output=True, text=True)
    assert done.stderr == ""
    assert done.stdout.startswith("usage: napari-fidelity assess")
