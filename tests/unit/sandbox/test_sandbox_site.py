import time
from pathlib import Path

import pytest

from erpnext_connector.sandbox.data import Dataset
from erpnext_connector.sandbox.http import Response, read_request
from erpnext_connector.sandbox.loading import open_site
from tests.unit.sandbox.asking import Asker


def test_the_whole_dataset_is_there_within_a_second():
    start = time.perf_counter()
    site = open_site(15)
    assert time.perf_counter() - start < 1
    assert site.db.execute('SELECT count(*) FROM "tabItem"').fetchone()[0] == 10_000
    site.db.close()


def test_a_file_keeps_the_site(tmp_path, small_dataset):
    path = str(tmp_path / "site.sqlite3")
    first = Asker(open_site(15, path=path, datasets=[small_dataset]))
    first.ask("POST", "/api/resource/Customer", json_body={"customer_name": "Kept"})
    first.site.db.close()
    second = Asker(open_site(15, path=path, datasets=[small_dataset]))
    assert second.ask("GET", "/api/resource/Customer/Kept")[0] == 200
    second.site.db.close()


def test_several_datasets_add_up(tmp_path, small_dataset):
    more = '[{"name": "Colour", "autoname": "field:title", "fields": [{"fieldname": "title", "fieldtype": "Data"}]}]'
    Path(tmp_path / "doctypes.json").write_text(more)
    Path(tmp_path / "users.json").write_text('{"users": []}')
    Path(tmp_path / "documents.jsonl").write_text('{"doctype": "Colour", "name": "Red", "title": "Red"}\n')
    site = open_site(15, datasets=[small_dataset, Dataset.at(tmp_path)])
    assert Asker(site).names("Colour", user="Administrator") == ["Red"]
    site.db.close()


def test_no_moment_comes_twice(asker):
    moments = [asker.site.now() for _ in range(5)]
    assert len(set(moments)) == 5
    assert moments == sorted(moments)


@pytest.mark.parametrize(("frappe", "offset"), [(14, "-5"), (15, "+5:30"), (16, "0")])
def test_each_version_lives_in_its_time_zone(make_asker, frappe, offset):
    hours = {"-5": "05", "+5:30": "16", "0": "11"}
    assert make_asker(frappe).site.now()[11:13] == {key: _hour(key) for key in hours}[offset]


def _hour(offset):
    """The hour of the tests' clock, 1,795,000,000 seconds after the epoch, at that offset."""
    hours, _, minutes = offset.partition(":")
    seconds = 1_795_000_000 + int(hours) * 3600 + int(minutes or 0) * 60
    return f"{seconds % 86_400 // 3600:02}"


def test_answers_are_ascii_until_frappe_15():
    assert Response.json({"a": "ä🔩"}, ascii_only=True).body == b'{"a":"\\u00e4\\ud83d\\udd29"}'
    assert Response.json({"a": "ä"}).body == '{"a":"ä"}'.encode()


def test_a_json_body_hides_the_query_string():
    request = read_request("POST", "/x", "a=1", {"content-type": "application/json"}, b'{"b": 2}', "http")
    assert request.arguments == {"b": 2}
    assert read_request("GET", "/x", "a=1&b=", {}, b"", "http").arguments == {"a": "1", "b": ""}


def test_frappe_16_says_where_a_token_comes_from(make_asker):
    headers = dict(make_asker(16).raw("GET", "/api/resource/Item", user="Guest").headers)
    assert headers["www-authenticate"].startswith('Bearer resource_metadata="http://erp.example.com/.well-known/')
