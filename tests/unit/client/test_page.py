"""The page that explains the client keeps up with the code."""

import ast
import re
from pathlib import Path

import pytest

from erpnext_connector.client.verbs import Verbs

PAGE = (Path(__file__).parents[3] / "docs" / "client.md").read_text(encoding="utf-8")
VERBS = [name for name in vars(Verbs) if not name.startswith("_")]
OLD_NAMES = (
    "get_list get get_value insert insert_many set_value bulk_update submit cancel delete rename_doc set_default "
    "add_assign_to FrappeOAuth2Client"
)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_an_example(verb):
    assert re.search(rf"client\.{verb}\(", PAGE)


@pytest.mark.parametrize("name", OLD_NAMES.split())
def test_every_name_of_2017_is_in_the_migration_table(name):
    table = PAGE.partition("## Coming from")[2]
    assert re.search(rf"^\|[^|]*`{name}\(", table, re.MULTILINE)


@pytest.mark.parametrize("block", re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL))
def test_examples_are_python(block):
    compile(block, "docs/client.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
