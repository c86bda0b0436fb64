//! Pictures that go along.

use bursar_outbound::Part;
use bytes::Bytes;

/// A picture of a receipt.
#[derive(Clone)]
pub struct Image {
    /// Its format.
    pub image_type: ImageType,
    /// Its bytes.
    pub bytes: Bytes,
}

/// The documented formats. Quick expenses take no GIF.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImageType {
    /// `image/gif`.
    Gif,
    /// `image/jpeg`.
    Jpeg,
    /// `application/pdf`.
    Pdf,
    /// `image/png`.
    Png,
    /// `image/tiff`.
    Tiff,
}

impl ImageType {
    /// The format that the first bytes show.
    pub fn sniff(bytes: &[u8]) -> Option<Self> {
        let starts = |magic: &[u8]| bytes.starts_with(magic);
        match bytes {
            _ if starts(b"GIF8") => Some(Self::Gif),
            _ if starts(b"\xff\xd8\xff") => Some(Self::Jpeg),
            _ if starts(b"%PDF-") => Some(Self::Pdf),
            _ if starts(b"\x89PNG\r\n\x1a\n") => Some(Self::Png),
            _ if starts(b"II*\0") || starts(b"MM\0*") => Some(Self::Tiff),
            _ => None,
        }
    }

    /// The media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Gif => "image/gif",
            Self::Jpeg => "image/jpeg",
            Self::Pdf => "application/pdf",
            Self::Png => "image/png",
            Self::Tiff => "image/tiff",
        }
    }

    fn file_name(self) -> &'static str {
        match self {
            Self::Gif => "receipt.gif",
            Self::Jpeg => "receipt.jpg",
            Self::Pdf => "receipt.pdf",
            Self::Png => "receipt.png",
            Self::Tiff => "receipt.tiff",
        }
    }
}

impl Image {
    pub(crate) fn part(self, name: &'static str) -> Part {
        Part {
            name,
            file_name: Some(self.image_type.file_name()),
            content_type: self.image_type.media_type(),
            content: self.bytes,
        }
    }
}

/// The JSON part beside a picture.
pub(crate) fn json_part(name: &'static str, json: Bytes) -> Part {
    Part {
        name,
        file_name: None,
        content_type: "application/json",
        content: json,
    }
}
