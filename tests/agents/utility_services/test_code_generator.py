"""Tests of CodeGenerator: what it writes runs; models and GGUF models are asked for the rest."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.utility_services.code_generator import CodeGenerator
from agents.utility_services.code_patterns import Written, defines, parses, unfenced, write_code
from agents.utility_services.code_templates import TEMPLATES
from common.contracts.models import (
    Engine,
    Generation,
    ModelPhase,
    ModelPicture,
    ModelReply,
    ModelsReply,
)
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness

REQUESTS = (  # request, template
    ("write a function that computes the factorial of n", "factorial"),
    ("generate fibonacci numbers", "fibonacci"),
    ("write a function to check if a number is prime", "is_prime"),
    ("all primes up to a limit", "primes"),
    ("implement quicksort", "quicksort"),
    ("sort a list of dictionaries by a key", "sort_dicts"),
    ("write code that sorts numbers", "sort"),
    ("read a csv file", "read_csv"),
    ("save rows to csv", "write_csv"),
    ("a regex that matches email addresses", "emails"),
    ("check whether a word is a palindrome", "palindrome"),
    ("reverse a string", "reverse_string"),
    ("count the words in a text", "count_words"),
    ("remove duplicates from a list", "duplicates"),
    ("a decorator which measures time", "timer"),
    ("binary search in a sorted list", "binary_search"),
    ("create a class Person with name, age and email", "class"),
    ("a dataclass called Book with fields title (str), pages: int, price", "class"),
)


def run(written: Written, folder: Path) -> None:
    """Run the code and its test."""
    names: dict[str, Any] = {}
    exec(compile(f"{written.code}\n\n{written.tests}", "generated", "exec"), names)
    test = next(value for name, value in names.items() if name.startswith("test_"))
    test(*([folder] if inspect.signature(test).parameters else []))


@pytest.mark.parametrize(("request_text", "template"), REQUESTS)
def test_common_requests_give_code_that_runs(
    request_text: str, template: str, tmp_path: Path
) -> None:
    """The right template is found, and its code passes its own test."""
    written = write_code(request_text, None)

    assert written is not None
    assert written.template == template
    run(written, tmp_path)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.key)
def test_every_template_runs_under_any_name(template: Any, tmp_path: Path) -> None:
    """Each template works when its function is called otherwise."""
    written = write_code(f"{template.key.replace('_', ' ')} {template.name}", "renamed")
    text = template.code.replace("NAME", "renamed")
    tests = template.test.replace("NAME", "renamed").replace("\n", "\n    ")
    head = "tmp_path" if "tmp_path" in template.test else ""
    own = Written(
        template.key, "renamed", f"{template.imports}\n{text}",
        f"def test_renamed({head}):\n    {tests}\n",
    )  # fmt: skip

    run(own, tmp_path)
    assert written is None or parses(written.code)


NAMES = st.from_regex(r"[a-z][a-z_]{0,12}", fullmatch=True)


@given(NAMES.map(str.title), st.lists(NAMES, min_size=1, max_size=6))
def test_classes_from_any_fields_parse(name: str, fields: list[str]) -> None:
    """A class is written that parses and has its name, or none is."""
    written = write_code(f"a class {name} with fields {', '.join(fields)}", None)

    assert written is None or defines(written.code, written.name)


@given(st.text(max_size=300))
def test_any_request_gives_code_that_parses_or_none(text: str) -> None:
    """Whatever is asked, no broken code comes out."""
    written = write_code(text, None)

    assert written is None or parses(written.code)


async def test_embedded_code_says_so() -> None:
    """A pattern's reply names the engine and the template; no model was asked."""
    async with AgentHarness(CodeGenerator) as agent:
        found = await agent.call(
            "generate_code", description="factorial", name="fact", with_tests=True
        )

        assert (found.engine, found.template, found.parses) == (Engine.EMBEDDED, "factorial", True)
        assert "def fact(" in found.code
        assert "fact(5) == 120" in found.tests
        assert agent.peers.calls == []


async def test_model_writes_what_no_pattern_does() -> None:
    """A model's code is taken out of its words and read by the parser."""
    async with AgentHarness(CodeGenerator) as agent:
        agent.peers.answer(
            "model_manager_agent", "generate",
            lambda _: Generation(text="Sure:\n```python\nx = (1\n```", engine=Engine.SERVER),
        )  # fmt: skip
        broken = await agent.call("generate_code", description="do something unusual")

        assert (broken.code, broken.engine, broken.parses) == ("x = (1", Engine.SERVER, False)


async def test_no_code_rather_than_talk() -> None:
    """What the embedded model says is no code, and neither is an error."""
    async with AgentHarness(CodeGenerator) as agent:
        away = await agent.call("generate_code", description="do something unusual")
        agent.peers.answer(
            "model_manager_agent", "generate",
            lambda _: Generation(text="Hello!", engine=Engine.EMBEDDED, note="embedded"),
        )  # fmt: skip
        talk = await agent.call("generate_code", description="factorial", language="cobol")

        assert (away.code, talk.code) == ("", "")
        assert "model_manager_agent did not answer" in away.note
        assert "no embedded pattern fits" in talk.note


async def test_generate_answers_as_models_do() -> None:
    """A prompt gets code as text; without a pattern and a model it is refused."""
    async with AgentHarness(CodeGenerator) as agent:
        found = await agent.call("generate", prompt="fibonacci please")
        with pytest.raises(ActionError) as caught:
            await agent.call("generate", prompt="do something unusual")

        assert "def fibonacci" in found.text
        assert caught.value.code is ErrorCode.UNAVAILABLE


async def test_gguf_models_are_forwarded() -> None:
    """Loading, unloading, listing and generating are gguf_model_manager's."""
    picture = ModelPicture(
        model="tiny", backend="gguf_model_manager", phase=ModelPhase.LOADED, memory_mb=10.0
    )
    async with AgentHarness(CodeGenerator) as agent:
        manager = "gguf_model_manager"
        agent.peers.answer(manager, "load_model", lambda _: ModelReply(model=picture))
        agent.peers.answer(manager, "unload_model", lambda _: ModelReply(model=picture))
        agent.peers.answer(manager, "list_models", lambda _: ModelsReply(models=(picture,)))
        agent.peers.answer(manager, "generate_text", lambda _: Generation(text="x"))
        loaded = await agent.call("load_gguf_model", model="tiny")
        unloaded = await agent.call("unload_gguf_model", model="tiny")
        text = await agent.call("generate_with_gguf", prompt="hi")
        status = await agent.call("get_gguf_status")

        assert loaded.model == unloaded.model == picture
        assert text.text == "x"
        assert (status.available, status.loaded, status.memory_mb) == (True, 1, 10.0)


async def test_gguf_manager_away_is_said() -> None:
    """The status says that nobody answers; loading is refused as the peer's absence."""
    async with AgentHarness(CodeGenerator) as agent:
        status = await agent.call("get_gguf_status")
        with pytest.raises(ActionError) as caught:
            await agent.call("load_gguf_model", model="tiny")

        assert not status.available
        assert caught.value.code is ErrorCode.UNAVAILABLE


def test_code_is_taken_out_of_fences() -> None:
    """Blocks are joined; without one the text is the code."""
    assert unfenced("a\n```py\nx\n```\nb\n```\ny\n```") == "x\n\ny"
    assert unfenced(" x = 1 ") == "x = 1"
