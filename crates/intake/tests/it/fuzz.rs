//! Mappings bent out of good ones: an error that names its line, never a panic.

#[path = "../../../testkit/src/fuzz.rs"]
mod driver;

use intake::mapping::Mapping;

#[test]
fn mappings() {
    let seeds = [
        include_str!("../../../cuulong/src/sample/salinity.toml"),
        include_str!("../../../cuulong/src/sample/water_level.toml"),
        "version = 1\nkind = \"features\"\n[source]\nencoding = \"vni\"\nencodings = { \"Tên\" = \"tcvn3\" }\n[feature]\nid = \"code\"\n[[attribute]]\nname = \"phone\"\ntype = \"text\"\n[[personal]]\ncolumn = \"phone\"\ndecision = \"leave_out\"\ndecided_by = \"lan\"\n",
    ];
    driver::fuzz_text(&seeds, |text| match Mapping::parse(text) {
        Err(error) => assert!(error.to_string().contains("mapping"), "{error}"),
        Ok(mapping) => {
            let again = Mapping::parse(&mapping.to_toml()).expect("what is written is read again");
            assert_eq!(format!("{again:?}"), format!("{mapping:?}"));
        }
    });
}
