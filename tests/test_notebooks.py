"""The notebooks teach what is true: twins agree, exercises fail with a hint before and pass with their solution.

They run here in one IPython shell each, where warnings are errors; ``make test`` also runs them in Jupyter (nbmake).
"""

import ast
import re
import runpy
import warnings
from pathlib import Path

import nbformat
import numpy as np
import pytest

FOLDER = Path(__file__).parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("[0-9][0-9]_*.ipynb"))
NAMES = [path.stem for path in NOTEBOOKS]
PYTHON = re.compile(r"```python\n(.*?)```", re.DOTALL)


def tagged(cell, tag):
    return tag in cell.metadata.get("tags", [])


def read(path):
    return nbformat.read(path, as_version=4)


def test_there_are_twelve_each_with_its_twin_and_its_checks():
    assert [name[:2] for name in NAMES] == [f"{k:02d}" for k in range(1, 13)]
    assert [f"{name[3:]}.py" for name in sorted(NAMES, key=lambda name: name[3:])] == sorted(
        path.name for path in (FOLDER / "checks").glob("[a-z]*.py")
    )
    assert [path.stem for path in sorted(FOLDER.glob("[0-9][0-9]_*.py"))] == NAMES


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_a_notebook_is_what_its_twin_says_without_outputs(path):
    made = runpy.run_path(str(FOLDER / "pair.py"))["notebook"](path.with_suffix(".py"))
    assert path.read_text(encoding="utf-8") == made, "run: python notebooks/pair.py"
    for cell in read(path).cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_exercises_give_a_hint_before_and_pass_with_the_solution(path, monkeypatch, tmp_path):
    shell = new_shell(monkeypatch, tmp_path)
    cells = read(path).cells
    exercises = 0
    for k, cell in enumerate(cells):
        if cell.cell_type != "code":
            continue
        if not tagged(cell, "check"):
            run(shell, cell.source)
            continue
        exercises += 1
        assert cells[k - 1].cell_type == "code", "the cell before a check is the exercise"
        assert cells[k - 1].source.startswith(f"# Exercise {exercises} ("), "exercises are numbered and graded"
        before = run(shell, cell.source)
        assert before.state == "open", before
        assert "Hint" in before.text
        assert len(before.text) > 30
        assert tagged(cells[k + 1], "solution")
        (solution,) = PYTHON.findall(cells[k + 1].source)
        run(shell, solution)
        after = run(shell, cell.source)
        assert after.state == "right", after
        for wrong in spoiled(shell, cell.source):
            assert wrong.state == "wrong", f"a wrong answer passed: {cell.source}"
            assert len(wrong.text) > 15
    assert exercises >= 3
    shell.run_cell("import matplotlib.pyplot as plt; plt.close('all')")


def new_shell(monkeypatch, tmp_path):
    """An IPython shell in the folder of the notebooks that leaves nothing behind."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    class Shell(InteractiveShell):
        def enable_gui(self, gui=None):
            """No window: %matplotlib inline asks for none."""

    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    monkeypatch.chdir(FOLDER)
    monkeypatch.syspath_prepend(str(FOLDER))
    settings = Config()
    settings.HistoryManager.enabled = False
    settings.InteractiveShell.colors = "nocolor"
    return Shell(config=settings)


def run(shell, source):
    """What the last expression of a cell gives; any error and any warning fails."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = shell.run_cell(source)
    error = result.error_before_exec or result.error_in_exec
    if error is not None:
        raise AssertionError(f"{type(error).__name__}: {error}\nin the cell\n{source}") from error
    return result.result


def spoiled(shell, source):
    """Verdicts on the right answers with each number, array, text or function in them changed in turn."""
    call = ast.parse(source).body[-1].value
    check = eval(ast.unparse(call.func), shell.user_ns)
    answers = [eval(ast.unparse(argument), shell.user_ns) for argument in call.args]
    assert answers
    for k, answer in enumerate(answers):
        yield check(*answers[:k], spoil(answer), *answers[k + 1 :])


def spoil(answer):
    if isinstance(answer, (bool, np.bool_)):
        return not answer
    if callable(answer):
        return lambda *args, **kwargs: spoil(answer(*args, **kwargs))
    if isinstance(answer, dict):
        return {key: spoil(value) for key, value in answer.items()}
    if isinstance(answer, (tuple, list)):
        return type(answer)(spoil(part) for part in answer)
    if isinstance(answer, (int, float, complex, np.number, np.ndarray)):
        return answer * 1.5 + 1
    return "nonsense"


def test_a_check_says_open_wrong_and_right_and_never_raises(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    from checks import exercise, expect

    @exercise
    def twice(double):
        """What is two times a number?"""
        expect(double(3.0) == 6.0, "Try it with 3 & 4.")
        return "That was it."

    verdicts = [twice(...), twice(lambda x: ...), twice(lambda x: x), twice(lambda x: x / 0), twice(lambda x: 2 * x)]
    assert [verdict.state for verdict in verdicts] == ["open", "open", "wrong", "wrong", "right"]
    assert "What is two times a number?" in repr(verdicts[0])
    assert "ZeroDivisionError" in verdicts[3].text
    assert "Try it with 3 &amp; 4." in verdicts[2]._repr_html_()
