"""The editor: rows without script, reasons beside fields, two editors, hostile input."""

import pytest

from app.offerings import editor, queries
from app.offerings.content import content_of
from app.offerings.models import OfferingState
from tests.factories.accounts import sign_in
from tests.factories.offerings import Vendor, make_offering, make_vendor
from tests.offerings.forms import edit_fields, token_of, typed
from tests.services.client import Client


@pytest.fixture
def vendor(session) -> Vendor:
    return make_vendor(session)


class TestEditor:
    def test_saving_what_stands_changes_nothing(self, client: Client, vendor: Vendor):
        row = make_offering(client.session, vendor, OfferingState.draft)
        before = content_of(row)
        offering_id = row.id
        sign_in(client, vendor.user)
        page = f"/workspace/offerings/{offering_id}/edit"
        assert client.post(page, data=edit_fields(client, page)).status_code == 303
        again = queries.get_offering(client.session, vendor.actor, offering_id)
        assert content_of(again) == before
        assert again.version == 2

    def test_rows_are_added_and_removed_without_script(self, client: Client, vendor: Vendor):
        sign_in(client, vendor.user)
        new = "/workspace/offerings/new"
        hidden = {"csrf_token": token_of(client, new), **typed(), "offering_id": ""}
        more = client.post("/workspace/offerings/rows", data={**hidden, "act": "add_package"})
        assert more.status_code == 200
        assert 'name="packages-1-title"' in more.text
        assert 'value="示例点检小程序"' in more.text
        line = client.post("/workspace/offerings/rows", data={**hidden, "act": "add_component:0"})
        assert 'name="packages-0-components-1-title"' in line.text
        none = client.post("/workspace/offerings/rows", data={**hidden, "act": "drop_component:0:0"})
        assert 'name="packages-0-components-0-title"' not in none.text
        part = client.post(
            "/workspace/offerings/rows", data={**hidden, "act": "add_case"}, headers={"HX-Request": "true"}
        )
        assert part.text.lstrip().startswith('<div id="editor-rows"')
        assert 'name="cases-0-customer"' in part.text
        assert "接着上次没存完的写" in client.get(new).text

    def test_reasons_stand_beside_nested_fields(self, client: Client, vendor: Vendor):
        sign_in(client, vendor.user)
        refused = client.submit(
            "/workspace/offerings/new",
            typed(
                **{
                    "packages-0-price_max": "0.1",
                    "packages-0-components-0-amount": "很多",
                    "go_live_days": "-1",
                    "body": "有意请加微信 wx_shili2025 详谈，电话 13800000000",
                }
            ),
            action="/workspace/offerings",
        )
        assert refused.status_code == 422
        for part in ("最高价不能低于最低价", "请填数字，例如 3.5", "不能小于 0", "请删去"):
            assert part in refused.text
        assert 'href="#f-packages-0-components-0-amount"' in refused.text
        assert 'id="f-packages-0-components-0-amount-err"' in refused.text
        assert "示例点检小程序" in refused.text

    def test_a_second_editor_sees_both_versions(self, client: Client, vendor: Vendor):
        row = make_offering(client.session, vendor, OfferingState.draft)
        sign_in(client, vendor.user)
        page = f"/workspace/offerings/{row.id}/edit"
        first, second = edit_fields(client, page), edit_fields(client, page)
        assert client.post(page, data=first | {"title": "示例先存的"}).status_code == 303
        late = client.post(page, data=second | {"title": "示例后存的"})
        assert late.status_code == 409
        assert "示例先存的" in late.text
        assert "示例后存的" in late.text
        assert 'name="version" value="2"' in late.text
        assert client.post(page, data=second | {"title": "示例后存的", "version": "2"}).status_code == 303

    def test_autosave_keeps_what_was_typed(self, client: Client, vendor: Vendor):
        row = make_offering(client.session, vendor, OfferingState.draft)
        sign_in(client, vendor.user)
        page = f"/workspace/offerings/{row.id}/edit"
        fields = edit_fields(client, page)
        kept = client.post("/workspace/offerings/autosave", data=fields | {"title": "半句"})
        assert kept.status_code == 200
        assert "saved_at" in kept.json()
        shown = client.get(page).text
        assert 'value="半句"' in shown
        assert "半句" not in client.get(f"{page}?fresh=true").text

    @pytest.mark.parametrize(
        "hostile",
        [
            {"version": "eins"},
            {"price_min_fen": "1"},
            {"scenario_codes[]": ["S99"]},
            {"scenario_codes[]": ['"]%']},
            {"packages-0-price_min": "1e400"},
            {"packages-0-price_min": "99999999"},
            {"packages-0-price_mode": "gift"},
            {"cases-0-year": "1999", "cases-0-customer": "示例"},
            {"cases-0-industry_code": 'C9"', "cases-0-customer": "示例"},
            {"training_days": "1001"},
            {f"packages-{n}-title": "x" for n in range(9)},
        ],
    )
    def test_hostile_input_is_refused_with_the_page(self, client: Client, vendor: Vendor, hostile):
        sign_in(client, vendor.user)
        answer = client.submit("/workspace/offerings/new", typed(**hostile), action="/workspace/offerings")
        assert answer.status_code == 422, answer.text[:500]
        assert "data-errors" in answer.text

    @pytest.mark.parametrize(
        "hostile",
        [
            {"packages": "text"},
            {"packages-0": "text"},
            {"packages-0-components": "x"},
            {"packages-x-title": "a"},
            {"cases-0": ""},
            {"scenario_codes-0-a": "S01"},
            {"title-0": "a"},
        ],
    )
    def test_hostile_shapes_are_borne_everywhere(self, client: Client, vendor: Vendor, hostile):
        sign_in(client, vendor.user)
        token = token_of(client, "/workspace/offerings/new")
        sent = {"csrf_token": token, **typed(**hostile)}
        for act in ("add_package", "drop_component:0:7", "drop_package:x", "add_component:99", "rm -rf", ""):
            assert client.post("/workspace/offerings/rows", data={**sent, "act": act}).status_code == 200
        assert client.post("/workspace/offerings/autosave", data=sent).status_code == 200
        assert client.get("/workspace/offerings/new").status_code == 200
        answer = client.post("/workspace/offerings", data={**sent, "idempotency_key": "k"})
        assert answer.status_code in {303, 422}

    def test_rows_have_an_end(self):
        values = editor.blank()
        for _ in range(9):
            values = editor.rearrange(values, "add_package")
            values = editor.rearrange(values, "add_case")
        for _ in range(20):
            values = editor.rearrange(values, "add_component:4")
        assert (len(values["packages"]), len(values["cases"])) == (5, 6)
        assert len(values["packages"][4]["components"]) == 12
        values = editor.rearrange(editor.rearrange(values, "drop_case:5"), "drop_package:4")
        assert (len(values["packages"]), len(values["cases"])) == (4, 5)

    def test_an_offering_that_is_not_mine(self, client: Client, vendor: Vendor):
        sign_in(client, vendor.user)
        token = token_of(client, "/workspace/offerings/new")
        foreign_id = make_offering(client.session, make_vendor(client.session), OfferingState.draft).id
        for wanted, status in ((str(foreign_id), 404), ("none", 422)):
            sent = {"csrf_token": token, "offering_id": wanted, "title": "x"}
            for url in ("autosave", "rows"):
                answer = client.post(f"/workspace/offerings/{url}", data=sent)
                assert answer.status_code == status, (url, wanted)

    def test_markup_is_shown_as_text(self, client: Client, vendor: Vendor):
        row = make_offering(client.session, vendor, body="<script>alert(1)</script> 示例说明文字足够长的一段")
        shown = client.get(f"/offerings/{row.id}").text
        assert "<script>alert(1)" not in shown
        assert "&lt;script&gt;alert(1)" in shown
