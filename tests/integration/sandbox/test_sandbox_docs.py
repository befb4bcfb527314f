"""The code of docs/sandbox.md works as it stands there."""

import re
from pathlib import Path

from erpnext_connector.sandbox import records

PAGE = Path(__file__).parents[3] / "docs" / "sandbox.md"


def test_the_code_of_the_page_runs():
    known = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL):
        exec(block, known)
    assert set(known["known"]["clients"]["My app"]) == {"client_id", "client_secret"}
    assert records.read(known["site"], "User", "sales@example.com")["enabled"] == 0
    known["site"].db.close()
