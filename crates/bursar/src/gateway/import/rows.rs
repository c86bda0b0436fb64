//! The rows of a file, each as the JSON of one item.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};

use csv_core::ReadRecordResult;
use serde_json::{Map, Value};

use super::ImportError;

/// A longer line is no item; memory is not given to it.
const LINE_MAX: u64 = 2 << 20;
const NOT_UTF8: &str = "it is not UTF-8; save the file as UTF-8";
/// Columns that every item needs.
const REQUIRED: [&str; 3] = ["key", "user", "type"];

/// The form of a file.
#[derive(clap::ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// One JSON object a line.
    Jsonl,
    /// A header, and one item a row.
    Csv,
}

/// One row.
pub(crate) struct Row {
    /// Its line in the file, from 1.
    pub(crate) line: u64,
    /// The item's JSON on one line, or the row as it stands where that is no item.
    pub(crate) item: String,
    /// What is wrong with it, if that is known already.
    pub(crate) fault: Option<String>,
}

/// The rows of an open file.
pub(crate) struct Rows {
    path: PathBuf,
    lines: BufReader<File>,
    bytes: u64,
    read: u64,
    line: u64,
    /// Lines that a quote reached over in vain: they are rows of their own.
    again: VecDeque<Result<String, String>>,
    csv: Option<Columns>,
}

struct Columns {
    names: Vec<Column>,
    fields: Fields,
}

struct Column {
    /// The path of the value in the item: `seller.name`, `payments.0.amount`.
    path: Vec<String>,
    is_number: bool,
}

impl Rows {
    pub(crate) fn open(
        path: &Path,
        format: Option<Format>,
        delimiter: Option<char>,
    ) -> Result<Self, ImportError> {
        let failed = |source| ImportError::File {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(failed)?;
        let bytes = file.metadata().map_err(failed)?.len();
        let mut rows = Self {
            path: path.to_owned(),
            lines: BufReader::with_capacity(1 << 16, file),
            bytes,
            read: 0,
            line: 0,
            again: VecDeque::new(),
            csv: None,
        };
        let Some(format) = format.or_else(|| by_name(path)) else {
            return Err(rows.wrong("give --format csv or --format jsonl".to_owned()));
        };
        if format == Format::Csv {
            rows.csv = Some(rows.header(delimiter)?);
        }
        Ok(rows)
    }

    /// The file's size.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How much of it was read.
    pub(crate) fn read(&self) -> u64 {
        self.read
    }

    /// The next row that is not empty; none at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Row>, ImportError> {
        loop {
            let Some(first) = self.line()? else {
                return Ok(None);
            };
            let line = self.line;
            let (text, item) = match first {
                Ok(text) if text.trim().is_empty() => continue,
                Ok(text) => {
                    let item = self.item(&text)?;
                    (text, item)
                }
                Err(fault) => (String::new(), Err(fault)),
            };
            let (item, fault) = match item {
                Ok(item) => (item, None),
                Err(fault) => (text, Some(fault)),
            };
            return Ok(Some(Row { line, item, fault }));
        }
    }

    /// The item of a row that begins with this line.
    fn item(&mut self, first: &str) -> Result<Result<String, String>, ImportError> {
        let Some(mut columns) = self.csv.take() else {
            return Ok(Ok(first.trim().to_owned()));
        };
        let item = self.csv_item(&mut columns, first);
        self.csv = Some(columns);
        item
    }

    /// A record of CSV has as many lines as its quotes reach over. Where that leads to no item,
    /// the quote was a slip, and the lines after the first are looked at again.
    fn csv_item(
        &mut self,
        columns: &mut Columns,
        first: &str,
    ) -> Result<Result<String, String>, ImportError> {
        let begun = self.line;
        let mut more = Vec::new();
        let mut bytes = first.len() as u64;
        columns.fields.begin();
        let mut fed = columns.fields.feed(first);
        while fed == Fed::Open && bytes <= LINE_MAX {
            let Some(line) = self.line()? else { break };
            if let Ok(text) = &line {
                bytes += text.len() as u64;
                fed = columns.fields.feed(text);
            }
            let broken = line.is_err();
            more.push(line);
            if broken {
                break;
            }
        }
        let item = match fed {
            Fed::Record => columns.item(),
            Fed::Open => Err(format!("the quote in line {begun} is not closed")),
            Fed::TooMuch => Err(AFTER.to_owned()),
        };
        if item.is_err() {
            self.line -= more.len() as u64;
            more.into_iter()
                .rev()
                .for_each(|line| self.again.push_front(line));
        }
        Ok(item)
    }

    /// The next line, be it one that was read before.
    fn line(&mut self) -> Result<Option<Result<String, String>>, ImportError> {
        if let Some(line) = self.again.pop_front() {
            self.line += 1;
            return Ok(Some(line));
        }
        self.read_line()
    }

    /// The next line with its end, or what is wrong with it.
    fn read_line(&mut self) -> Result<Option<Result<String, String>>, ImportError> {
        let mut line = Vec::new();
        let failed = |source| ImportError::File {
            path: self.path.clone(),
            source,
        };
        let mut limited = (&mut self.lines).take(LINE_MAX);
        limited.read_until(b'\n', &mut line).map_err(failed)?;
        if line.is_empty() {
            return Ok(None);
        }
        self.line += 1;
        self.read += line.len() as u64;
        if line.len() as u64 == LINE_MAX && !line.ends_with(b"\n") {
            self.read += skip_line(&mut self.lines).map_err(failed)?;
            return Ok(Some(Err(format!("it is longer than {LINE_MAX} bytes"))));
        }
        if self.line == 1 && line.starts_with(b"\xef\xbb\xbf") {
            line.drain(..3);
        }
        Ok(Some(
            String::from_utf8(line).map_err(|_| NOT_UTF8.to_owned()),
        ))
    }

    fn header(&mut self, delimiter: Option<char>) -> Result<Columns, ImportError> {
        let header = match self.read_line()? {
            Some(Err(fault)) => return Err(self.wrong(format!("line 1: {fault}"))),
            // Text of another width, without a mark.
            Some(Ok(text)) if text.contains('\0') => {
                return Err(self.wrong(format!("line 1: {NOT_UTF8}")));
            }
            Some(Ok(text)) => text,
            None => return Err(self.wrong("it is empty; a header is needed".to_owned())),
        };
        let delimiter = match delimiter {
            Some(given) => u8::try_from(given)
                .map_err(|_| self.wrong("the delimiter is one ASCII character".to_owned()))?,
            None => likely_delimiter(&header),
        };
        let mut fields = Fields::new(delimiter);
        match fields.feed(&header) {
            Fed::Record => {}
            Fed::Open => return Err(self.wrong("line 1: a quote is not closed".to_owned())),
            Fed::TooMuch => return Err(self.wrong(format!("line 1: {AFTER}"))),
        }
        let names = fields.get().map_err(|fault| self.wrong(fault))?;
        let missing: Vec<_> = REQUIRED
            .into_iter()
            .filter(|required| !names.contains(required))
            .collect();
        if !missing.is_empty() {
            return Err(self.wrong(format!(
                "the header lacks {}; it has {}",
                missing.join(", "),
                names.join(", ")
            )));
        }
        let names = names.into_iter().map(Column::parse).collect();
        Ok(Columns { names, fields })
    }

    fn wrong(&self, problem: String) -> ImportError {
        ImportError::Form {
            path: self.path.clone(),
            problem,
        }
    }
}

impl Column {
    fn parse(name: &str) -> Self {
        let (path, is_number) = match name.strip_suffix(":number") {
            Some(path) => (path, true),
            None => (name, false),
        };
        Self {
            path: path.split('.').map(str::to_owned).collect(),
            is_number,
        }
    }
}

impl Columns {
    /// The item of the record that was fed: key, user and type, and all other columns in its
    /// body.
    fn item(&self) -> Result<String, String> {
        let values = self.fields.get()?;
        if values.len() != self.names.len() {
            return Err(format!(
                "it has {} fields, the header {}",
                values.len(),
                self.names.len()
            ));
        }
        let mut item = Map::new();
        let mut body = Value::Object(Map::new());
        for (column, value) in self.names.iter().zip(values) {
            if value.is_empty() {
                continue;
            }
            let first = column.path[0].as_str();
            if column.path.len() == 1 && REQUIRED.contains(&first) {
                item.insert(first.to_owned(), value.into());
                continue;
            }
            let value = if column.is_number {
                let number = value.parse::<serde_json::Number>();
                number
                    .map_err(|_| format!("{} is no number: {value}", column.path.join(".")))?
                    .into()
            } else {
                value.into()
            };
            set(&mut body, &column.path, value)?;
        }
        item.insert("body".to_owned(), body);
        Ok(Value::Object(item).to_string())
    }
}

/// Puts a value at a path; digits are places in a list.
fn set(at: &mut Value, path: &[String], value: Value) -> Result<(), String> {
    let Some((first, rest)) = path.split_first() else {
        *at = value;
        return Ok(());
    };
    let clash = || format!("two columns disagree at {first:?}");
    let place = match first.parse::<usize>() {
        Ok(index) if index < 100 => {
            if at.as_object().is_some_and(Map::is_empty) {
                *at = Value::Array(Vec::new());
            }
            let list = at.as_array_mut().ok_or_else(clash)?;
            while list.len() <= index {
                list.push(Value::Object(Map::new()));
            }
            &mut list[index]
        }
        Ok(_) => return Err(format!("{first} is too large a place in a list")),
        Err(_) => {
            let object = at.as_object_mut().ok_or_else(clash)?;
            let empty = || Value::Object(Map::new());
            object.entry(first.as_str()).or_insert_with(empty)
        }
    };
    set(place, rest, value)
}

/// What is wrong with a line that has more than one record.
const AFTER: &str = "something follows the record; end lines with LF or CRLF, not with CR alone";

/// Takes CSV records apart, line by line. Source: RFC 4180.
struct Fields {
    reader: csv_core::Reader,
    /// The record's fields, one after another, and where each ends.
    text: Vec<u8>,
    written: usize,
    ends: Vec<usize>,
    count: usize,
}

/// What a line came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fed {
    /// The record is whole.
    Record,
    /// A quote is open.
    Open,
    /// The record ended before the line did.
    TooMuch,
}

impl Fields {
    fn new(delimiter: u8) -> Self {
        let reader = csv_core::ReaderBuilder::new().delimiter(delimiter).build();
        Self {
            reader,
            text: Vec::new(),
            written: 0,
            ends: Vec::new(),
            count: 0,
        }
    }

    fn begin(&mut self) {
        self.reader.reset();
        (self.written, self.count) = (0, 0);
    }

    /// Reads a line that is not empty. The file's last one may lack its end.
    fn feed(&mut self, line: &str) -> Fed {
        let fed = self.feed_bytes(line.as_bytes());
        if line.ends_with('\n') || fed != Fed::Open {
            return fed;
        }
        self.feed_bytes(b"\n")
    }

    fn feed_bytes(&mut self, mut input: &[u8]) -> Fed {
        // Fields have no more bytes than their lines.
        let room = self.written + input.len() + 1;
        self.text.resize(room.max(self.text.len()), 0);
        loop {
            let (text, ends) = (&mut self.text[self.written..], &mut self.ends[self.count..]);
            let (result, read, wrote, ended) = self.reader.read_record(input, text, ends);
            input = &input[read..];
            self.written += wrote;
            self.count += ended;
            match result {
                ReadRecordResult::InputEmpty => return Fed::Open,
                ReadRecordResult::OutputFull => self.text.resize(self.text.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.count * 2 + 16, 0),
                ReadRecordResult::Record | ReadRecordResult::End => break,
            }
        }
        if input.trim_ascii().is_empty() {
            Fed::Record
        } else {
            Fed::TooMuch
        }
    }

    /// The record's fields, without blanks around.
    fn get(&self) -> Result<Vec<&str>, String> {
        let mut start = 0;
        let fields = self.ends[..self.count].iter().map(|end| {
            let field = std::str::from_utf8(&self.text[start..*end]);
            start = *end;
            field.map(str::trim)
        });
        let fields: Result<Vec<_>, _> = fields.collect();
        fields.map_err(|_| "it is no CSV".to_owned())
    }
}

fn likely_delimiter(header: &str) -> u8 {
    let count = |delimiter: &u8| header.bytes().filter(|byte| byte == delimiter).count();
    b",;\t".iter().copied().max_by_key(count).unwrap_or(b',')
}

fn by_name(path: &Path) -> Option<Format> {
    match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "csv" | "tsv" => Some(Format::Csv),
        "jsonl" | "ndjson" => Some(Format::Jsonl),
        _ => None,
    }
}

/// Reads on to the end of the line, keeping nothing; answers how much it was.
fn skip_line(lines: &mut impl BufRead) -> std::io::Result<u64> {
    let mut skipped = 0;
    loop {
        let buffer = lines.fill_buf()?;
        if buffer.is_empty() {
            return Ok(skipped);
        }
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(buffer.len(), |end| end + 1);
        lines.consume(used);
        skipped += used as u64;
        if end.is_some() {
            return Ok(skipped);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &[u8], format: Format) -> Result<Vec<Row>, ImportError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, text).unwrap();
        let mut rows = Rows::open(&path, Some(format), None)?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            all.push(row);
        }
        assert_eq!(rows.read(), text.len() as u64);
        Ok(all)
    }

    #[test]
    fn columns_are_paths_into_the_body() {
        let text = "\u{feff}key;user;type;total;seller.name;payments.0.amount;n:number\r\n\
                    a;ana;general;12.50;\"Corner; \"\"Bakery\"\"\";12.50;3\r\n\r\n\
                    b;ben;general;1;\"two\nlines\";;\n";
        let found = rows(text.as_bytes(), Format::Csv).unwrap();
        assert_eq!(found.len(), 2);
        let item: Value = serde_json::from_str(&found[0].item).unwrap();
        assert_eq!(
            item,
            serde_json::json!({
                "key": "a", "user": "ana", "type": "general",
                "body": {"total": "12.50", "seller": {"name": "Corner; \"Bakery\""},
                    "payments": [{"amount": "12.50"}], "n": 3},
            })
        );
        let item: Value = serde_json::from_str(&found[1].item).unwrap();
        assert_eq!(item["body"]["seller"]["name"], "two\nlines");
        assert_eq!((found[0].line, found[1].line), (2, 4));
    }

    #[test]
    fn a_bad_header_is_refused_with_what_it_lacks() {
        for (text, problem) in [
            ("", "it is empty"),
            ("key,user\n", "lacks type"),
            ("a|b|c\n", "lacks key, user, type"),
        ] {
            let refused = rows(text.as_bytes(), Format::Csv).err().unwrap();
            assert!(refused.to_string().contains(problem), "{refused}");
        }
    }

    #[test]
    fn a_bad_row_does_not_hinder_the_next() {
        let mut text = b"key,user,type,n:number\nb,ben,general\nc,\xff,general,1\n".to_vec();
        text.extend(b"d,dan,general,many\ne,eva,general,1\n");
        let found = rows(&text, Format::Csv).unwrap();
        let faults: Vec<_> = found.iter().map(|row| row.fault.as_deref()).collect();
        assert_eq!(
            faults,
            [
                Some("it has 3 fields, the header 4"),
                Some("it is not UTF-8; save the file as UTF-8"),
                Some("n is no number: many"),
                None,
            ]
        );
        let open = rows(b"key,user,type\n\"a,b,c\n", Format::Csv).unwrap();
        assert_eq!(
            open[0].fault.as_deref(),
            Some("the quote in line 2 is not closed")
        );
    }

    fn keys(found: &[Row]) -> Vec<String> {
        let good = found.iter().filter(|row| row.fault.is_none());
        let items = good.map(|row| serde_json::from_str(&row.item).unwrap());
        items
            .map(|item: Value| item["key"].as_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn a_stray_quote_swallows_no_row() {
        // Within a field it is a letter.
        let text = b"key,user,type,a\nb,ben,general,15\" screen\nc,c,general,1\n\
                     d,d,general,27\" tv\ne,e,general,1\n";
        let found = rows(text, Format::Csv).unwrap();
        assert_eq!(keys(&found), ["b", "c", "d", "e"]);
        let item: Value = serde_json::from_str(&found[0].item).unwrap();
        assert_eq!(item["body"]["a"], "15\" screen");
        // At its beginning it opens one, and is closed by the next slip, or by none.
        for last in ["\"x\",e,e,general,1\n", "x,e,general,1\n"] {
            let text =
                format!("key,user,type,a\nb,b,general,1\n\"c,c,general,1\nd,d,general,1\n{last}");
            let found = rows(text.as_bytes(), Format::Csv).unwrap();
            assert!(
                keys(&found).starts_with(&["b".to_owned(), "d".to_owned()]),
                "{last}"
            );
            let lines: Vec<_> = found.iter().map(|row| row.line).collect();
            assert_eq!(lines, [2, 3, 4, 5]);
            assert_eq!(found[1].item, "\"c,c,general,1\n");
            assert!(found[1].fault.is_some());
        }
    }

    #[test]
    fn lines_that_end_in_another_way_are_refused() {
        let refused = rows(
            b"key,user,type\ra,ana,general\rb,ben,general\r",
            Format::Csv,
        );
        let refused = refused.err().unwrap().to_string();
        assert!(refused.contains("end lines with LF or CRLF"), "{refused}");
        let found = rows(
            b"key,user,type\na,a,general\rb,b,general\nc,c,general",
            Format::Csv,
        );
        let found = found.unwrap();
        assert_eq!((keys(&found), found.len()), (vec!["c".to_owned()], 2));
    }

    proptest::proptest! {
        #[test]
        fn whatever_the_file_has_it_is_read_to_its_end(
            bytes in proptest::collection::vec(
                proptest::sample::select(b"ab1,;\t\"\n\r .\xc3\xa4\xff".as_slice()), 0..200),
            is_csv: bool,
        ) {
            let header = b"key,user,type,a.0.b,n:number\n".as_slice();
            let format = if is_csv { Format::Csv } else { Format::Jsonl };
            for row in rows(&[header, &bytes].concat(), format).unwrap() {
                let has_reason = row.fault.is_some();
                let is_item = || serde_json::from_str::<Value>(&row.item).is_ok();
                proptest::prop_assert!(has_reason || !is_csv || is_item(), "{}", row.item);
            }
        }
    }

    #[test]
    fn an_endless_line_takes_no_memory() {
        let mut text = vec![b'x'; 5 << 20];
        text.extend(b"\n{\"key\":\"a\"}\n");
        let found = rows(&text, Format::Jsonl).unwrap();
        assert_eq!(
            found[0].fault.as_deref(),
            Some("it is longer than 2097152 bytes")
        );
        assert_eq!(
            (found[1].line, found[1].item.as_str()),
            (2, r#"{"key":"a"}"#)
        );
    }
}
