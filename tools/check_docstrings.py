"""Find docstrings whose first line is no sentence; `make lint` runs this.

Ruff's D401 refuses a function's docstring that begins with a verb in another form than the imperative, or with a noun
or an article, as far as it knows the word. This check refuses what D401 lets through: first words that make a fragment
("Of a row of `attempts`.") and words that look like a third person, a participle or a plural. Classes and properties
may begin with an article or a noun. Files for which pyproject.toml switches D401 off are not checked here either.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
FRAGMENTS = re.compile(
    r"(after|again|all|also|and|are|as|at|because|before|between|both|but|by|can|down|each|every|everybody|"
    r"everything|for|from|given|has|how|if|in|into|is|its|like|may|must|never|no|nobody|not|nothing|of|on|once|"
    r"one|only|or|out|over|per|ready|same|since|so|somebody|something|than|that|then|they|this|those|through|"
    r"to|two|under|until|up|what|whatever|when|where|whether|which|whichever|while|who|whoever|whose|why|with|"
    r"without)"
)
# These end like a third person or a participle, and are imperatives.
IMPERATIVES = {"bring", "embed", "feed", "focus", "need", "proceed", "seed", "shed", "speed"}
NOT_IMPERATIVE = re.compile(r"a|an|the|`.*|[a-z]+([^s]s|ed|ing)")

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def main() -> int:
    """Print each docstring to mend; return the exit code."""
    unchecked = {path for pattern in _switched_off() for path in ROOT.glob(pattern)}
    complaints = [
        complaint
        for path in sorted((ROOT / "src").rglob("*.py"))
        if path not in unchecked
        for complaint in _complaints(path)
    ]
    for complaint in complaints:
        print(complaint)
    return 1 if complaints else 0


def _switched_off() -> Iterator[str]:
    """Yield the patterns of the files for which pyproject.toml switches D401 off."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    for pattern, rules in settings["tool"]["ruff"]["lint"]["per-file-ignores"].items():
        if "D401" in rules:
            braces = re.search(r"{(.*)}", pattern)
            for choice in braces[1].split(",") if braces else [""]:
                yield re.sub(r"{.*}", choice, pattern).removesuffix("/**") + ("/**/*.py" if "**" in pattern else "")


def _complaints(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, Definition):
            text = ast.get_docstring(node)
            if text and not _begins_well(node, text):
                line = f"{path.relative_to(ROOT)}:{node.lineno}"
                wanted = "a noun or an article" if _names_a_thing(node) else "an imperative verb"
                yield f"{line}: begin the docstring of {node.name} with {wanted}: {text.splitlines()[0]}"


def _begins_well(node: Definition, text: str) -> bool:
    word = re.split(r"[^\w`-]", text, maxsplit=1)[0].lower()
    if _names_a_thing(node):
        return not FRAGMENTS.fullmatch(word)
    return word in IMPERATIVES or not (FRAGMENTS.fullmatch(word) or NOT_IMPERATIVE.fullmatch(word))


def _names_a_thing(node: Definition) -> bool:
    return isinstance(node, ast.ClassDef) or any(
        ast.unparse(decorator).rpartition(".")[2] in {"property", "cached_property"}
        for decorator in node.decorator_list
    )


if __name__ == "__main__":
    sys.exit(main())
