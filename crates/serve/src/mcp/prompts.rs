//! Prompts: questions that people of the delta ask often, as the first message of a conversation, in
//! Vietnamese and English.

use model::Lang;
use serde_json::{Value, json};
use wording::told;

use super::rpc::Failure;

/// A blank of a prompt: its name, whether it must be filled, and what it means in Vietnamese and English.
type Blank = (&'static str, bool, [&'static str; 2]);

/// A prompt: words in Vietnamese and in English, with blanks `{name}`.
struct Prompt {
    name: &'static str,
    title: [&'static str; 2],
    description: [&'static str; 2],
    blanks: &'static [Blank],
    text: [&'static str; 2],
}

/// The longest text for a blank.
const MOST_LETTERS: usize = 500;

const PROMPTS: [Prompt; 4] = [
    Prompt {
        name: "salinity_bulletin",
        title: ["Bản tin xâm nhập mặn", "Salinity bulletin"],
        description: [
            "Tóm tắt diễn biến mặn tại một nơi trong một khoảng thời gian, có nguồn của từng con số.",
            "Sums up salinity at a place over a time, with the source of every number.",
        ],
        blanks: &[
            (
                "place",
                true,
                [
                    "Trạm, cửa sông hoặc tỉnh, ví dụ Cầu Nổi.",
                    "A station, river mouth or province, e.g. Cầu Nổi.",
                ],
            ),
            (
                "time",
                false,
                [
                    "Khoảng thời gian; mặc định là 30 ngày có số liệu gần nhất.",
                    "A time; the last 30 days with data when absent.",
                ],
            ),
        ],
        text: [
            "Hãy viết bản tin xâm nhập mặn cho {place}, thời gian: {time|30 ngày có số liệu gần nhất}.\n\
             1. Dùng `search` tìm bộ dữ liệu và trạm, rồi `describe` để biết chuỗi số liệu nào có.\n\
             2. Dùng `aggregate` lấy trung bình, lớn nhất, nhỏ nhất theo ngày; so với ngưỡng 1 g/l (nước sinh hoạt) và 4 g/l (ranh mặn).\n\
             3. Dùng `draw` vẽ chuỗi chính.\n\
             Nêu bộ dữ liệu, phiên bản, giấy phép của mọi con số; nói rõ nếu là số liệu giả lập, nếu cờ chất lượng là 3 hoặc 4, \
             và những ngày không có số liệu. Không đoán số nào không có trong câu trả lời của công cụ.",
            "Write a bulletin on salt intrusion for {place}, time: {time|the last 30 days with data}.\n\
             1. Find datasets and the station with `search`, then see with `describe` which series there are.\n\
             2. Get daily means, maxima and minima with `aggregate`; compare with 1 g/l (household water) and 4 g/l (the isohaline).\n\
             3. Draw the main series with `draw`.\n\
             Name dataset, version and licence of every number; say where values are synthetic, where the quality flag is 3 or 4, \
             and on which days there are none. Guess no number that no tool answered.",
        ],
    },
    Prompt {
        name: "compare_places",
        title: ["So sánh các địa phương", "Compare places"],
        description: [
            "So sánh một chỉ tiêu giữa nhiều nơi, trên cùng địa giới.",
            "Compares an indicator between places, on one geography.",
        ],
        blanks: &[
            ("property", true, ["Chỉ tiêu, ví dụ sản lượng lúa.", "The indicator, e.g. rice production."]),
            ("places", true, ["Các nơi, cách nhau bằng dấu phẩy.", "The places, separated by commas."]),
            ("years", false, ["Các năm; mặc định là năm mới nhất.", "The years; the newest when absent."]),
        ],
        text: [
            "Hãy so sánh {property} giữa {places}, năm: {years|mới nhất có số liệu}.\n\
             Tìm bằng `search`, xem bằng `describe`, lấy số bằng `ask_sql` (bảng `observation`; cột place, property, unit, phenomenon_time, result, quality). \
             Địa giới đã đổi ngày 01/07/2025: chỉ so các con số trên cùng địa giới, và nói rõ số nào là ước tính quy đổi. \
             Trình bày thành bảng có đơn vị, kèm bộ dữ liệu, phiên bản và giấy phép.",
            "Compare {property} between {places}, years: {years|the newest with data}.\n\
             Find with `search`, look with `describe`, get numbers with `ask_sql` (table `observation`; columns place, property, unit, phenomenon_time, result, quality). \
             Boundaries changed on 1 July 2025: compare only numbers on one geography, and say which are estimates of a conversion. \
             Give a table with units, and with dataset, version and licence.",
        ],
    },
    Prompt {
        name: "where_from",
        title: ["Con số này từ đâu ra?", "Where does this number come from?"],
        description: [
            "Lần theo một con số về tệp và ô mà nó được đọc từ đó.",
            "Follows a number back to the file and the cell that it was read from.",
        ],
        blanks: &[(
            "number",
            true,
            ["Con số, nơi, chỉ tiêu và thời điểm.", "The number with its place, property and time."],
        )],
        text: [
            "Con số này từ đâu ra: {number}?\n\
             Tìm bộ dữ liệu và chuỗi bằng `search` và `describe`, xác định giá trị bằng `observe`, rồi gọi `trace`. \
             Kể lại: phiên bản, lượt nạp, tệp gốc, trang, hàng, cột, nội dung ô, và cơ quan công bố. \
             Nếu giá trị đã được đính chính, nêu giá trị trước và sau.",
            "Where does this number come from: {number}?\n\
             Find the dataset and the series with `search` and `describe`, settle the value with `observe`, then call `trace`. \
             Tell: version, run, original file, sheet, row, column, what the cell says, and which agency published it. \
             If the value was corrected, give it before and after.",
        ],
    },
    Prompt {
        name: "what_changed",
        title: ["Có gì mới?", "What is new?"],
        description: [
            "Tóm tắt các thay đổi của dữ liệu từ một ngày.",
            "Sums up what changed in the data since a day.",
        ],
        blanks: &[("since", true, ["Từ ngày, ví dụ 2026-02-01.", "Since this day, e.g. 2026-02-01."])],
        text: [
            "Từ {since} đến nay dữ liệu có gì mới? Gọi `changes` với `since`, đi tiếp bằng `cursor` cho đến khi `more` là false. \
             Gộp theo bộ dữ liệu: số liệu mới, đính chính, rút lại, sản phẩm. Nêu đính chính nào làm đổi một kết luận.",
            "What is new in the data since {since}? Call `changes` with `since`, go on with `cursor` until `more` is false. \
             Group by dataset: new values, corrections, withdrawals, products. Say which correction changes a conclusion.",
        ],
    },
];

/// Which of the two languages is spoken.
fn spoken<'t>(words: &[&'t str; 2], lang: Lang) -> &'t str {
    match lang {
        Lang::En => words[1],
        Lang::Vi | Lang::Km => words[0],
    }
}

/// The list of prompts.
pub(super) fn list(lang: Lang) -> Value {
    let described = |prompt: &Prompt| {
        let blank = |(name, needed, meaning): &Blank| json!({ "name": name, "description": spoken(meaning, lang), "required": needed });
        json!({
            "name": prompt.name,
            "title": spoken(&prompt.title, lang),
            "description": spoken(&prompt.description, lang),
            "arguments": prompt.blanks.iter().map(blank).collect::<Vec<_>>(),
        })
    };
    json!({ "prompts": PROMPTS.iter().map(described).collect::<Vec<_>>() })
}

/// A prompt with its blanks filled.
pub(super) fn get(lang: Lang, params: &Value) -> Result<Value, Failure> {
    let name = params["name"].as_str().ok_or_else(|| {
        Failure::params(told!("serve-missing-member", "`{name}` is missing", name = "name"))
    })?;
    let short = |text: &str| text.chars().take(80).collect::<String>();
    let prompt = PROMPTS.iter().find(|prompt| prompt.name == name).ok_or_else(|| {
        Failure::params(told!("serve-mcp-no-prompt", "there is no prompt `{name}`", name = short(name)))
    })?;
    let given = match &params["arguments"] {
        Value::Null => serde_json::Map::new(),
        Value::Object(given) => given.clone(),
        _ => return Err(Failure::params(told!("serve-mcp-arguments-no-object", "`arguments` is no object"))),
    };
    if let Some(unknown) = given.keys().find(|key| !prompt.blanks.iter().any(|(name, ..)| name == key)) {
        return Err(Failure::params(told!(
            "serve-mcp-no-argument",
            "`{argument}` is no argument of `{name}`",
            argument = short(unknown),
            name = name
        )));
    }
    let mut filled: Vec<(&str, Option<&str>)> = Vec::new();
    for (blank, needed, _) in prompt.blanks {
        let value = match given.get(*blank) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) if text.chars().count() <= MOST_LETTERS => {
                Some(text.trim()).filter(|text| !text.is_empty())
            }
            Some(_) => {
                return Err(Failure::params(told!(
                    "serve-mcp-no-text-of-letters",
                    "`{name}` is no text of at most {most} letters",
                    name = blank,
                    most = MOST_LETTERS
                )));
            }
        };
        if *needed && value.is_none() {
            return Err(Failure::params(told!("serve-missing-member", "`{name}` is missing", name = blank)));
        }
        filled.push((blank, value));
    }
    let text = fill(spoken(&prompt.text, lang), &filled);
    Ok(json!({
        "description": spoken(&prompt.description, lang),
        "messages": [{ "role": "user", "content": { "type": "text", "text": text } }],
    }))
}

/// A text with `{name}` and `{name|otherwise}` filled, read once from left to right: what fills a blank is
/// never read for blanks itself.
fn fill(text: &str, filled: &[(&str, Option<&str>)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('{') {
        let Some((blank, after)) = behind.split_once('}') else { break };
        let (name, otherwise) = blank.split_once('|').unwrap_or((blank, ""));
        let value = filled.iter().find(|(known, _)| *known == name).and_then(|(_, value)| *value);
        out.push_str(before);
        out.push_str(value.unwrap_or(otherwise));
        rest = after;
    }
    out + rest
}
