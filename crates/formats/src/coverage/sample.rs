//! The values of pixels: their type, as numbers and back.

/// What a value of a pixel is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SampleKind {
    /// A byte.
    U8,
    /// A signed byte.
    I8,
    /// 16 bits.
    U16,
    /// 16 bits, signed.
    I16,
    /// 32 bits.
    U32,
    /// 32 bits, signed.
    I32,
    /// A float of 32 bits.
    F32,
    /// A float of 64 bits.
    F64,
}

impl SampleKind {
    /// Every kind.
    pub const ALL: [SampleKind; 8] = [
        SampleKind::U8,
        SampleKind::I8,
        SampleKind::U16,
        SampleKind::I16,
        SampleKind::U32,
        SampleKind::I32,
        SampleKind::F32,
        SampleKind::F64,
    ];

    /// Its name, as NumPy has it.
    pub fn code(self) -> &'static str {
        match self {
            SampleKind::U8 => "uint8",
            SampleKind::I8 => "int8",
            SampleKind::U16 => "uint16",
            SampleKind::I16 => "int16",
            SampleKind::U32 => "uint32",
            SampleKind::I32 => "int32",
            SampleKind::F32 => "float32",
            SampleKind::F64 => "float64",
        }
    }

    /// The kind of a name.
    pub fn from_code(code: &str) -> Option<SampleKind> {
        SampleKind::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// Bytes of a value.
    pub fn bytes(self) -> usize {
        match self {
            SampleKind::U8 | SampleKind::I8 => 1,
            SampleKind::U16 | SampleKind::I16 => 2,
            SampleKind::U32 | SampleKind::I32 | SampleKind::F32 => 4,
            SampleKind::F64 => 8,
        }
    }

    /// Whether it has fractions.
    pub fn is_float(self) -> bool {
        matches!(self, SampleKind::F32 | SampleKind::F64)
    }

    /// TIFF's code of its format: unsigned, signed, float.
    pub(super) fn tiff_format(self) -> u16 {
        match self {
            SampleKind::U8 | SampleKind::U16 | SampleKind::U32 => 1,
            SampleKind::I8 | SampleKind::I16 | SampleKind::I32 => 2,
            SampleKind::F32 | SampleKind::F64 => 3,
        }
    }

    pub(super) fn of_tiff(format: u16, bits: u16) -> Option<SampleKind> {
        SampleKind::ALL
            .into_iter()
            .find(|kind| kind.tiff_format() == format && kind.bytes() * 8 == usize::from(bits))
    }

    /// The number at the beginning of the bytes; `None` when they are too few.
    pub(super) fn read(self, bytes: &[u8]) -> Option<f64> {
        Some(match self {
            SampleKind::U8 => f64::from(*bytes.first()?),
            SampleKind::I8 => f64::from(i8::from_le_bytes(taken(bytes)?)),
            SampleKind::U16 => f64::from(u16::from_le_bytes(taken(bytes)?)),
            SampleKind::I16 => f64::from(i16::from_le_bytes(taken(bytes)?)),
            SampleKind::U32 => f64::from(u32::from_le_bytes(taken(bytes)?)),
            SampleKind::I32 => f64::from(i32::from_le_bytes(taken(bytes)?)),
            SampleKind::F32 => f64::from(f32::from_le_bytes(taken(bytes)?)),
            SampleKind::F64 => f64::from_le_bytes(taken(bytes)?),
        })
    }

    /// Puts a number behind the bytes, for kinds with fractions.
    pub(super) fn write_float(self, number: f64, bytes: &mut Vec<u8>) {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the mean of values of this kind is one of this kind"
        )]
        match self {
            SampleKind::F32 => bytes.extend((number as f32).to_le_bytes()),
            _ => bytes.extend(number.to_le_bytes()),
        }
    }

    /// Puts a number behind the bytes; one that the kind does not hold becomes the nearest that it does.
    pub fn write(self, number: f64, bytes: &mut Vec<u8>) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "floats convert to the nearest"
        )]
        match self {
            SampleKind::U8 => bytes.push(number.round() as u8),
            SampleKind::I8 => bytes.extend((number.round() as i8).to_le_bytes()),
            SampleKind::U16 => bytes.extend((number.round() as u16).to_le_bytes()),
            SampleKind::I16 => bytes.extend((number.round() as i16).to_le_bytes()),
            SampleKind::U32 => bytes.extend((number.round() as u32).to_le_bytes()),
            SampleKind::I32 => bytes.extend((number.round() as i32).to_le_bytes()),
            SampleKind::F32 | SampleKind::F64 => self.write_float(number, bytes),
        }
    }

    /// Whether a value stands for none. A float's nodata is written with fewer digits than it has, or was rounded to
    /// single precision on its way.
    pub(super) fn is_none(self, value: f64, nodata: Option<f64>) -> bool {
        if value.is_nan() {
            return true;
        }
        let Some(nodata) = nodata else { return false };
        #[expect(clippy::cast_possible_truncation, reason = "compared as what is stored")]
        let single = f64::from(nodata as f32);
        // No quantity comes as far: `-3.4e+38` is the least number of single precision with fewer digits.
        let is_beyond = nodata.abs() >= 1e30 && (value - nodata).abs() <= nodata.abs() * 1e-2;
        #[expect(clippy::cast_possible_truncation, reason = "compared as what is stored")]
        match self {
            SampleKind::F32 => f64::from(value as f32) == single || value == nodata || is_beyond,
            SampleKind::F64 => value == nodata || value == single || is_beyond,
            _ => value == nodata,
        }
    }
}

fn taken<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    bytes.get(..N)?.try_into().ok()
}
