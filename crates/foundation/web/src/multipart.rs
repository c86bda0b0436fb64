//! `multipart/form-data` (RFC 7578), part by part while it comes.
//!
//! Nothing is kept: memory holds a few pieces of a part, however long it is. File names are never
//! looked at.

use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use axum::extract::Request;
use bytes::{Bytes, BytesMut};
use futures_util::stream;
use http_body_util::BodyExt as _;
use multer::{Constraints, Field, SizeLimit};
use tokio::time::{Instant, timeout_at};

use crate::BodyError;
use crate::body::{check_length, content_type};
use crate::times::Times;

/// `Choice:` the most parts of a form.
const PARTS_MAX: usize = 10;
/// `Choice:` the most bytes between the contents of two parts: boundary and header.
const HEAD_MAX: usize = 8 << 10;
/// The longest pieces, within contents and between them.
const PIECE_MAX: usize = 64 << 10;
const HEAD_PIECE_MAX: usize = 1 << 10;

/// A form of which nothing has been read yet.
pub struct Multipart {
    form: multer::Multipart<'static>,
    /// How much may come before the next content does.
    head: Arc<AtomicUsize>,
    parts: usize,
    max: usize,
}

impl Multipart {
    /// The form in a request's body of at most `max` bytes. Looks at the header only: nothing of
    /// the body is asked for before [`Multipart::next`].
    pub fn of(request: Request, max: usize) -> Result<Self, BodyError> {
        let content_type = content_type(request.headers())?;
        let content_type = content_type
            .filter(|said| said.essence() == "multipart/form-data")
            .ok_or(BodyError::NotMultipart)?;
        let boundary = content_type.boundary();
        let boundary = boundary.ok_or(BodyError::Form("the content type gives no boundary"))?;
        let times = Times::of(&request);
        let body = request.into_body();
        check_length(&body, max)?;
        let head = Arc::new(AtomicUsize::new(HEAD_MAX));
        let pieces = Pieces {
            body,
            rest: Bytes::new(),
            head: Arc::clone(&head),
            until: Instant::now() + times.limits.upload_time,
            times,
        };
        let pieces = stream::try_unfold(pieces, |mut pieces| async {
            let piece = pieces.next().await?;
            Ok::<_, BodyError>(piece.map(|piece| (piece, pieces)))
        });
        let limit = SizeLimit::new().whole_stream(u64::try_from(max).unwrap_or(u64::MAX));
        let limit = Constraints::new().size_limit(limit);
        Ok(Self {
            form: multer::Multipart::with_constraints(pieces, boundary, limit),
            head,
            parts: 0,
            max,
        })
    }

    /// The next part; none after the last. The one before must have been read to its end.
    pub async fn next(&mut self) -> Result<Option<Part<'_>>, BodyError> {
        self.head.store(HEAD_MAX, Ordering::Relaxed);
        let field = self.form.next_field().await;
        self.head.store(usize::MAX, Ordering::Relaxed);
        let Some(field) = field.map_err(|error| fault(error, self.max))? else {
            return Ok(None);
        };
        self.parts += 1;
        if self.parts > PARTS_MAX {
            return Err(BodyError::Form("it has too many parts"));
        }
        if field.name().is_none() {
            return Err(BodyError::Form("a part has no name"));
        }
        Ok(Some(Part {
            field,
            max: self.max,
            form: PhantomData,
        }))
    }
}

/// A part of a form, in pieces.
pub struct Part<'a> {
    field: Field<'static>,
    max: usize,
    /// One is read at a time.
    form: PhantomData<&'a mut Multipart>,
}

impl Part<'_> {
    /// The field's name.
    pub fn name(&self) -> &str {
        self.field.name().unwrap_or_default()
    }

    /// The next piece of the content; none at its end.
    pub async fn piece(&mut self) -> Result<Option<Bytes>, BodyError> {
        let piece = self.field.chunk().await;
        piece.map_err(|error| fault(error, self.max))
    }

    /// The whole content, if it has at most `max` bytes.
    pub async fn whole(mut self, max: usize) -> Result<Bytes, BodyError> {
        let mut whole = BytesMut::new();
        while let Some(piece) = self.piece().await? {
            if whole.len() + piece.len() > max {
                return Err(BodyError::TooLarge { max });
            }
            whole.extend_from_slice(&piece);
        }
        Ok(whole.freeze())
    }
}

/// A body, piece by piece.
struct Pieces {
    body: Body,
    /// Of the frame that came last.
    rest: Bytes,
    head: Arc<AtomicUsize>,
    until: Instant,
    times: Times,
}

impl Pieces {
    async fn next(&mut self) -> Result<Option<Bytes>, BodyError> {
        // The parser takes whatever is there before it looks at any: it shall see one at a time.
        tokio::task::yield_now().await;
        while self.rest.is_empty() {
            let Some(frame) = self.frame().await? else {
                return Ok(None);
            };
            self.rest = frame;
        }
        let head = self.head.load(Ordering::Relaxed);
        if head == usize::MAX {
            return Ok(Some(self.split(PIECE_MAX)));
        }
        let piece = self.split(HEAD_PIECE_MAX);
        let left = head.checked_sub(piece.len());
        let left = left.ok_or(BodyError::Form("a part's header is too long"))?;
        self.head.store(left, Ordering::Relaxed);
        Ok(Some(piece))
    }

    fn split(&mut self, max: usize) -> Bytes {
        self.rest.split_to(self.rest.len().min(max))
    }

    async fn frame(&mut self) -> Result<Option<Bytes>, BodyError> {
        let pause = Instant::now() + self.times.limits.body_time;
        let frame = timeout_at(pause.min(self.until), self.body.frame()).await;
        match frame.map_err(|_| BodyError::TooSlow)? {
            None => Ok(None),
            Some(Ok(frame)) => {
                self.times.begin_anew();
                // Trailers are no data.
                Ok(Some(frame.into_data().unwrap_or_default()))
            }
            Some(Err(_)) => Err(BodyError::Broken),
        }
    }
}

fn fault(error: multer::Error, max: usize) -> BodyError {
    use multer::Error as E;
    match error {
        E::StreamReadFailed(error) => error
            .downcast::<BodyError>()
            .map_or(BodyError::Broken, |own| *own),
        E::StreamSizeExceeded { .. } => BodyError::TooLarge { max },
        E::ReadHeaderFailed(_) | E::DecodeHeaderName { .. } | E::DecodeHeaderValue { .. } => {
            BodyError::Form("a part's header cannot be read")
        }
        _ => BodyError::Form("it ends early, or the boundary does not divide it into parts"),
    }
}
