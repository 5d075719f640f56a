//! Frames as text: plain ones as they are, compressed ones (zstd, one to a message) by Jetstream's dictionary.

use std::io;

use zstd::{bulk::Decompressor, zstd_safe};

/// The largest event, in bytes, unpacked: a record has at most a mebibyte, which JSON writes with up to six bytes for one.
pub(super) const MAX_EVENT: usize = 16 * 1024 * 1024;

/// Why a frame is no text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// It was packed by another dictionary: no frame of this server can be read.
    OtherDictionary { wanted: u32, given: u32 },
    /// It alone cannot be read.
    Frame(String),
}

/// Unpacks frames, one after the other, into a buffer that is used again.
pub(super) struct Unpacker {
    decompressor: Option<Decompressor<'static>>,
    dictionary_id: Option<u32>,
    buffer: Vec<u8>,
}

impl Unpacker {
    /// With the dictionary where there is one; without, only plain frames are read.
    pub(super) fn new(dictionary: Option<&[u8]>) -> io::Result<Self> {
        let id = dictionary.and_then(zstd_safe::get_dict_id_from_dict);
        Ok(Self {
            decompressor: dictionary.map(Decompressor::with_dictionary).transpose()?,
            dictionary_id: id.map(u32::from),
            buffer: Vec::new(),
        })
    }

    /// The text of a binary frame.
    pub(super) fn text<'a>(&'a mut self, frame: &'a [u8]) -> Result<&'a str, Unreadable> {
        let Some(decompressor) = &mut self.decompressor else {
            return text(frame);
        };
        let wanted = zstd_safe::get_dict_id_from_frame(frame).map(u32::from);
        if let (Some(wanted), Some(given)) = (wanted, self.dictionary_id)
            && wanted != given
        {
            return Err(Unreadable::OtherDictionary { wanted, given });
        }
        let size = size(frame)?;
        self.buffer.clear();
        self.buffer.reserve(size);
        decompressor
            .decompress_to_buffer(frame, &mut self.buffer)
            .map_err(|error| {
                Unreadable::Frame(format!("the frame cannot be decompressed: {error}"))
            })?;
        text(&self.buffer)
    }
}

/// How many bytes the frame says that it unpacks to; the most that is accepted where it does not say.
fn size(frame: &[u8]) -> Result<usize, Unreadable> {
    let told = zstd_safe::get_frame_content_size(frame)
        .map_err(|_| Unreadable::Frame("the frame is not compressed with zstd".to_owned()))?;
    let size = told.map_or(MAX_EVENT, |told| {
        usize::try_from(told).unwrap_or(usize::MAX)
    });
    if size > MAX_EVENT {
        return Err(Unreadable::Frame(format!(
            "the frame unpacks to {size} bytes: an event has at most {MAX_EVENT}"
        )));
    }
    Ok(size)
}

fn text(bytes: &[u8]) -> Result<&str, Unreadable> {
    str::from_utf8(bytes)
        .map_err(|_| Unreadable::Frame("the frame is neither text nor unpacks to one".to_owned()))
}
