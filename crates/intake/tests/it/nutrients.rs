//! Nutrients as an ion or as its element, all made up for these tests: what is said is computed with the masses of
//! `reference/nutrients.csv`, what is not said is asked.

use crate::agencies::Desk;

fn lab(header: &str, value: &str) -> String {
    format!(
        "Trạm;Ngày lấy mẫu;{header};pH\nTân Châu;13/02/2020;{value};7,1\nChâu Đốc;13/02/2020;{value};7,2\n"
    )
}

#[tokio::test]
async fn a_nutrient_that_names_neither_ion_nor_element_by_which_it_is_counted_is_asked_about() {
    let desk = Desk::new().await;
    for (header, code) in [
        ("NO3- (mg/L)", "no3_n"),
        ("Nitrate (mg/l)", "no3_n"),
        ("NH4+ (mg/L)", "nh4_n"),
        ("Ammonium (mg/l)", "nh4_n"),
        ("PO4 (mg/L)", "po4_p"),
    ] {
        let question = format!("it is taken for `{code}`, as");
        desk.asks("nuoc.csv", lab(header, "0,5"), &["may be counted as", &question], "", &[]).await;
    }
    // In lines that name what was measured, too.
    let long = "Station,Date,Parameter,Value,Unit\nTân Châu,2020-02-13,Nitrate,0.5,mg/L\nTân Châu,2020-02-13,pH,7.1,\n";
    desk.asks("long.csv", long, &["`Nitrate` may be counted as N or as NO3"], "", &[]).await;
}

#[tokio::test]
async fn a_nutrient_is_computed_from_what_its_name_or_its_unit_says() {
    let desk = Desk::new().await;
    for (header, value, code, result) in [
        ("NO3-N (mg/L)", "0,5", "no3_n", "0.5"),
        ("N-NO3 (mg/L)", "0,5", "no3_n", "0.5"),
        ("N-NO3- (mg/L)", "0,5", "no3_n", "0.5"),
        ("Nitrat (theo N) (mg/L)", "0,5", "no3_n", "0.5"),
        ("Nitrate (mg N/L)", "0,5", "no3_n", "0.5"),
        ("Nitrate (mg/L as N)", "0,5", "no3_n", "0.5"),
        ("NO3- (mg/L theo N)", "0,5", "no3_n", "0.5"),
        ("NH4+-N (mg/L)", "0,5", "nh4_n", "0.5"),
        ("PO4-P (mg/L)", "0,5", "po4_p", "0.5"),
        ("Nitrate (mg NO3/L)", "62,004", "no3_n", "14.007"),
        ("Nitrate (mg/L NO3-)", "62,004", "no3_n", "14.007"),
        ("Ammonium (mg{NH4}/L)", "18,039", "nh4_n", "14.007"),
        ("Nitrate (umol/L)", "1000,0", "no3_n", "14.007"),
        ("PO4 (µmol/L)", "100,0", "po4_p", "3.0974"),
    ] {
        let taken = desk
            .take("nuoc.csv", lab(header, value), None)
            .await
            .unwrap_or_else(|asked| panic!("{header}: {asked}"));
        let expected = format!("station:tan_chau|{code}|instant||2020-02-13|{result}");
        assert!(taken.values.contains(&expected), "{header}: {:?}\n{}", taken.values, taken.mapping);
    }
}
