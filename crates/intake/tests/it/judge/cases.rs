//! The real files of the region that hold observations, and the mapping that a person would confirm for each.

/// A file that goes in.
pub struct Case {
    pub file: String,
    /// What a person decides where the guess asks; the mapping without its first two lines.
    pub mapping: String,
}

/// Places of files that go in of which the catalogue has none: their values are refused by name.
pub const UNKNOWN: &[&str] = &["Tho Chu", "Phu Quoc"];

/// Files that go in.
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut case = |file: &str, mapping: String| cases.push(Case { file: file.to_owned(), mapping });
    for (file, property, unit, period) in BY_YEAR {
        let value = format!("property = \"{property}\"\nunit = \"{unit}\"\nperiod = \"{period}\"\n");
        case(file, format!("{PROVINCES}[[value]]\ncolumns = \"{{year}}\"\n{value}"));
    }
    for (file, columns, words) in BY_ITEM {
        let values = format!("[[value]]\ncolumns = \"{columns}\"\nwords = {{ {words} }}\n");
        case(file, format!("{PROVINCES}{values}"));
    }
    for (file, place, wide, property) in AT_STATIONS {
        let time = if *wide == "month" { "[time]\nyear = { column = \"Year\" }\n" } else { "" };
        case(
            file,
            format!(
                "[place]\ncolumn = \"{place}\"\nkind = \"station\"\nunknown = \"leave_out\"\n{time}[[value]]\ncolumns = \"{{{wide}}}\"\n{property}"
            ),
        );
    }
    for (file, property, unit) in [
        ("hydrology/gso/Water level of some main rivers.csv", "water_level", "cm"),
        ("hydrology/gso/Water flow of some main rivers.csv", "discharge", "m3/s"),
    ] {
        case(
            file,
            format!(
                "[place]\ncolumn = \"Station\"\nkind = \"station\"\npattern = \"Mekong river - {{place}} station\"\nunknown = \"leave_out\"\n[[value]]\ncolumns = \"{{statistic}} {{year}}\"\nwords = {{ Deepest = \"max\", \"Most shallow\" = \"min\" }}\nproperty = \"{property}\"\nunit = \"{unit}\"\nperiod = \"P1Y\"\n"
            ),
        );
    }
    case("agriculture/gso/Planted area and production of paddy.csv", national_paddy());
    case(
        "land_use/gso/Land use by province (As of 31 December 2015).csv",
        format!(
            "{PROVINCES}[time]\nvalue = \"2015-12-31\"\n{}",
            LAND.map(|(column, property)| format!(
                "[[value]]\ncolumn = \"{column}\"\nproperty = \"{property}\"\nunit = \"10*3.har\"\n"
            ))
            .concat()
        ),
    );
    case(
        "agriculture/rice_area_production_climate_by_province_season_1995.csv",
        format!(
            "[place]\ncolumn = \"tinh_thanh\"\nkind = \"province\"\n[time]\ncolumns = [\"nam\"]\nformat = \"year\"\n{}",
            RICE.map(|(column, rest)| format!("[[value]]\ncolumn = \"{column}\"\n{rest}period = {{ column = \"mua_vu\", prefix = \"season:\" }}\n")).concat()
        ),
    );
    for year in 2002..=2008 {
        case(
            &format!("salinity/tra_vinh_daily_max_salinity_{year}.csv"),
            "[place]\nvalue = \"station:tra_vinh\"\n[time]\ncolumns = [\"Year\", \"Month\", \"Day\"]\n[[value]]\ncolumn = \"Max\"\nproperty = \"salinity_max_day\"\nunit = \"g/L\"\nperiod = \"P1D\"\n".into(),
        );
    }
    case(
        "hydrology/mrc_daily_water_level_27_stations_1992_2023.csv",
        "[place]\nheader = true\nkind = \"station\"\nunknown = \"leave_out\"\n[time]\ncolumns = [\"Timestamp (UTC+07:00)\"]\nformat = \"%Y-%m-%d 00:00:00+00:00\"\n[[value]]\ncolumns = \"{place}\"\nproperty = \"water_level\"\nunit = \"m\"\nstatistic = \"mean\"\nperiod = \"P1D\"\nrange = [-10, 60]\n".into(),
    );
    for station in ["stung_treng", "kompong_cham"] {
        case(
            &format!("hydrology/mrc_daily_q_wl_rain_{station}.csv"),
            format!(
                "[place]\nvalue = \"station:{station}\"\n[time]\ncolumns = [\"Timestamp\"]\nformat = \"%Y-%m-%d 00:00:00+00:00\"\n{}",
                [
                    ("Discharge.Daily", "property = \"discharge\"\nunit = \"m3/s\"\nstatistic = \"mean\"\n"),
                    (
                        "Water.Level",
                        "property = \"water_level\"\nunit = \"m\"\nstatistic = \"mean\"\nrange = [-10, 60]\n"
                    ),
                    ("Rainfall.Manual", "property = \"rain_day\"\nunit = \"mm\"\n"),
                ]
                .map(|(column, rest)| format!("[[value]]\ncolumn = \"{column}\"\n{rest}period = \"P1D\"\n"))
                .concat()
            ),
        );
    }
    case("hydrology/Water Level.ManualLA_013901_Pakse.csv", String::new());
    case(
        "socioeconomic/pci_papi/PAPI_2011-2016.xlsx",
        format!(
            "[source]\nsheets = [\"*\"]\nheader_row = 1\n[rows]\nfirst = 3\n[place]\ncolumn = \"tentinh_eng\"\nkind = \"province\"\n[time]\nyear = {{ sheet = true, pattern = \"{{year}}_PAPI\" }}\n{}",
            PAPI.map(|(column, property)| format!(
                "[[value]]\ncolumn = \"{column}\"\nproperty = \"papi_{property}\"\nperiod = \"P1Y\"\n"
            ))
            .concat()
        ),
    );
    let words = PCI.map(|(sheet, property)| format!("\"{sheet}\" = \"pci_{property}\"")).join(", ");
    case(
        "socioeconomic/pci_papi/PCI_2014.xlsx",
        format!(
            "[source]\nsheets = [\"*\"]\nheader_row = 1\n[rows]\nfirst = 4\nlast = 66\n[place]\ncolumn = \"Tỉnh\"\nkind = \"province\"\n[time]\nyear = {{ file = true, pattern = \"PCI_{{year}}\" }}\n[[value]]\ncolumns = \"Sub-Index*\"\nproperty = {{ sheet = true, words = {{ {words} }} }}\nperiod = \"P1Y\"\n"
        ),
    );
    cases
}

const PROVINCES: &str = "[place]\ncolumn = \"Cities, provincies\"\nkind = \"province\"\n";

const BY_YEAR: &[(&str, &str, &str, &str)] = &[
    ("agriculture/gso/Area of fired forest by province.csv", "forest_fire_area", "har", "P1Y"),
    (
        "agriculture/gso/Area of water surface for the aquaculture by province.csv",
        "aquaculture_water_area",
        "10*3.har",
        "P1Y",
    ),
    (
        "agriculture/gso/Number of cattles as of annual 1st by province.csv",
        "cattle_count",
        "10*3{head}",
        "P1Y",
    ),
    ("agriculture/gso/Planted area of paddy by province.csv", "rice_area_sown", "10*3.har", "P1Y"),
    (
        "agriculture/gso/Planted area of autumn paddy by province.csv",
        "rice_area_sown",
        "10*3.har",
        "season:he_thu",
    ),
    (
        "agriculture/gso/Planted area of winter paddy by province.csv",
        "rice_area_sown",
        "10*3.har",
        "season:mua",
    ),
    ("agriculture/gso/Production of paddy by province.csv", "rice_production", "10*3.t", "P1Y"),
    (
        "agriculture/gso/Production of autumn paddy by province.csv",
        "rice_production",
        "10*3.t",
        "season:he_thu",
    ),
    ("agriculture/gso/Production of winter paddy by province.csv", "rice_production", "10*3.t", "season:mua"),
    ("agriculture/gso/Yield of paddy by province.csv", "rice_yield", "tạ/ha", "P1Y"),
    ("agriculture/gso/Yield of autumn paddy by province.csv", "rice_yield", "tạ/ha", "season:he_thu"),
    ("agriculture/gso/Yield of winter paddy by province.csv", "rice_yield", "tạ/ha", "season:mua"),
    ("agriculture/gso/Planted area of maize by province.csv", "maize_area_planted", "10*3.har", "P1Y"),
    ("agriculture/gso/Production of aquaculture by province.csv", "aquaculture_prod", "t", "P1Y"),
    ("agriculture/gso/Production of aquaculture fish.csv", "aquaculture_fish_prod", "t", "P1Y"),
    (
        "agriculture/gso/Production of aquaculture shrimp by province.csv",
        "aquaculture_shrimp_prod",
        "t",
        "P1Y",
    ),
    ("agriculture/gso/Production of fishery by province.csv", "fishery_prod", "t", "P1Y"),
    ("socioeconomic/gso/Population growth rate by province.csv", "population_growth_rate", "%", "P1Y"),
    ("socioeconomic/gso/Poverty rate by province.csv", "poverty_rate_income", "%", "P1Y"),
    ("socioeconomic/gso/Sex ratio of population by province.csv", "sex_ratio", "%", "P1Y"),
    (
        "socioeconomic/gso/Total fertility rate by province.csv",
        "total_fertility_rate",
        "{child}/{woman}",
        "P1Y",
    ),
];

const BY_ITEM: &[(&str, &str, &str)] = &[
    (
        "agriculture/gso/Number of farms by kinds of manufacturing sector and by province.csv",
        "{year} {property}",
        "Total = \"farm_count\", Others = \"farm_count_other\"",
    ),
    (
        "socioeconomic/gso/Area, population and population density by province.csv",
        "{year} {property} ({unit})",
        "Area = \"land_area\", Km2 = \"km2\", \"Thous. pers.\" = \"10*3{person}\", \"Person/km2\" = \"{person}/km2\"",
    ),
    (
        "socioeconomic/gso/Average collected solid waste treated per day by province.csv",
        "{year} {property}",
        "\"Total of collected solid waste\" = \"solid_waste_collected\"",
    ),
    (
        "socioeconomic/gso/Crude birth rate, crude death rate and natural increase rate by province.csv",
        "{property} {year}",
        "\"Crude birth rate\" = \"crude_birth_rate\"",
    ),
    (
        "socioeconomic/gso/Monthly average income per capita at current prices by income source and by province.csv",
        "{year} {property}",
        "Total = \"income_per_capita_month\", Others = \"income_per_capita_month_other\"",
    ),
    (
        "admin/gso/Number of administrative units as of 31 December by province.csv",
        "{year} {property}",
        "Towns = \"admin_count_towns\", Communes = \"admin_count_communes\", Wards = \"admin_count_wards\"",
    ),
];

const AT_STATIONS: &[(&str, &str, &str, &str)] = &[
    (
        "climate/gso/Mean air temperature at some stations.csv",
        "Cities, provinces",
        "year",
        "property = \"air_temp\"\nunit = \"Cel\"\nstatistic = \"mean\"\nperiod = \"P1Y\"\n",
    ),
    (
        "climate/gso/Total rainfall at some stations.csv",
        "Cities, provinces",
        "year",
        "property = \"rain_total\"\nunit = \"mm\"\nperiod = \"P1Y\"\n",
    ),
    (
        "climate/gso/Monthly mean air temperature at some stations.csv",
        "Cities, provincies",
        "month",
        "property = \"air_temp\"\nunit = \"Cel\"\nstatistic = \"mean\"\nperiod = \"P1M\"\n",
    ),
    (
        "climate/gso/Monthly rainfall at some stations.csv",
        "Cities, provincies",
        "month",
        "property = \"rain_total\"\nunit = \"mm\"\nperiod = \"P1M\"\n",
    ),
    (
        "hydrology/gso/Average of sea level at some stations by year.csv",
        "Station",
        "year",
        "property = \"tide_height\"\nunit = \"cm\"\nstatistic = \"mean\"\nperiod = \"P1Y\"\n",
    ),
    (
        "hydrology/gso/Average of sea level at some stations.csv",
        "Station",
        "month",
        "property = \"tide_height\"\nunit = \"cm\"\nstatistic = \"mean\"\nperiod = \"P1M\"\n",
    ),
];

const LAND: [(&str, &str); 5] = [
    ("Total area", "land_area"),
    ("Agricultural production land", "land_area_agricultural"),
    ("Forestry land", "land_area_forestry"),
    ("Specially used land", "land_area_special_use"),
    ("Homestead land", "land_area_homestead"),
];

const RICE: [(&str, &str); 6] = [
    ("dien_tich", "property = \"rice_area_sown\"\nunit = \"10*3.har\"\n"),
    ("san_luong", "property = \"rice_production\"\nunit = \"10*3.t\"\n"),
    ("tổng số giờ nắng", "property = \"sunshine_total\"\nunit = \"h\"\n"),
    ("tổng lượng mưa", "property = \"rain_total\"\nunit = \"mm\"\n"),
    ("độ ẩm trung bình", "property = \"rel_humidity\"\nunit = \"%\"\nstatistic = \"mean\"\n"),
    ("nhiệt độ trung bình", "property = \"air_temp\"\nunit = \"Cel\"\nstatistic = \"mean\"\n"),
];

const PAPI: [(&str, &str); 6] = [
    ("Participation at Local Levels", "participation"),
    ("Transparency", "transparency"),
    ("Vertical Accountability", "accountability"),
    ("Control of Corruption", "corruption_control"),
    ("Public Administrative Procedures", "procedures"),
    ("Public Service Delivery", "services"),
];

const PCI: [(&str, &str); 10] = [
    ("Chi phí gia nhập thị trường", "entry_costs"),
    ("Tiếp cận đất đai", "land_access"),
    ("Tính minh bạch", "transparency"),
    ("Chi phí thời gian", "time_costs"),
    ("Chi phí không chính thức", "informal_charges"),
    ("Cạnh tranh bình đẳng", "policy_bias"),
    ("Tính năng động", "proactivity"),
    ("Dịch vụ hỗ trợ DN", "business_support"),
    ("Đào tạo lao động", "labour_training"),
    ("Thiết chế pháp lý", "legal_institutions"),
];

/// The national table of paddy: a season a column, and rows of indices that are no quantities.
fn national_paddy() -> String {
    let seasons = [
        ("Total", "P1Y"),
        ("Spring", "season:dong_xuan"),
        ("Autumn", "season:he_thu"),
        ("Winter", "season:mua"),
    ];
    let mut mapping = String::from(
        "[rows]\nskip = [\"Index*\"]\n[place]\nvalue = \"iso3166:VN\"\n[time]\nyear = { column = \"Year\" }\n",
    );
    for (what, property, unit) in
        [("Planted area", "rice_area_sown", "10*3.har"), ("Production", "rice_production", "10*3.t")]
    {
        for (season, period) in seasons {
            let written = if unit.ends_with('t') { "Thous. Tons" } else { "Thous. Ha" };
            let column = if season == "Total" {
                format!("Total {what} ({written})")
            } else {
                format!("{what} of {season} paddy ({written})")
            };
            mapping.push_str(&format!(
                "[[value]]\ncolumn = \"{column}\"\nproperty = \"{property}\"\nunit = \"{unit}\"\nperiod = \"{period}\"\nrange = [0, 100000]\n"
            ));
        }
    }
    mapping
}
