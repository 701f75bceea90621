"""An independent reading of the real files of the region, for the judge of the intake.

Shares nothing with the intake: the csv module, openpyxl and xlrd read the cells, and the rules are
written out file by file. Run it with the folder of real files:

    python independent.py FOLDER > expected.csv

A row of the answer is one file: how many values it holds for places of the catalogue, their sum, least
and most in the unit of the property, and five of them as place|property|statistic|period|time|value.
"""

import csv
import json
import math
import os
import re
import sys

FOLDER = sys.argv[1]

# The provinces of the catalogue before the merger, as the tables print them, without marks.
PROVINCES = {
    "long an": "gso2004:80", "tien giang": "gso2004:82", "ben tre": "gso2004:83", "tra vinh": "gso2004:84",
    "vinh long": "gso2004:86", "dong thap": "gso2004:87", "an giang": "gso2004:89", "kien giang": "gso2004:91",
    "can tho": "gso2004:92", "hau giang": "gso2004:93", "soc trang": "gso2004:94", "bac lieu": "gso2004:95",
    "ca mau": "gso2004:96",
    # Neighbours of which the catalogue holds the past.
    "tay ninh": "gso2004:72", "ba ria - vung tau": "gso2004:77", "ba ria-vung tau": "gso2004:77", "brvt": "gso2004:77",
}
# Slips in the files, which the intake refuses, by file, sheet and cell.
SLIPS = {(row["file"], row["sheet"], row["cell"])
         for row in csv.DictReader(open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "slips.csv")))}
STATIONS = {"ca mau": "station:ca_mau", "vung tau": "station:vung_tau"}
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]


def plain(text):
    import unicodedata

    text = text.replace("Đ", "D").replace("đ", "d")
    text = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return re.sub(r"\s+", " ", text).strip().lower()


def text_of_tcvn3(text):
    """Only the letters that names of the delta's provinces need; `plain` drops their marks anyway."""
    letters = {"\xb5": "a", "\xb8": "a", "\xb6": "a", "\xb7": "a", "\xb9": "a", "\xa8": "a", "\xa9": "a", "\xae": "d",
               "\xaa": "e", "\xab": "o", "\xac": "o", "\xad": "u", "\xc7": "a", "\xca": "a", "\xc6": "a", "\xbe": "a",
               "\xcc": "e", "\xd0": "e", "\xd2": "e", "\xd5": "e", "\xd6": "e", "\xd7": "i", "\xdc": "i", "\xdd": "i",
               "\xde": "i", "\xdf": "o", "\xe3": "o", "\xe5": "o", "\xe8": "o", "\xea": "o", "\xed": "o", "\xf3": "u",
               "\xf1": "u", "\xf7": "u", "\xf9": "u", "\xa7": "d", "\xf2": "u", "\xe4": "o", "\xe9": "o", "\xeb": "o", "\xc2": "a"}
    return "".join(letters.get(c, c) for c in text)


def number(text):
    text = str(text).strip()
    return float(text) if re.fullmatch(r"-?\d+(\.\d+)?([eE][-+]?\d+)?", text) else None


def gso(name):
    """The header and the rows of a table of the statistics office."""
    raw = open(os.path.join(FOLDER, name), "rb").read()
    text = raw.decode("utf-8-sig", errors="replace")
    rows = list(csv.reader(text.splitlines(), delimiter=";"))
    at = next(i for i, row in enumerate(rows) if len(row) > 2)
    return rows[at], rows[at + 1:]


class Values:
    def __init__(self):
        self.rows = []

    def add(self, place, prop, statistic, period, time, value):
        self.rows.append((place, prop, statistic, period, time, value))

    def line(self, name):
        values = [row[5] for row in self.rows]
        count = len(values)
        keyed = sorted(self.rows, key=lambda row: row[:5])
        assert len({row[:5] for row in keyed}) == count, name
        picks = [keyed[i * (count - 1) // 4] for i in range(5)]
        cells = ["|".join([*map(str, row[:5]), repr(row[5])]) for row in picks]
        return [name, count, repr(math.fsum(values)), repr(min(values)), repr(max(values)), json.dumps(cells, ensure_ascii=False)]


def by_year(name, prop, statistic="total", period="P1Y", factor=1.0, places=PROVINCES):
    header, rows = gso(name)
    found = Values()
    for row in rows:
        place = places.get(plain(row[0]))
        if place is None:
            continue
        for head, cell in zip(header[1:], row[1:]):
            year = int(re.search(r"(19|20)\d\d", head).group())
            value = number(cell)
            if value is not None:
                found.add(place, prop, statistic, period, f"{year}-01-01", value * factor)
    return found.line(name)


def by_year_and_item(name, items, period="P1Y", places=PROVINCES, place_of=None):
    """`items`: text of the header without its year → property, statistic, factor."""
    header, rows = gso(name)
    found = Values()
    for row in rows:
        place = place_of(row[0]) if place_of else places.get(plain(row[0]))
        if place is None:
            continue
        for head, cell in zip(header[1:], row[1:]):
            year = int(re.search(r"(19|20)\d\d", head).group())
            item = re.sub(r"(prel|pre)\.?\s*", "", head, flags=re.I)
            item = re.sub(r"(19|20)\d\d( \(\*\))?", "", item).strip()
            value = number(cell)
            if item in items and value is not None:
                prop, statistic, factor = items[item]
                found.add(place, prop, statistic, period, f"{year}-01-01", value * factor)
    return found.line(name)


def by_month(name, prop, statistic, factor=1.0, stations=STATIONS):
    header, rows = gso(name)
    found = Values()
    for row in rows:
        place = stations.get(plain(row[1]))
        if place is None:
            continue
        for head, cell in zip(header[2:], row[2:]):
            month = MONTHS.index(head.strip().lower()[:3]) + 1
            value = number(cell)
            if value is not None:
                found.add(place, prop, statistic, "P1M", f"{row[0]}-{month:02}-01", value * factor)
    return found.line(name)


def lines():
    a = "agriculture/gso/"
    yield by_year(a + "Area of fired forest by province.csv", "forest_fire_area")
    yield by_year(a + "Area of water surface for the aquaculture by province.csv", "aquaculture_water_area")
    yield by_year(a + "Number of cattles as of annual 1st by province.csv", "cattle_count", "count")
    yield by_year_and_item(a + "Number of farms by kinds of manufacturing sector and by province.csv", {
        "Total": ("farm_count", "count", 1), "Cultivation farm": ("farm_count_cultivation", "count", 1),
        "Livestock farm": ("farm_count_livestock", "count", 1), "Fishing farm": ("farm_count_fishing", "count", 1),
        "Others(*)": ("farm_count_other", "count", 1)})
    for crop, period in [("", "P1Y"), ("autumn ", "season:he_thu"), ("winter ", "season:mua")]:
        yield by_year(a + f"Planted area of {crop}paddy by province.csv", "rice_area_sown", period=period)
        yield by_year(a + f"Production of {crop}paddy by province.csv", "rice_production", period=period)
        yield by_year(a + f"Yield of {crop}paddy by province.csv", "rice_yield", "mean", period, 0.1)
    yield by_year(a + "Planted area of maize by province.csv", "maize_area_planted")
    yield by_year(a + "Production of aquaculture by province.csv", "aquaculture_prod")
    yield by_year(a + "Production of aquaculture fish.csv", "aquaculture_fish_prod")
    yield by_year(a + "Production of aquaculture shrimp by province.csv", "aquaculture_shrimp_prod")
    yield by_year(a + "Production of fishery by province.csv", "fishery_prod")

    name = a + "Planted area and production of paddy.csv"
    _, rows = gso(name)
    found = Values()
    columns = [("rice_area_sown", "P1Y"), ("rice_area_sown", "season:dong_xuan"), ("rice_area_sown", "season:he_thu"),
               ("rice_area_sown", "season:mua"), ("rice_production", "P1Y"), ("rice_production", "season:dong_xuan"),
               ("rice_production", "season:he_thu"), ("rice_production", "season:mua")]
    for row in rows:
        if row[0] != "Planted area and production":
            continue
        year = re.search(r"\d{4}", row[1]).group()
        for (prop, period), cell in zip(columns, row[2:]):
            if number(cell) is not None:
                found.add("iso3166:VN", prop, "total", period, f"{year}-01-01", number(cell))
    yield found.line(name)

    c = "climate/gso/"
    yield by_year(c + "Mean air temperature at some stations.csv", "air_temp", "mean", places=STATIONS)
    yield by_year(c + "Total rainfall at some stations.csv", "rain_total", "total", places=STATIONS)
    yield by_month(c + "Monthly mean air temperature at some stations.csv", "air_temp", "mean")
    yield by_month(c + "Monthly rainfall at some stations.csv", "rain_total", "total")

    h = "hydrology/gso/"
    yield by_year(h + "Average of sea level at some stations by year.csv", "tide_height", "mean", places=STATIONS)
    yield by_month(h + "Average of sea level at some stations.csv", "tide_height", "mean")
    mekong = {"mekong river - tan chau station": "station:tan_chau", "mekong river - chau doc station": "station:chau_doc"}
    for table, prop in [("Water level", "water_level"), ("Water flow", "discharge")]:
        yield by_year_and_item(h + f"{table} of some main rivers.csv", {
            "Deepest": (prop, "max", 1), "Most shallow": (prop, "min", 1)}, place_of=lambda t: mekong.get(plain(t)))

    s = "socioeconomic/gso/"
    yield by_year_and_item(s + "Area, population and population density by province.csv", {
        "Area (Km2)": ("land_area", "instant", 1),
        "Average population (Thous. pers.)": ("population_avg", "mean", 1),
        "Population density (Person/km2)": ("population_density", "mean", 1)})
    yield by_year_and_item(s + "Average collected solid waste treated per day by province.csv", {
        "Total of collected solid waste": ("solid_waste_collected", "mean", 1),
        "Total of collected solid waste treated in accordance with corresponding defined national criteria":
            ("solid_waste_treated", "mean", 1)})
    yield by_year_and_item(s + "Crude birth rate, crude death rate and natural increase rate by province.csv", {
        "Crude birth rate": ("crude_birth_rate", "mean", 1), "Crude death rate": ("crude_death_rate", "mean", 1),
        "Natural increase rate": ("natural_increase_rate", "mean", 1)})
    yield by_year_and_item(s + "Monthly average income per capita at current prices by income source and by province.csv", {
        "Total": ("income_per_capita_month", "mean", 1), "Salary & wage": ("income_per_capita_month_wage", "mean", 1),
        "Agriculture, forestry & fishery": ("income_per_capita_month_farming", "mean", 1),
        "Non-agriculture, forestry & fishery": ("income_per_capita_month_non_farming", "mean", 1),
        "Others": ("income_per_capita_month_other", "mean", 1)})
    yield by_year(s + "Population growth rate by province.csv", "population_growth_rate", "mean")
    yield by_year(s + "Poverty rate by province.csv", "poverty_rate_income", "mean")
    yield by_year(s + "Sex ratio of population by province.csv", "sex_ratio", "mean")
    yield by_year(s + "Total fertility rate by province.csv", "total_fertility_rate", "mean")

    name = "land_use/gso/Land use by province (As of 31 December 2015).csv"
    _, rows = gso(name)
    found = Values()
    for row in rows:
        place = PROVINCES.get(plain(row[0]))
        for (prop, factor), cell in zip([("land_area", 10), ("land_area_agricultural", 1), ("land_area_forestry", 1),
                                         ("land_area_special_use", 1), ("land_area_homestead", 1)], row[1:]):
            if place and number(cell) is not None:
                found.add(place, prop, "instant", "", "2015-12-31", number(cell) * factor)
    yield found.line(name)

    name = "admin/gso/Number of administrative units as of 31 December by province.csv"
    yield by_year_and_item(name, {
        "Cities under provinces": ("admin_count_cities", "count", 1),
        "Urban districts": ("admin_count_urban_districts", "count", 1), "Towns": ("admin_count_towns", "count", 1),
        "Rural districts": ("admin_count_rural_districts", "count", 1), "Wards": ("admin_count_wards", "count", 1),
        "Town districts": ("admin_count_townships", "count", 1), "Communes": ("admin_count_communes", "count", 1)})

    name = "agriculture/rice_area_production_climate_by_province_season_1995.csv"
    found = Values()
    for row in csv.DictReader(open(os.path.join(FOLDER, name), encoding="utf-8")):
        period = "season:dong_xuan" if row["mua_vu"] == "dong_xuan" else "season:he_thu-thu_dong"
        for column, prop, statistic in [("dien_tich", "rice_area_sown", "total"), ("san_luong", "rice_production", "total"),
                                        ("tổng số giờ nắng", "sunshine_total", "total"), ("tổng lượng mưa", "rain_total", "total"),
                                        ("độ ẩm trung bình", "rel_humidity", "mean"), ("nhiệt độ trung bình", "air_temp", "mean")]:
            if number(row[column]) is not None:
                found.add(PROVINCES[plain(row["tinh_thanh"])], prop, statistic, period, row["nam"] + "-01-01", number(row[column]))
    yield found.line(name)

    for year in range(2002, 2009):
        name = f"salinity/tra_vinh_daily_max_salinity_{year}.csv"
        found = Values()
        for row in csv.DictReader(open(os.path.join(FOLDER, name), encoding="utf-8-sig")):
            if number(row["Max"]) is not None:
                day = f"{row['Year']}-{int(row['Month']):02}-{int(row['Day']):02}"
                found.add("station:tra_vinh", "salinity_max_day", "max", "P1D", day, number(row["Max"]))
        yield found.line(name)

    name = "hydrology/mrc_daily_water_level_27_stations_1992_2023.csv"
    stations = {"Tan Chau": "tan_chau", "Chau Doc": "chau_doc", "Vam Nao": "vam_nao", "My Thuan": "my_thuan",
                "Can Tho": "can_tho", "Phung Hiep": "phung_hiep", "Vam Kenh": "vam_kenh", "Kratie": "kratie",
                "Stung Treng": "stung_treng", "Kompong Cham": "kompong_cham", "Phnom Penh Port": "phnom_penh_port",
                "Pakse": "pakse"}
    found = Values()
    for row in csv.DictReader(open(os.path.join(FOLDER, name), encoding="utf-8-sig")):
        day = row["Timestamp (UTC+07:00)"][:10]
        for column, station in stations.items():
            if number(row[column]) is not None:
                found.add("station:" + station, "water_level", "mean", "P1D", day, round(number(row[column]) * 100, 9))
    yield found.line(name)

    for station in ["stung_treng", "kompong_cham"]:
        name = f"hydrology/mrc_daily_q_wl_rain_{station}.csv"
        found = Values()
        for row in csv.DictReader(open(os.path.join(FOLDER, name), encoding="utf-8-sig")):
            for column, prop, statistic, factor in [("Discharge.Daily", "discharge", "mean", 1), ("Water.Level", "water_level", "mean", 100),
                                                    ("Rainfall.Manual", "rain_day", "total", 1)]:
                if number(row[column]) is not None:
                    found.add("station:" + station, prop, statistic, "P1D", row["Timestamp"][:10], round(number(row[column]) * factor, 9))
        yield found.line(name)

    name = "hydrology/Water Level.ManualLA_013901_Pakse.csv"
    found = Values()
    for row in csv.DictReader(open(os.path.join(FOLDER, name), encoding="utf-8-sig")):
        found.add("station:pakse", "water_level", "instant", "", row["Timestamp (UTC+07:00)"].replace("Z", ":00Z"), round(float(row["Value"]) * 100, 9))
    yield found.line(name)

    for day in range(7, 13):
        name = f"salinity/buoy_ec_5min_2024-11-{day:02}.csv"
        found = Values()
        for row in csv.DictReader(open(os.path.join(FOLDER, name), encoding="utf-8-sig")):
            at = row["Timestamp (GMT+7)"].replace(" ", "T")
            found.add("station:vinh_long_buoy", "ec", "instant", "", at, round(float(row["EC Value (us/cm)"]) / 1000, 9))
            found.add("station:vinh_long_buoy", "water_temp", "instant", "", at, float(row["EC Temperature"]))
        yield found.line(name)
        name = f"salinity/buoy_ec_datahub_2024-11-{day:02}.csv"
        found = Values()
        for row in csv.DictReader(open(os.path.join(FOLDER, name), encoding="utf-8-sig")):
            at = row["timestamp"].replace(" ", "T") + "+07:00"
            found.add("station:vinh_long_buoy", "ec", "instant", "", at, round(float(row["value"]) / 1000, 9))
        yield found.line(name)

    name = "dams/lancang_reservoir_storage_monthly_2008.csv"
    found = Values()
    for row in csv.DictReader(open(os.path.join(FOLDER, name), encoding="utf-8-sig")):
        day, month, year = row.pop("Date").split("/")
        for dam, cell in row.items():
            if number(cell) is not None:
                at = f"{year}-{int(month):02}-{int(day):02}"
                found.add("station:dam_" + dam.strip().lower(), "reservoir_storage", "instant", "", at, number(cell))
    yield found.line(name)

    yield by_year(c + "Change in average precipitation.csv", "rain_change_year", "total", places=STATIONS)

    name = "land_use/gso/Land use (As of 31 Februarry 2015).csv"
    kinds = {"WHOLE COUNTRY": "land_area", "Agricultural production land": "land_area_agricultural",
             "Forestry land": "land_area_forestry", "Specially used land": "land_area_special_use",
             "Homestead land": "land_area_homestead"}
    _, rows = gso(name)
    found = Values()
    for row in rows:
        if row and row[0].strip() in kinds:
            prop = kinds[row[0].strip()]
            # Natural area is kept in km2, its kinds in thousand hectares.
            found.add("iso3166:VN", prop, "instant", "", "2015-12-31", round(number(row[1]) * (10 if prop == "land_area" else 1), 9))
    yield found.line(name)

    name = s + "Natural disaster damage.csv"
    kinds = ["disaster_deaths", "disaster_injured", "disaster_houses_lost", "disaster_houses_damaged", "area_damaged_rice",
             "disaster_vegetable_area", "disaster_cost"]
    header, rows = gso(name)
    found = Values()
    for prop, row in zip(kinds, rows):
        for head, cell in zip(header[1:], row[1:]):
            year = re.search(r"(19|20)\d\d", head).group()
            statistic = "count" if prop.startswith(("disaster_d", "disaster_i", "disaster_h")) else "total"
            found.add("iso3166:VN", prop, statistic, "P1Y", f"{year}-01-01", number(cell))
    yield found.line(name)

    name = s + "Unemployment and underemployment rate of labour force at working age by region.csv"
    _, rows = gso(name)
    found = Values()
    for row in rows:
        if row and row[0] == "whole_country":
            year = re.search(r"\d{4}", row[1]).group()
            for column, prop in [(2, "unemployment_rate"), (5, "underemployment_rate")]:
                if number(row[column]) is not None:
                    found.add("iso3166:VN", prop, "mean", "P1Y", f"{year}-01-01", number(row[column]))
    yield found.line(name)

    name = "water_quality/wqi_monthly_irrigation_stations_2021_2025.csv"
    found = Values()
    for row in csv.DictReader(open(os.path.join(FOLDER, name), encoding="utf-8-sig")):
        if number(row["wqi"]) is not None:
            code = re.sub(r"[^a-z0-9]+", "_", row["code"].lower()).strip("_")
            found.add("station:wqi_" + code, "wqi_unstated", "mean", "P1M", row["date"], number(row["wqi"]))
    yield found.line(name)

    yield from workbooks()


def workbooks():
    import openpyxl

    name = "socioeconomic/pci_papi/PAPI_2011-2016.xlsx"
    book = openpyxl.load_workbook(os.path.join(FOLDER, name), data_only=True)
    found = Values()
    heads = {}
    dimensions = [("Participation", "papi_participation"), ("Transparency", "papi_transparency"),
                  ("Vertical Accountability", "papi_accountability"), ("Control of Corruption", "papi_corruption_control"),
                  ("Public Administrative Procedures", "papi_procedures"), ("Public Service Delivery", "papi_services")]
    for sheet in book:
        rows = list(sheet.iter_rows(values_only=True))
        year = sheet.title[:4]
        for row in rows[2:]:
            place = PROVINCES.get(plain(str(row[1] or "")))
            for column, head in enumerate(rows[0]):
                for start, prop in dimensions:
                    if place and head and str(head).strip().startswith(start) and isinstance(row[column], (int, float)):
                        found.add(place, prop, "mean", "P1Y", f"{year}-01-01", float(row[column]))
                        heads.setdefault(prop, set()).add(str(head))
    print({k: sorted(v) for k, v in heads.items()}, file=sys.stderr)
    yield found.line(name)

    import xlrd

    stations = {"Batri": "ba_tri", "Camau": "ca_mau", "Cantho": "can_tho", "Caolanh": "cao_lanh", "Mytho": "my_tho",
                "Rachgia": "rach_gia", "Soctrang": "soc_trang"}
    elements = {"TB": ("air_temp", "mean"), "Tx": ("air_temp_max", "mean"), "Tm": ("air_temp_min", "mean"),
                "R": ("rain_total", "total"), "U": ("rel_humidity", "mean"), "Sh": ("sunshine_total", "total"),
                "etd": ("vapour_pressure", "mean")}
    for file, station in stations.items():
        name = f"climate/imhen_monthly_xls/{file}.xls"
        book = xlrd.open_workbook(os.path.join(FOLDER, name))
        found = Values()
        for element, (prop, statistic) in elements.items():
            sheet = book.sheet_by_name(element)
            for row in range(5, sheet.nrows):
                year = sheet.cell_value(row, 0)
                if not isinstance(year, float) or not 1900 < year < 2100:
                    continue
                for month in range(1, 13):
                    cell = sheet.cell(row, month)
                    is_slip = (name, element, f"{xlrd.colname(month)}{row + 1}") in SLIPS
                    if cell.ctype == xlrd.XL_CELL_NUMBER and not is_slip:
                        found.add("station:" + station, prop, statistic, "P1M", f"{int(year)}-{month:02}-01", cell.value)
        yield found.line(name)

    # The state budget by province, million dong: column C is the revenue, and so on.
    budget = [(2, "budget_revenue"), (4, "budget_expenditure"), (5, "budget_transfer"), (6, "budget_transfer_balance"),
              (7, "budget_transfer_target")]
    of_2003 = [(2, "budget_revenue"), (4, "budget_transfer"), (5, "budget_expenditure")]
    for file, sheet, year, columns in [
        ("Plan_2003", "Sheet1", 2003, of_2003), ("Plan_2003", "Sheet1 (2)", 2003, of_2003),
        ("Plan_2006", "Sheet1", 2006, budget), ("Plan_2007", "mau so 09", 2007, budget),
        ("Plan_2011", "M09(R)", 2011, budget), ("Final_2007", "M09+", 2007, budget), ("Final_2010", "M09+", 2010, budget)]:
        name = f"socioeconomic/state_budget/{file}.xls"
        rows = xlrd.open_workbook(os.path.join(FOLDER, name)).sheet_by_name(sheet)
        found = Values()
        for row in range(rows.nrows):
            text = str(rows.cell_value(row, 1))
            place = PROVINCES.get(plain(text_of_tcvn3(text) if (file, sheet) == ("Plan_2003", "Sheet1") else text))
            for column, prop in columns:
                cell = rows.cell(row, column)
                if place and cell.ctype == xlrd.XL_CELL_NUMBER:
                    found.add(place, prop, "total", "P1Y", f"{year}-01-01", cell.value)
        yield found.line(f"{name}|{sheet}")

    name = "socioeconomic/pci_papi/PCI_2007.xls"
    book = xlrd.open_workbook(os.path.join(FOLDER, name))
    props = ["entry_costs", "land_access", "transparency", "time_costs", "informal_charges", "policy_bias", "proactivity",
             "business_support", "labour_training", "legal_institutions"]
    found = Values()
    for prop, sheet in zip(props, book.sheets()[2:]):
        heads = [str(head) for head in sheet.row_values(1)]
        score = next(at for at, head in enumerate(heads) if head.startswith("Chỉ số thành phần"))
        named = next(at for at, head in enumerate(sheet.row_values(2)) if str(head).startswith("Tỉnh/Thành phố"))
        for row in range(3, sheet.nrows):
            place = PROVINCES.get(plain(str(sheet.cell_value(row, named))))
            if place and isinstance(sheet.cell_value(row, score), float):
                found.add(place, "pci_" + prop, "mean", "P1Y", "2007-01-01", sheet.cell_value(row, score))
    yield found.line(name)
    sheet = book.sheet_by_index(1)
    found = Values()
    for row in range(1, sheet.nrows):
        place = PROVINCES.get(plain(str(sheet.cell_value(row, 0))))
        for column, prop in [(4, "entry_costs"), (6, "transparency"), (15, "index")]:
            if place:
                found.add(place, "pci_" + prop, "mean", "P1Y", "2007-01-01", sheet.cell_value(row, column))
    yield found.line(f"{name}|{sheet.name.strip()}")

    name = "socioeconomic/pci_papi/PCI_2014.xlsx"
    book = openpyxl.load_workbook(os.path.join(FOLDER, name), data_only=True)
    props = ["entry_costs", "land_access", "transparency", "time_costs", "informal_charges", "policy_bias", "proactivity",
             "business_support", "labour_training", "legal_institutions"]
    found = Values()
    for prop, sheet in zip(props, list(book)[2:]):
        for row in list(sheet.iter_rows(values_only=True))[3:]:
            place = PROVINCES.get(plain(str(row[1] or "")))
            # Below the provinces stand a comparison and statistics of the provinces, without a number.
            if place and row[0] is not None and isinstance(row[2], (int, float)):
                found.add(place, "pci_" + prop, "mean", "P1Y", "2014-01-01", float(row[2]))
    yield found.line(name)


out = csv.writer(sys.stdout, lineterminator="\n")
out.writerow(["file", "count", "sum", "least", "most", "cells"])
for line in lines():
    out.writerow(line)
