//! LLRP's bytes from the reader's side: reading that insists on the standard's order, and writing.

/// Bytes that are read in order; what is missing or does not fit is said in words.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a>(&'a [u8]);

/// What is wrong with a message, and the status that says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    pub status: u16,
    pub what: String,
}

/// Something is wrong with it.
pub(super) fn wrong<T>(status: u16, what: impl Into<String>) -> Result<T, Wrong> {
    Err(Wrong { status, what: what.into() })
}

impl<'a> Reading<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn bytes(&mut self, count: usize) -> Result<&'a [u8], Wrong> {
        let Some((taken, rest)) = self.0.split_at_checked(count) else {
            return wrong(101, format!("{count} bytes expected, {} there", self.0.len()));
        };
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Wrong> {
        Ok(self.bytes(1)?[0])
    }

    pub(super) fn u16(&mut self) -> Result<u16, Wrong> {
        let taken = self.bytes(2)?;
        Ok(u16::from_be_bytes([taken[0], taken[1]]))
    }

    pub(super) fn u32(&mut self) -> Result<u32, Wrong> {
        let taken = self.bytes(4)?;
        Ok(u32::from_be_bytes([taken[0], taken[1], taken[2], taken[3]]))
    }

    /// A count of bits and the bits.
    pub(super) fn bits(&mut self) -> Result<(u16, &'a [u8]), Wrong> {
        let bits = self.u16()?;
        Ok((bits, self.bytes(usize::from(bits).div_ceil(8))?))
    }

    /// The next parameter, which must be of this type.
    pub(super) fn parameter(&mut self, kind: u16) -> Result<Reading<'a>, Wrong> {
        match self.optional(kind)? {
            Some(reading) => Ok(reading),
            None => wrong(
                103,
                format!("parameter {kind} is missing before {:02x?}", &self.0[..self.0.len().min(4)]),
            ),
        }
    }

    /// The next parameter, if it is of this type.
    pub(super) fn optional(&mut self, kind: u16) -> Result<Option<Reading<'a>>, Wrong> {
        let Some(&[t0, t1, l0, l1]) = self.0.first_chunk() else { return Ok(None) };
        if u16::from_be_bytes([t0, t1]) != kind {
            return Ok(None);
        }
        let length = usize::from(u16::from_be_bytes([l0, l1]));
        if length < 4 || length > self.0.len() {
            return wrong(
                100,
                format!("parameter {kind} says it has {length} bytes, {} are left", self.0.len()),
            );
        }
        let whole = self.bytes(length)?;
        Ok(Some(Reading(&whole[4..])))
    }

    /// The next parameter of a vendor, if it is one: vendor, subtype, the rest.
    pub(super) fn custom(&mut self) -> Result<Option<(u32, u32, Reading<'a>)>, Wrong> {
        let Some(mut value) = self.optional(1023)? else { return Ok(None) };
        Ok(Some((value.u32()?, value.u32()?, value)))
    }

    /// What is not yet read.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.0
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Nothing may be left.
    pub(super) fn end(&self) -> Result<(), Wrong> {
        if self.0.is_empty() {
            return Ok(());
        }
        wrong(
            102,
            format!(
                "{} bytes too many, beginning with {:02x?}",
                self.0.len(),
                &self.0[..self.0.len().min(6)]
            ),
        )
    }
}

/// A whole message.
pub(super) fn message(version: u8, kind: u16, id: u32, body: &[u8]) -> Vec<u8> {
    let head = (u16::from(version) << 10 | kind).to_be_bytes();
    let length = (body.len() as u32 + 10).to_be_bytes();
    [&head[..], &length, &id.to_be_bytes(), body].concat()
}

/// A parameter with a length.
pub(super) fn tlv(kind: u16, value: &[u8]) -> Vec<u8> {
    let length = (value.len() as u16 + 4).to_be_bytes();
    [&kind.to_be_bytes()[..], &length, value].concat()
}

/// A parameter without one.
pub(super) fn tv(kind: u8, value: &[u8]) -> Vec<u8> {
    [&[0x80 | kind], value].concat()
}

/// How a request ended.
pub(super) fn status(code: u16, text: &str) -> Vec<u8> {
    tlv(287, &[&code.to_be_bytes()[..], &(text.len() as u16).to_be_bytes(), text.as_bytes()].concat())
}

/// Something a reader tells unasked, with its own idea of the time.
pub(super) fn event(version: u8, id: u32, utc_us: u64, event: &[u8]) -> Vec<u8> {
    let data = [tlv(128, &utc_us.to_be_bytes()), event.to_vec()].concat();
    message(version, 63, id, &tlv(246, &data))
}

/// A vendor's parameter.
pub(super) fn custom(vendor: u32, subtype: u32, value: &[u8]) -> Vec<u8> {
    tlv(1023, &[&vendor.to_be_bytes()[..], &subtype.to_be_bytes(), value].concat())
}
