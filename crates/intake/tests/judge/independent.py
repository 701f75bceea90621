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
STATIONS = {"ca mau": "station:ca_mau", "vung tau": "station:vung_tau"}
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]


def plain(text):
    import unicodedata

    text = text.replace("Đ", "D").replace("đ", "d")
    text = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return re.sub(r"\s+", " ", text).strip().lower()


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

    stations = {"Camau": "ca_mau", "Cantho": "can_tho", "Caolanh": "cao_lanh", "Mytho": "my_tho", "Rachgia": "rach_gia",
                "Soctrang": "soc_trang"}
    means = {"TB": "air_temp", "Tx": "air_temp_max", "Tm": "air_temp_min", "U": "rel_humidity", "etd": "vapour_pressure"}
    sums = {"R": "rain_total", "Sh": "sunshine_total"}
    for file, station in stations.items():
        book = xlrd.open_workbook(os.path.join(FOLDER, f"climate/imhen_monthly_xls/{file}.xls"))
        for elements, statistic in [(means, "mean"), (sums, "total")]:
            found = Values()
            for element, prop in elements.items():
                sheet = book.sheet_by_name(element)
                for row in range(5, sheet.nrows):
                    year = sheet.cell_value(row, 0)
                    if not isinstance(year, float) or not 1900 < year < 2100:
                        continue
                    for month in range(1, 13):
                        cell = sheet.cell(row, month)
                        # The intake refuses two slips of My Tho: a temperature of 302, and maxima of 2009 among the
                        # minima (above 32 degrees, where minima are not plausible).
                        limit = 32 if prop == "air_temp_min" else 100
                        if cell.ctype == xlrd.XL_CELL_NUMBER and not (prop.startswith("air_temp") and cell.value > limit):
                            found.add("station:" + station, prop, statistic, "P1M", f"{int(year)}-{month:02}-01", cell.value)
            yield found.line(f"climate/imhen_monthly_xls/{file}.xls|{', '.join(elements)}")

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
