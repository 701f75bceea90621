//! Drafts: a file is kept and looked at, and nothing of it is in the dataset before it is committed.

use bytes::Bytes;
use chrono::TimeDelta;
use futures::StreamExt;
use intake::mapping::{Choices, ColumnChoice, ColumnRole, MappingText};
use intake::{CellRole, Error, Intake, IntakeLimits, Load, Part, Staged};
use model::{Lang, RunState, Version};
use policy::Purpose;

use crate::node::{Node, now, told};

const FILE: &str = "Trạm;Ngày;Độ mặn (g/l);Ghi chú\nstation:cau_noi;21/02/2020;3,9;\nstation:cau_noi;22/02/2020;430;máy hỏng\nstation:tra_vinh;21/02/2020;1,5;\n";
const MAPPING: &str = "version = 1\nkind = \"observations\"\n[place]\ncolumn = \"Trạm\"\n[time]\ncolumns = [\"Ngày\"]\n[[value]]\ncolumn = \"Độ mặn (g/l)\"\nproperty = \"salinity\"\nunit = \"g/L\"\n";

async fn stage(node: &Node, file: &str, mapping: Option<&str>) -> Result<Staged, Error> {
    let permit = node.permit("series", Purpose::Write).await;
    let bytes = Bytes::copy_from_slice(file.as_bytes());
    let load = Load {
        file_name: "mặn.csv".into(),
        body: futures::stream::iter([Ok(bytes)]).boxed(),
        mapping: mapping.map(str::to_owned),
        dry_run: false,
        now: now(),
    };
    node.intake.stage(&permit, load, &|_| {}).await
}

#[tokio::test]
async fn a_draft_says_what_a_commit_would_do_and_writes_nothing() {
    let node = Node::new().await;
    let staged = stage(&node, FILE, Some(MAPPING)).await.unwrap();
    assert_eq!((staged.run.state, staged.review.problem.as_ref()), (RunState::Staged, None));
    let totals = staged.run.totals;
    assert_eq!((totals.rows, totals.added, totals.refused), (3, 2, 1));
    let (findings, _) = node.catalog.findings(&staged.run.id, 0, 10).await.unwrap();
    assert_eq!(
        told(&findings),
        [("out_of_range", "C3".to_owned(), "430"), ("remark_says", "D3".to_owned(), "máy hỏng")]
    );
    assert!(node.values("series").await.is_empty());
    assert_eq!(node.catalog.mapping(&staged.run.dataset, None).await.unwrap(), None);
    assert!(node.catalog.runs(&staged.run.dataset, 10).await.unwrap().is_empty(), "a draft is not listed");

    let permit = node.permit("series", Purpose::Write).await;
    let report = node.intake.commit_staged(&permit, &staged.run.id, now(), &|_| {}).await.unwrap();
    assert_eq!((report.run.state, report.run.version), (RunState::Done, Some(Version(1))));
    assert_eq!(report.run.id, staged.run.id);
    assert_eq!(node.values("series").await.len(), 2);
    let (findings, _) = node.catalog.findings(&staged.run.id, 0, 10).await.unwrap();
    assert_eq!(findings.len(), 2, "what was found is there once");
    assert!(node.catalog.draft(&staged.run.id).await.unwrap().is_none());
    let again = node.intake.commit_staged(&permit, &staged.run.id, now(), &|_| {}).await;
    assert!(matches!(again, Err(Error::NotFound { .. })));
}

/// The sentences in the comments of a mapping.
fn comments(mapping: &str) -> String {
    mapping.lines().filter_map(|line| line.strip_prefix("# ")).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_guess_is_explained_in_the_readers_language_and_kept_in_english() {
    let node = Node::new().await;
    let permit = node.permit("series", Purpose::Write).await;
    let sure =
        stage(&node, &FILE.replace(";Ghi chú", "").replace(";\n", "\n").replace(";máy hỏng", ""), None).await;
    let sure = sure.unwrap();
    assert!(sure.review.guessed && sure.review.problem.is_none(), "{:?}", sure.review);
    let kept = comments(&sure.review.mapping);
    assert!(kept.contains("the header names the property `salinity`"), "{kept}");
    let shown = sure.review.mapping_in(Lang::Vi);
    assert!(shown.contains("# 0.95: tiêu đề nêu chỉ tiêu `salinity`"), "{shown}");
    assert!(!comments(&shown).contains("the "), "{shown}");
    assert_eq!(sure.review.mapping_in(Lang::En), sure.review.mapping);
    // What was shown comes back from a form.
    let again = node.intake.review(&permit, &sure.run.id, &shown, now(), &|_| {}).await.unwrap();
    assert_eq!(comments(&again.review.mapping), kept);
    assert!(again.review.guessed, "the same mapping is as much a guess as before");

    let asked = stage(&node, "Trạm;Ngày;Thứ gì\nCầu Nổi;21/02/2020;3,9\nCầu Nổi;22/02/2020;4,1\n", None)
        .await
        .unwrap();
    let problem = asked.review.problem.clone().unwrap();
    let told = problem.what().sentence(Lang::Vi);
    assert!(told.contains("không có gì cho biết giá trị ở `Thứ gì` thuộc chỉ tiêu nào"), "{told}");
    assert!(asked.review.mapping.contains("# FILL IN: "), "{}", asked.review.mapping);
    let shown = asked.review.mapping_in(Lang::Vi);
    assert!(shown.contains("# HÃY ĐIỀN: mã của chỉ tiêu") && !shown.contains("FILL IN"), "{shown}");
}

#[tokio::test]
async fn a_mapping_that_is_kept_is_shown_in_the_readers_language() {
    let node = Node::new().await;
    let report =
        node.load("series", "a.csv", "Trạm;Ngày;Độ mặn (g/l)\nCầu Nổi;21/02/2020;3,9\n", None).await.unwrap();
    let kept = node.catalog.mapping(&report.run.dataset, None).await.unwrap().unwrap().1;
    assert_eq!(kept, *report.mapping);
    let shown = MappingText::from(kept).shown(Lang::Vi);
    let comments = comments(&shown);
    assert!(comments.contains("Tệp này trông như sau"), "{shown}");
    assert!(comments.contains("có ngày mà số thứ nhất lớn hơn 12: ngày đứng trước"), "{shown}");
    assert_eq!(shown, report.mapping.shown(Lang::Vi));
}

#[tokio::test]
async fn a_draft_shows_what_it_would_correct_old_beside_new() {
    let node = Node::new().await;
    let first = node.load("series", "a.csv", FILE, Some(MAPPING)).await.unwrap();
    let staged = stage(&node, &FILE.replace("1,5", "1,7"), None).await.unwrap();
    assert_eq!(staged.run.totals.corrected, 1);
    let [correction] = staged.review.corrections.as_slice() else { panic!("{:?}", staged.review) };
    assert_eq!(
        (correction.cell.as_str(), correction.before.as_str(), correction.after.as_str()),
        ("C4", "1.5", "1.7")
    );
    assert_eq!((correction.place.as_str(), &correction.run), ("station:tra_vinh", &first.run.id.to_string()));
}

#[tokio::test]
async fn a_file_that_no_mapping_fits_is_kept_with_one_to_start_from() {
    let node = Node::new().await;
    let staged = stage(&node, "a;b\n1;2\n", None).await.unwrap();
    assert!(staged.review.problem.is_some());
    let permit = node.permit("series", Purpose::Write).await;
    let commit = node.intake.commit_staged(&permit, &staged.run.id, now(), &|_| {}).await;
    assert!(matches!(commit, Err(Error::Invalid { .. })));
    // A mistake in the text stays there to be corrected.
    let wrong = node.intake.review(&permit, &staged.run.id, "version = 7", now(), &|_| {}).await.unwrap();
    assert_eq!(wrong.review.mapping, "version = 7");
    assert!(wrong.review.problem.unwrap().what().contains("line 1"));
    let staged = stage(&node, FILE, Some("version = 7")).await.unwrap();
    let mended = node.intake.review(&permit, &staged.run.id, MAPPING, now(), &|_| {}).await.unwrap();
    assert_eq!((mended.review.problem, mended.run.totals.added), (None, 2));
}

#[tokio::test]
async fn cells_show_what_they_are_and_a_choice_changes_it() {
    let node = Node::new().await;
    let staged = stage(&node, FILE, Some(MAPPING)).await.unwrap();
    let permit = node.permit("series", Purpose::Write).await;
    let part = Part { sheet: None, from: 1, count: 2, header: None };
    let drawn = node.intake.drawn(&permit, &staged.run, &staged.review.mapping, part).await.unwrap();
    let roles: Vec<CellRole> = drawn.columns.iter().map(|(_, role)| *role).collect();
    assert_eq!(roles, [CellRole::Place, CellRole::Time, CellRole::Value, CellRole::LeftOut]);
    assert_eq!((drawn.header_row, drawn.rows.len(), drawn.next), (Some(1), 2, Some(3)));
    assert_eq!(drawn.rows[0].cells[2].role, CellRole::Header);
    assert_eq!((drawn.rows[1].cells[2].text.as_str(), drawn.rows[1].cells[2].role), ("3,9", CellRole::Value));

    let mut choices = Choices::of(&staged.review.mapping);
    choices.columns.retain(|column| column.role != ColumnRole::Time);
    choices.time = "2020-02-01".into();
    let mapping = choices.write_into(&staged.review.mapping).unwrap();
    let reviewed = node.intake.review(&permit, &staged.run.id, &mapping, now(), &|_| {}).await.unwrap();
    let part = Part { from: 2, ..part };
    let drawn = node.intake.drawn(&permit, &reviewed.run, &mapping, part).await.unwrap();
    assert_eq!(drawn.columns[1].1, CellRole::LeftOut);
    assert_eq!(drawn.rows[0].number, 2);
    let named = ColumnChoice { name: "Ngày".into(), role: ColumnRole::Time, ..ColumnChoice::default() };
    assert!(!choices.columns.contains(&named));
}

#[tokio::test]
async fn a_draft_outlives_the_node_and_is_thrown_away_in_time() {
    let node = Node::new().await;
    let staged = stage(&node, FILE, Some(MAPPING)).await.unwrap();
    let other = stage(&node, FILE, Some(MAPPING)).await.unwrap();
    // The node stopped in the middle of the commit of one.
    assert!(node.catalog.take_up_draft(&other.run.id).await.unwrap());
    let after = Intake::new(node.catalog.clone(), node.lake.clone(), IntakeLimits::default());
    after.recover(now()).await.unwrap();
    let permit = node.permit("series", Purpose::Write).await;
    assert_eq!(after.staged(&permit, &other.run.id).await.unwrap().run.state, RunState::Staged);
    after.commit_staged(&permit, &other.run.id, now(), &|_| {}).await.unwrap();
    assert_eq!(node.values("series").await.len(), 2);

    after.expire_drafts(now() + TimeDelta::days(6)).await.unwrap();
    assert!(after.staged(&permit, &staged.run.id).await.is_ok());
    after.expire_drafts(now() + TimeDelta::days(8)).await.unwrap();
    assert!(matches!(after.staged(&permit, &staged.run.id).await, Err(Error::NotFound { .. })));
    let run = node.catalog.run(&staged.run.id).await.unwrap().unwrap();
    assert_eq!((run.state, run.original), (RunState::Failed, None));
    assert_eq!(node.catalog.findings(&staged.run.id, 0, 10).await.unwrap().1, 0);
}

#[tokio::test]
async fn of_two_who_commit_at_once_one_does() {
    let node = Node::new().await;
    let staged = stage(&node, FILE, Some(MAPPING)).await.unwrap();
    let permit = node.permit("series", Purpose::Write).await;
    let commit = || node.intake.commit_staged(&permit, &staged.run.id, now(), &|_| {});
    let (one, two) = tokio::join!(commit(), commit());
    assert_eq!([one.is_ok(), two.is_ok()].iter().filter(|ok| **ok).count(), 1);
    assert_eq!(node.values("series").await.len(), 2);
}
