import json
import stat

from click.testing import CliRunner

from erpnext_connector.cli.sandbox import command


def test_the_file_of_variables_is_for_its_owner_alone_and_has_what_a_replay_needs(start, tmp_path):
    sandbox = start("--client", "Dispatch=http://127.0.0.1:9/cb")
    assert stat.S_IMODE((tmp_path / "vars-0.json").stat().st_mode) == 0o600
    wanted = {"client_id", "client_secret", "trusted_client_id", "trusted_client_secret", "api_key", "api_secret"}
    wanted |= {f"{who}_{what}" for who in ("sales", "stock") for what in ("user", "password", "user_quoted")}
    assert wanted | {"base_url", "clients", "others"} == set(sandbox.variables)
    assert set(sandbox.variables["clients"]["Dispatch"]) == {"client_id", "client_secret"}


def test_it_prints_where_it_is_and_whom_to_sign_in_as(start):
    sandbox = start("--frappe", "16")
    out, err = sandbox.stop()
    assert sandbox.url in out
    assert "as Frappe 16" in out
    assert "sales@example.com" in out
    assert "sales-Pw-1" in out
    assert err == ""


def test_it_warns_when_other_machines_can_reach_it(start):
    _, err = start("--host", "0.0.0.0").stop()
    assert "reachable from other machines" in err


def test_data_in_a_file_outlives_the_process(start, tmp_path):
    data = str(tmp_path / "site.sqlite3")
    first = start("--data", data, "--client", "Dispatch=http://127.0.0.1:9/cb")
    with first.manager() as client:
        client.post("/api/resource/UOM", json={"uom_name": "Hogshead"}).raise_for_status()
    first.stop()
    second = start("--data", data, "--client", "Dispatch=http://127.0.0.1:9/cb")
    assert second.variables["api_key"] == first.variables["api_key"]
    assert second.variables["clients"] == first.variables["clients"]
    with second.manager() as client:
        assert client.get("/api/resource/UOM/Hogshead").status_code == 200


def test_grants_are_upset_from_another_command_line(start):
    sandbox = start()

    def do(*arguments):
        return CliRunner().invoke(command, ["do", *arguments, "--at", sandbox.url])

    assert do("disable_user", "--user", "sales@example.com").output == "sales@example.com is disabled\n"
    with sandbox.manager() as client:
        assert client.get("/api/resource/User/sales@example.com").json()["data"]["enabled"] == 0
    assert do("set_password", "--user", "sales@example.com", "--password", "Other-1").exit_code == 0
    refused = do("drop_client", "--client", "Nobody's")
    assert (refused.exit_code, refused.output) == (1, 'Error: there is no OAuth client "Nobody\'s"\n')
    sandbox.stop()
    assert f"no sandbox answers at {sandbox.url}" in do("run_jobs").output


def test_wrong_options_are_explained():
    runner = CliRunner()
    assert "is not NAME=REDIRECT_URI" in runner.invoke(command, ["--client", "Dispatch"]).output
    assert "there is no fault 'fire'" in runner.invoke(command, ["--fault", "fire"]).output


def test_a_port_in_use_is_explained(start):
    port = start().url.rsplit(":", 1)[1]
    result = CliRunner().invoke(command, ["--port", port])
    assert result.exit_code == 1
    assert "Try --port 0" in result.output


def test_other_data_can_be_served(start, tmp_path):
    doctype = {"name": "Ship", "autoname": "field:title", "fields": [{"fieldname": "title", "fieldtype": "Data"}]}
    doctype |= {"permissions": [{"role": "System Manager", "read": 1}]}
    (tmp_path / "doctypes.json").write_text(json.dumps([doctype]))
    (tmp_path / "documents.jsonl").write_text(json.dumps({"doctype": "Ship", "name": "Argo", "title": "Argo"}))
    users = [{"name": "jason@example.com", "password": "golden", "roles": ["System Manager"]}]
    (tmp_path / "users.json").write_text(json.dumps({"users": users}))
    sandbox = start("--dataset", str(tmp_path))
    with sandbox.manager() as client:
        assert client.get("/api/resource/Ship").json() == {"data": [{"name": "Argo"}]}
        assert "Accounts of this sandbox" not in client.get("/login").text
