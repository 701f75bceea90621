"""An officer hands in a workbook with the keyboard alone, and a text file without scripts; axe looks at
every step; openpyxl looks at the workbook that comes back. Arguments: address, browser, folder, user, password."""

import datetime
import io
import os
import sys

import openpyxl
from axe_playwright_python.sync_playwright import Axe
from openpyxl.chart import LineChart, Reference
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from playwright.sync_api import sync_playwright

url, browser, folder, user, password = sys.argv[1:]
PICTURES = os.environ.get("CUULONG_TEST_PICTURES")


def workbook(path):
    """Merged heads, a formula, a style, a chart, a comment of the officer's own: all of it must come back."""
    book = openpyxl.Workbook()
    cover = book.active
    cover.title = "Bìa"
    cover["A1"] = "Báo cáo mặn"
    sheet = book.create_sheet("Mặn tháng 2")
    sheet["A1"] = "ĐO MẶN, THÁNG 2/2020"
    sheet.merge_cells("A1:D1")
    sheet.append(["Trạm", "Ngày", "Độ mặn (g/l)", "Ghi chú"])
    for row in [
        ["Cầu Nổi", datetime.date(2020, 2, 1), 3.9, None],
        ["Cầu Nổi", datetime.date(2020, 2, 2), 430, "máy hỏng"],
        ["Trà Vinh", datetime.date(2020, 2, 1), "=C3-2", None],
        ["Trạm lạ", datetime.date(2020, 2, 1), 1.5, None],
    ]:
        sheet.append(row)
    sheet["C4"].font = Font(bold=True, color="FF0000AA")
    sheet["C4"].number_format = "0.00"
    sheet["A3"].fill = PatternFill("solid", fgColor="FFCCFFCC")
    sheet["A6"].comment = Comment("hỏi lại tên trạm", "Lan")
    sheet.column_dimensions["A"].width = 31
    chart = LineChart()
    chart.add_data(Reference(sheet, min_col=3, min_row=2, max_row=5), titles_from_data=True)
    sheet.add_chart(chart, "F2")
    book.save(path)
    # openpyxl writes formulas without their values; a spreadsheet program would have left one.
    import zipfile

    with zipfile.ZipFile(path) as read:
        parts = {name: read.read(name) for name in read.namelist()}
    name = "xl/worksheets/sheet2.xml"
    parts[name] = parts[name].replace(b"<f>C3-2</f><v></v>", b"<f>C3-2</f><v>1.9</v>").replace(
        b"<f>C3-2</f><v/>", b"<f>C3-2</f><v>1.9</v>"
    )
    assert b"<v>1.9</v>" in parts[name]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as write:
        for name, data in parts.items():
            write.writestr(name, data)


def picture(page, where):
    """Leaves pictures of the page, wide and narrow, where a person asked for them."""
    if PICTURES:
        for width in (1280, 360):
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=f"{PICTURES}/{where.replace(' ', '-')}-{width}.png", full_page=True)
        page.set_viewport_size({"width": 1280, "height": 900})


def accessible(page, where):
    picture(page, where)
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"]})
    told = [(v["id"], [n["html"][:160] for n in v["nodes"]][:3]) for v in found.response["violations"]]
    assert not told, f"{where}: {told}"
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{where}: the page is {wide} px wider than a window of {width} px"
    page.set_viewport_size({"width": 1280, "height": 900})


def tab_to(page, wanted):
    """Goes on by Tab until the element in focus is the wanted one."""
    for _ in range(200):
        page.keyboard.press("Tab")
        if page.evaluate("(wanted) => document.activeElement?.matches(wanted) ?? false", wanted):
            return
    raise AssertionError(f"{wanted} is not reached by Tab on {page.url}")


def press(page, wanted):
    tab_to(page, wanted)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def choose(page, select, word):
    """Chooses from a list by typing the beginning of a word."""
    tab_to(page, select)
    page.keyboard.type(word)
    assert page.locator(select).evaluate("(list) => list.selectedOptions[0].text").startswith(word), (select, word)


def sign_in(page):
    page.goto(f"{url}/intake/new?dataset=gauge")
    press(page, "a.button[href*=sign-in]")
    tab_to(page, "#user")
    page.keyboard.type(user)
    tab_to(page, "#password")
    page.keyboard.type(password)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "/intake/new" in page.url, page.url


def with_keyboard(context):
    page = context.new_page()
    sign_in(page)
    accessible(page, "step 1")
    # The window of the operating system that picks a file is not the page's.
    page.set_input_files("#file", f"{folder}/bao-cao.xlsx")
    press(page, "main button.button")
    assert "step=2" in page.url, page.url
    accessible(page, "step 2")
    words = page.inner_text("main")
    assert page.locator("td[colspan='4']").inner_text() == "ĐO MẶN, THÁNG 2/2020"
    assert "Mặn tháng 2" in words, words
    # A mapping that is not certain enough to be guessed is asked for at once.
    if page.locator("#map").count() == 0:
        press(page, ".between a.button:last-of-type")
    accessible(page, "step 3")
    choose(page, "#role0", "nơi")
    choose(page, "#role1", "thời gian")
    choose(page, "#role2", "giá trị")
    for field, text in [("property2", "salinity"), ("unit2", "g/L"), ("period2", "P1D")]:
        tab_to(page, f"[name={field}]")
        page.keyboard.press("Control+A")
        page.keyboard.type(text)
    tab_to(page, "#place_kind")
    page.keyboard.type("trạm")
    press(page, "#map button")
    assert "step=3" in page.url, page.url
    accessible(page, "step 3, read again")
    words = page.inner_text("main")
    assert "2 giá trị mới" in words and "2 bị từ chối" in words, words
    press(page, ".between a.button:last-of-type")
    accessible(page, "step 4")
    # Only the first group is open.
    words = page.locator("main").text_content()
    assert "C4" in words and "A6" in words and "Trạm lạ" in words, words
    press(page, ".between a.button:last-of-type")
    accessible(page, "step 5")
    press(page, "form[action$=commit] button")
    assert "/runs/" in page.url, page.url
    accessible(page, "report")
    return page.locator("a[href*='/marked']").get_attribute("href")


def without_scripts(play):
    context = play.new_context(java_script_enabled=False, viewport={"width": 360, "height": 800})
    page = context.new_page()
    page.goto(f"{url}/sign-in?back=/en/intake/new%3Fdataset%3Dgauge")
    page.fill("#user", user)
    page.fill("#password", password)
    page.press("#password", "Enter")
    page.set_input_files("#file", f"{folder}/man.csv")
    page.click("main button.button")
    assert "/en/intake/" in page.url and "step=2" in page.url, page.url
    if page.locator("#map").count() == 0:
        page.click(".between a.button:last-of-type")
    page.select_option("#role0", "place")
    page.select_option("#role1", "time")
    page.select_option("#role2", "value")
    page.fill("[name=property2]", "salinity")
    page.fill("[name=unit2]", "g/L")
    page.select_option("#decimal", "comma")
    page.click("#map button")
    assert "write 1 new values and 1 corrections" in page.inner_text("main"), page.inner_text("main")
    page.click(".between a.button:last-of-type")
    page.click(".between a.button:last-of-type")
    words = page.inner_text("main")
    assert "Cau Noi" in words and "3.9 g/l" in words, f"old beside new: {words}"
    page.click("form[action$=commit] button")
    assert "/en/runs/" in page.url, page.url
    context.close()


def in_pieces(context):
    """A large file whose connection breaks off in the middle goes on by itself."""
    page = context.new_page()
    page.goto(f"{url}/intake/new?dataset=gauge")
    if page.locator("script[type=module]").count() == 0:
        return  # Nothing was built for the browser here: the form sends the file whole.
    page.wait_for_selector("cl-upload:defined", state="attached")
    with open(f"{folder}/lon.csv", "w", encoding="utf-8") as file:
        file.write("Trạm;Ngày;Độ mặn (g/l);Ghi chú\n")
        for row in range(90_000):
            file.write(f"station:cau_noi;{row % 28 + 1:02}/02/2020;-;không đo được vì máy hỏng {row}\n")
    offsets, cut = [], []

    def wire(route):
        request = route.request
        if request.method == "PATCH":
            offsets.append(int(request.headers["upload-offset"]))
            if offsets[-1] > 0 and not cut:
                cut.append(offsets[-1])
                return route.abort("connectionreset")
        return route.continue_()

    page.route("**/v1/uploads/**", wire)
    page.set_input_files("#file", f"{folder}/lon.csv")
    page.click("main button.button")
    page.wait_for_url("**/intake/*step=2*", timeout=120_000)
    assert cut and offsets == [0, cut[0], cut[0]], (offsets, cut)
    assert "lon.csv" in page.inner_text("h1") and "máy hỏng 28" in page.inner_text("main"), page.inner_text("main")
    page.click("form[action$=discard] button")
    assert "/data/gauge" in page.url, page.url


def marked(context, href):
    answer = context.request.get(url + href)
    assert answer.ok, answer.status
    book = openpyxl.load_workbook(io.BytesIO(answer.body()))
    assert book.sheetnames == ["Bìa", "Mặn tháng 2"], book.sheetnames
    sheet = book["Mặn tháng 2"]
    assert sheet["C5"].value == "=C3-2" and sheet["A1"].value == "ĐO MẶN, THÁNG 2/2020"
    assert [str(cells) for cells in sheet.merged_cells.ranges] == ["A1:D1"]
    assert sheet.column_dimensions["A"].width == 31 and len(sheet._charts) == 1
    # The cell that is refused is filled and keeps its font and its format.
    cell = sheet["C4"]
    assert cell.fill.fgColor.rgb == "FFF8CBC4" and cell.font.b and cell.number_format == "0.00", cell.fill
    assert "430" in cell.comment.text and cell.comment.author == "Cửu Long", cell.comment
    # The officer's own comment keeps its words; ours stand behind them.
    text = sheet["A6"].comment.text
    assert text.startswith("hỏi lại tên trạm") and "Trạm lạ" in text, text
    assert sheet["A6"].fill.fgColor.rgb == "FFF8CBC4"
    assert sheet["A3"].fill.fgColor.rgb == "FFCCFFCC" and sheet["A3"].comment is None
    assert sheet["C3"].fill.fill_type is None and sheet["C3"].value == 3.9


workbook(f"{folder}/bao-cao.xlsx")
with open(f"{folder}/man.csv", "w", encoding="utf-8") as file:
    file.write("Trạm;Ngày;Độ mặn (g/l);Ghi chú\nstation:cau_noi;03/02/2020;4,1;\nstation:cau_noi;01/02/2020;4,0;đo lại\n")
with sync_playwright() as play:
    chromium = play.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-quic"])
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="vi-VN")
    href = with_keyboard(context)
    marked(context, href)
    in_pieces(context)
    without_scripts(chromium)
    chromium.close()
print("ok")
