//! Attachments: joined to the records that name them, missed, differing, copied out, looked at.

use emma_testkit::TestCase;
use serde_json::Value;

/// A picture of one red pixel.
const PIXEL: &str = "89504e470d0a1a0a0000000d49484452000000010000000108020000009077\
    53de0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082";

fn pixel() -> Vec<u8> {
    let byte = |at: usize| u8::from_str_radix(&PIXEL[at..at + 2], 16).unwrap();
    (0..PIXEL.len()).step_by(2).map(byte).collect()
}

fn message(id: u32, from: &str, more: &str) -> String {
    format!(
        "{{\"id\":{id},\"type\":\"message\",\"date\":\"2020-05-01T10:00:0{id}\",\
         \"date_unixtime\":\"158832720{id}\",\"from\":\"{from}\",\"from_id\":\"{from}\",\
         \"text\":\"no {id}\",\"text_entities\":[]{more}}}"
    )
}

/// A chat export whose seven messages name eight files, of which some came.
fn case(authority: &str) -> TestCase {
    let case = TestCase::new(env!("CARGO_BIN_EXE_emma"));
    case.found_with_authority(authority);
    let messages = [
        message(1, "user1", r#","photo":"photos/a.png","photo_file_size":69"#),
        message(2, "user1", r#","file":"files/b.bin","file_size":4"#),
        message(3, "user2", r#","file":"files/b.bin","file_size":5"#),
        message(4, "user2", r#","file":"files/gone.bin","thumbnail":"files/gone.jpg""#),
        message(
            5,
            "user2",
            r#","file":"(File not included. Change data exporting settings to download.)""#,
        ),
        message(6, "user2", r#","file":"twice.bin""#),
        message(7, "user2", r#","file":"only.bin""#),
    ];
    let chat = format!(
        "{{\"name\":\"x\",\"type\":\"personal_chat\",\"id\":1,\"messages\":[{}]}}",
        messages.join(",")
    );
    case.file("chat/result.json", chat);
    case.file("chat/photos/a.png", pixel());
    case.file("chat/files/b.bin", [1u8, 2, 3, 0]);
    case.file("other/one/twice.bin", [0u8, 1]);
    case.file("other/two/twice.bin", [0u8, 2]);
    case.file("other/only.bin", [0u8, 3]);
    case.file("other/nobody.png", [&pixel()[..], b"\0"].concat());
    let mail = "From: a@example.org\r\nTo: b@example.org\r\n\
        Date: Fri, 1 May 2020 10:00:00 +0000\r\n\
        Message-ID: <1@example.org>\r\nMIME-Version: 1.0\r\n\
        Content-Type: multipart/mixed; boundary=x\r\n\r\n\
        --x\r\nContent-Type: text/plain\r\n\r\nhi\r\n\
        --x\r\nContent-Type: application/octet-stream; name=c.bin\r\n\
        Content-Transfer-Encoding: base64\r\n\r\nAAEC\r\n--x--\r\n";
    case.file("other/mail.eml", mail);
    case.must(&["--quiet", "intake", "case", "chat", "other", "--source", "feed"]);
    case
}

fn listed(case: &TestCase) -> Vec<(String, String, String)> {
    let list = case.must(&["--json", "files", "list", "case"]).json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let files = list["files"].as_array().unwrap().iter();
    let mut files: Vec<_> =
        files.map(|one| (text(&one["name"]), text(&one["state"]), text(&one["by"]))).collect();
    files.sort();
    files
}

fn place_of(case: &TestCase, name: &str) -> String {
    let list = case.must(&["--json", "files", "list", "case"]).json();
    let mut files = list["files"].as_array().unwrap().iter();
    let found = files.find(|one| one["name"] == name).unwrap();
    found["file"]["place"].as_str().unwrap().to_owned()
}

#[test]
fn each_named_file_is_found_or_missed_and_each_says_by_what() {
    let case = case("");
    let expected = [
        ("", "missing", ""),
        ("c.bin", "inside", ""),
        ("files/b.bin", "delivered", "path"),
        ("files/b.bin", "differs", "path"),
        ("files/gone.bin", "missing", ""),
        ("files/gone.jpg", "missing", ""),
        ("only.bin", "delivered", "name"),
        ("other/nobody.png", "unnamed", ""),
        ("photos/a.png", "delivered", "path"),
        ("twice.bin", "ambiguous", "name"),
    ];
    let expected = expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned()));
    let twice = |name: &str| ("other/".to_owned() + name, "unnamed".to_owned(), String::new());
    let mut all = expected.to_vec();
    all.extend([twice("one/twice.bin"), twice("two/twice.bin")]);
    all.sort();
    assert_eq!(listed(&case), all);
    let people = case.must(&["files", "list", "case", "--state", "missing"]).out;
    assert!(people.contains("(the record itself says so)"), "{people}");
    let csv = case.must(&["files", "list", "case", "--format", "csv"]).out;
    assert_eq!(csv.lines().count(), 1 + all.len());
    let shown = case.must(&["files", "list", "case", "--state", "unnamed", "--limit", "1"]).out;
    assert!(shown.contains("the first 1 of 3 are listed"), "{shown}");
}

#[test]
fn a_message_shows_its_files() {
    let case = case("");
    let found = case.must(&["--json", "search", "case", "\"no 1\""]).json();
    let id = found["hits"][0]["id"].as_str().unwrap();
    let shown = case.must(&["--json", "show", "case", id]).json();
    let file = &shown["messages"][0]["copies"][0]["files"][0];
    assert_eq!(
        (&file["state"], &file["file"]["media"]),
        (&"delivered".into(), &"image/png".into())
    );
    assert!(
        case.must(&["show", "case", id]).out.contains("delivered: photos/a.png (image/png, 69 B")
    );
}

#[test]
fn a_file_is_copied_out_as_it_was_sealed() {
    let case = case("");
    let place = place_of(&case, "photos/a.png");
    case.must(&["files", "save", "case", &place, "--output", "a.png"]);
    assert_eq!(std::fs::read(case.path("a.png")).unwrap(), pixel());
    let again = case.emma(&["files", "save", "case", &place, "--output", "a.png"]);
    assert_eq!(again.code, 2, "what is there is not replaced");
    let nowhere = place.replace("@0+69", "@0+68");
    let said = case.emma(&["files", "save", "case", &nowhere, "--output", "b.png"]);
    assert_eq!((said.code, case.path("b.png").exists()), (2, false), "{}", said.err);
    let audit = case.must(&["audit", "case", "--kind", "access"]).out;
    assert!(audit.contains("files save"), "{audit}");
}

#[test]
fn a_reader_of_one_handle_sees_that_handles_files() {
    let case = case("handles = [\"user1\"]");
    let delivered = ("files/b.bin".to_owned(), "delivered".to_owned(), "path".to_owned());
    let photo = ("photos/a.png".to_owned(), "delivered".to_owned(), "path".to_owned());
    assert_eq!(listed(&case), [delivered, photo]);
    let list = case.must(&["--json", "files", "list", "case"]).json();
    assert_eq!(list["withheld"], serde_json::json!({ "handle": 7, "handle unknown": 4 }));
    let place = place_of(&case, "photos/a.png");
    case.must(&["files", "save", "case", &place, "--output", "mine.png"]);

    // A stranger's file under the same folder's name elsewhere opens nothing.
    let open = self::case("");
    let others = place_of(&open, "only.bin");
    let said = case.emma(&["files", "save", "case", &others, "--output", "theirs.bin"]);
    assert_eq!((said.code, case.path("theirs.bin").exists()), (2, false), "{}", said.err);
}

#[test]
fn a_page_of_thumbnails_is_written() {
    let case = case("");
    let beside = std::path::Path::new(env!("CARGO_BIN_EXE_emma")).with_file_name("emma-thumb");
    if !beside.exists() {
        println!("skipped: a_page_of_thumbnails_is_written: emma-thumb is not built beside emma");
        return;
    }
    let line = case.must(&["--json", "files", "sheet", "case", "--output", "page.html"]).json();
    assert_eq!((&line["pictures"], &line["undecoded"]), (&2.into(), &0.into()));
    let page = std::fs::read_to_string(case.path("page.html")).unwrap();
    assert_eq!(page.matches("<img alt=\"\" loading=\"lazy\" src=\"data:image/jpeg").count(), 2);
    assert!(page.contains("no 1") && page.contains("named by no record"), "{page}");
    let few = ["--json", "files", "sheet", "case", "--output", "few.html", "--limit", "1"];
    assert_eq!(case.must(&few).json()["left_out"], 1);
}

#[test]
fn a_name_that_a_strangers_file_has_too_opens_nothing() {
    for (authority, opens) in [("", true), ("handles = [\"user1\"]", false)] {
        let case = TestCase::new(env!("CARGO_BIN_EXE_emma"));
        case.found_with_authority(authority);
        let mine = message(1, "user1", r#","photo":"photos/s.png""#);
        let chat =
            format!("{{\"name\":\"x\",\"type\":\"personal_chat\",\"id\":1,\"messages\":[{mine}]}}");
        case.file("mine/result.json", chat);
        case.file("theirs/photos/s.png", pixel());
        case.must(&["--quiet", "intake", "case", "mine", "theirs", "--source", "feed"]);
        let list = case.must(&["--json", "files", "list", "case"]).json();
        assert_eq!(list["files"][0]["name"], "photos/s.png");
        assert_eq!(list["files"][0]["file"].is_object(), opens, "{list}");
        assert_eq!(list["files"][0]["candidates"], u32::from(opens));
    }
}
