//! Which format bytes are in, by what they begin with.

/// A format in which a receipt's picture may come.
///
/// Source: receipts/endpoints.markdown, "Supported Image Formats".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Portable Network Graphics.
    Png,
    /// JPEG, as JFIF or Exif.
    Jpeg,
    /// Graphics Interchange Format, 87a or 89a.
    Gif,
    /// Tagged Image File Format. Choice: not `BigTIFF`, whose files begin at 4 GiB.
    Tiff,
    /// Portable Document Format.
    Pdf,
}

impl Format {
    /// How many first bytes [`Format::sniff`] looks at, at most.
    ///
    /// A PDF may have something before its header, which many readers look for in this many bytes.
    pub const SNIFF_BYTES: usize = 1024;

    /// The format whose signature `head`, the first bytes of a file, has. What the sender calls
    /// it is no matter.
    pub fn sniff(head: &[u8]) -> Option<Self> {
        let head = &head[..head.len().min(Self::SNIFF_BYTES)];
        let signatures: [(&[u8], Self); 6] = [
            (b"\x89PNG\r\n\x1a\n", Self::Png),
            (b"\xff\xd8\xff", Self::Jpeg),
            (b"GIF87a", Self::Gif),
            (b"GIF89a", Self::Gif),
            (b"II*\0", Self::Tiff),
            (b"MM\0*", Self::Tiff),
        ];
        let found = signatures.iter().find(|(first, _)| head.starts_with(first));
        if let Some(&(_, format)) = found {
            return Some(format);
        }
        let is_pdf = head.windows(5).any(|bytes| bytes == b"%PDF-");
        is_pdf.then_some(Self::Pdf)
    }

    /// The media type under which such a picture is kept and served.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::Tiff => "image/tiff",
            Self::Pdf => "application/pdf",
        }
    }

    /// The format of exactly the media type that [`Format::media_type`] gives.
    pub fn from_media_type(text: &str) -> Option<Self> {
        let all = [Self::Png, Self::Jpeg, Self::Gif, Self::Tiff, Self::Pdf];
        all.into_iter().find(|format| format.media_type() == text)
    }

    /// What people call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::Gif => "GIF",
            Self::Tiff => "TIFF",
            Self::Pdf => "PDF",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_told_by_its_first_bytes() {
        for (head, format) in [
            (&b"\x89PNG\r\n\x1a\n..."[..], Format::Png),
            (b"\xff\xd8\xff\xe0", Format::Jpeg),
            (b"GIF87a", Format::Gif),
            (b"GIF89a", Format::Gif),
            (b"II*\0", Format::Tiff),
            (b"MM\0*", Format::Tiff),
            (b"%PDF-1.7", Format::Pdf),
            (b"\xef\xbb\xbf\r\n%PDF-1.4", Format::Pdf),
        ] {
            assert_eq!(Format::sniff(head), Some(format), "{head:?}");
        }
    }

    #[test]
    fn other_bytes_are_no_picture() {
        for head in [
            &b""[..],
            b"\x89PNG\r\n\x1a",
            b"\xff\xd8",
            b"GIF88a",
            b"II+\0",
            b"MM\0+",
            b"RIFF....WEBPVP8 ",
            b"BM",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            b"%PD",
            b"%!PS-Adobe-3.0",
        ] {
            assert_eq!(Format::sniff(head), None, "{head:?}");
        }
        let mut late = vec![b' '; Format::SNIFF_BYTES - 4];
        late.extend_from_slice(b"%PDF-1.7");
        assert_eq!(Format::sniff(&late), None);
        assert_eq!(Format::sniff(&late[1..]), Some(Format::Pdf));
    }

    #[test]
    fn what_stands_first_decides() {
        assert_eq!(Format::sniff(b"GIF89a%PDF-1.7"), Some(Format::Gif));
    }

    #[test]
    fn media_types_go_both_ways_and_no_other_is_known() {
        for format in [
            Format::Png,
            Format::Jpeg,
            Format::Gif,
            Format::Tiff,
            Format::Pdf,
        ] {
            assert_eq!(Format::from_media_type(format.media_type()), Some(format));
        }
        for text in ["", "image/jpg", "image/tif", "IMAGE/PNG", "image/png "] {
            assert_eq!(Format::from_media_type(text), None, "{text}");
        }
    }
}
