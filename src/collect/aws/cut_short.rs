//! Whether an answer ends before its document does.

/// An answer of XML that ends before its first element does.
///
/// The SDK's reader takes the end of the text for the end of every element that is open, so that half of a list would
/// pass for the whole of it. A connection that closes too early is told by HTTP; this is for what an intermediary cut
/// and sent on as whole.
#[derive(Debug, thiserror::Error)]
#[error("the answer ends in the middle of its document")]
pub(super) struct CutShort;

/// Refuses an answer of XML without the end tag of its first element. Other answers are for their own readers, which do
/// see an early end.
pub(super) fn refuse_cut_short(body: &[u8]) -> Result<(), CutShort> {
    let Some(root) = first_element(body) else { return Ok(()) };
    if ends_with_itself(root) { Ok(()) } else { Err(CutShort) }
}

/// What stands behind the `<` of the first element; `None` where the text is not XML. Empty where it ends before.
fn first_element(body: &[u8]) -> Option<&[u8]> {
    let mut rest = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body).trim_ascii_start();
    loop {
        let inside = rest.strip_prefix(b"<")?;
        // Declarations, instructions and comments stand before the first element.
        let end: &[u8] = match inside {
            [b'!', b'-', b'-', ..] => b"-->",
            [b'?', ..] => b"?>",
            [b'!', ..] => b">",
            _ => return Some(inside),
        };
        let Some(at) = inside.windows(end.len()).position(|window| window == end) else { return Some(b"") };
        rest = inside.get(at + end.len()..)?.trim_ascii_start();
        if rest.is_empty() {
            return Some(b"");
        }
    }
}

/// Whether the document ends with the end of the element that begins it.
fn ends_with_itself(root: &[u8]) -> bool {
    let name_ends = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/');
    let name = root.split(name_ends).next().unwrap_or_default();
    let Some(text) = root.trim_ascii_end().strip_suffix(b">") else { return false };
    let end_tag = text.trim_ascii_end().strip_suffix(name).is_some_and(|text| text.ends_with(b"</"));
    let only_tag = text.strip_suffix(b"/").is_some_and(|tag| !tag.contains(&b'>'));
    !name.is_empty() && (end_tag || only_tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- <a> -->\n<Vpcs xmlns=\"x\"><item/><item>Vpcs</item></Vpcs>";

    #[test]
    fn every_beginning_of_a_document_is_cut_short_and_the_whole_is_not() {
        let begin = WHOLE.find('<').unwrap();
        for at in begin + 1..WHOLE.len() {
            let cut = WHOLE.get(..at).unwrap();
            assert!(refuse_cut_short(cut.as_bytes()).is_err(), "{cut}");
        }
        for end in ["", "\n", " \r\n\t"] {
            assert!(refuse_cut_short(format!("{WHOLE}{end}").as_bytes()).is_ok());
        }
    }

    #[test]
    fn odd_documents_that_are_whole_pass() {
        for whole in ["<a/>", "<a />\n", "<a b='c'/>", "\u{feff}<a></a>", "<a></a >", " <!DOCTYPE a><a>/</a>", "<a:b><b/></a:b>"]
        {
            assert!(refuse_cut_short(whole.as_bytes()).is_ok(), "{whole}");
        }
        for cut in ["<a><b/>", "<a><b></b>", "<a>text>", "<", "<>", "<?xml?>", "<ab></b>", "<a/", "<!-- never"] {
            assert!(refuse_cut_short(cut.as_bytes()).is_err(), "{cut}");
        }
    }

    #[test]
    fn what_is_not_xml_is_for_its_own_reader() {
        for other in ["", "{\"Statement\": [", "\u{bf}binary", "text"] {
            assert!(refuse_cut_short(other.as_bytes()).is_ok(), "{other}");
        }
    }
}
