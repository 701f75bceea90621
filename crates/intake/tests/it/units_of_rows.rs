//! Long tables in which some rows say their unit and others do not.

use crate::agencies::Desk;

#[tokio::test]
async fn rows_without_a_unit_beside_rows_with_one_are_asked_about() {
    let desk = Desk::new().await;
    let table = |level: &str| {
        format!(
            "station,time,variable,unit,value\nTân Châu,2024-01-01 00:00,water_level,{level},1.2\nChâu Đốc,2024-01-01 00:00,water_level,{level},1.3\nTân Châu,2024-01-01 00:00,salinity,g/L,1.4\nChâu Đốc,2024-01-01 00:00,salinity,g/L,1.5\n"
        )
    };
    for level in ["", "-"] {
        desk.asks("a.csv", table(level), &["`cm`, or in `m`"], "", &[]).await;
    }
}
