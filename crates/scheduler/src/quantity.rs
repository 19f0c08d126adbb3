//! Quantities, parsed and rounded as Kubernetes does.
//!
//! Follows kubernetes/apimachinery `pkg/api/resource/quantity.go`, `amount.go`, `scale_int.go` and
//! `suffix.go`: a quantity is an `i64` times a power of ten as long as that is exact, and a decimal
//! of nine places beyond. Which of the two it is shows when a value does not fit an `i64`, so both
//! are kept. Decimals of more than 10^29 saturate here, where Go has no limit.

use std::cmp::Ordering;

/// Why a text is not a quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseError {
    /// It does not look like a number with a suffix.
    Format,
    /// Its digits make no number.
    Numeric,
    /// Its suffix is none of Kubernetes'.
    Suffix,
}

impl std::fmt::Display for ParseError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Format => {
                "quantities must match the regular expression \
                 '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
            }
            Self::Numeric => "unable to parse numeric part of quantity",
            Self::Suffix => "unable to parse quantity's suffix",
        })
    }
}

impl std::error::Error for ParseError {}

/// An amount of a resource.
#[derive(Clone, Copy, Debug)]
pub struct Quantity(Amount);

#[derive(Clone, Copy, Debug)]
enum Amount {
    /// `value * 10^scale`
    Int { value: i64, scale: i32 },
    /// `unscaled * 10^-scale`
    Dec { unscaled: i128, scale: i32 },
}

/// Decimal digits that always fit an `i64`.
const MAX_INT64_FACTORS: i64 = 18;
const NANO: i32 = -9;

impl Default for Quantity {
    fn default() -> Self {
        Self::ZERO
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        let (a, a_scale) = self.parts();
        let (b, b_scale) = other.parts();
        match a.signum().cmp(&b.signum()) {
            Ordering::Equal if a == 0 => Ordering::Equal,
            Ordering::Equal => compare_scaled(a, a_scale, b, b_scale),
            unequal => unequal,
        }
    }
}

/// Compares two numbers of the same sign, `unscaled * 10^exponent` each.
fn compare_scaled(a: i128, a_exponent: i64, b: i128, b_exponent: i64) -> Ordering {
    match a_exponent.cmp(&b_exponent) {
        Ordering::Equal => a.cmp(&b),
        Ordering::Greater => match shift_up(a, a_exponent - b_exponent) {
            Some(a) => a.cmp(&b),
            None => a.signum().cmp(&0),
        },
        Ordering::Less => match shift_up(b, b_exponent - a_exponent) {
            Some(b) => a.cmp(&b),
            None => 0.cmp(&b.signum()),
        },
    }
}

fn shift_up(value: i128, digits: i64) -> Option<i128> {
    let factor = 10_i128.checked_pow(u32::try_from(digits).ok()?)?;
    value.checked_mul(factor)
}

impl Quantity {
    /// Nothing.
    pub const ZERO: Self = Self(Amount::Int { value: 0, scale: 0 });

    /// So many whole units.
    #[must_use]
    pub const fn new(value: i64) -> Self {
        Self(Amount::Int { value, scale: 0 })
    }

    /// So many thousandths.
    #[must_use]
    pub const fn milli(value: i64) -> Self {
        Self(Amount::Int { value, scale: -3 })
    }

    /// Reads a quantity as Kubernetes writes them: `100m`, `1.5Gi`, `2e3`, `0.5`.
    ///
    /// # Errors
    /// When Kubernetes would not take the text either.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        parse(text.trim())
    }

    /// Whole units, rounded up; what Go gives where that overflows an `i64`.
    #[must_use]
    pub fn value(&self) -> i64 {
        self.scaled(0)
    }

    /// Thousandths, rounded up; what Go gives where that overflows an `i64`.
    #[must_use]
    pub fn milli_value(&self) -> i64 {
        self.scaled(-3)
    }

    /// Billionths, the finest that Kubernetes keeps, rounded up; saturates beyond 10^29 units.
    #[must_use]
    pub fn nanos(&self) -> i128 {
        let (unscaled, exponent) = self.parts();
        let shift = exponent - i64::from(NANO);
        if shift >= 0 {
            let end = if unscaled < 0 { i128::MIN } else { i128::MAX };
            return shift_up(unscaled, shift).unwrap_or(end);
        }
        let Some(divisor) = shift_up(1, -shift) else {
            return i128::from(unscaled > 0);
        };
        let whole = unscaled.div_euclid(divisor);
        whole + i128::from(unscaled.rem_euclid(divisor) != 0)
    }

    /// Whether it is nothing.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.parts().0 == 0
    }

    /// The sum; it stays an `i64` and a power of ten while that is exact.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        if let (
            Amount::Int { value, scale },
            Amount::Int {
                value: more,
                scale: more_scale,
            },
        ) = (self.0, other.0)
            && let Some(sum) = add_ints(value, scale, more, more_scale)
        {
            return sum;
        }
        let (a, a_scale) = self.decimal();
        let (b, b_scale) = other.decimal();
        let scale = a_scale.max(b_scale);
        let lift = |value: i128, from: i32| {
            shift_up(value, i64::from(scale) - i64::from(from)).unwrap_or(if value < 0 {
                i128::MIN
            } else {
                i128::MAX
            })
        };
        Self(Amount::Dec {
            unscaled: lift(a, a_scale).saturating_add(lift(b, b_scale)),
            scale,
        })
    }

    /// Digits, and the power of ten they count.
    fn parts(&self) -> (i128, i64) {
        match self.0 {
            Amount::Int { value, scale } => (i128::from(value), i64::from(scale)),
            Amount::Dec { unscaled, scale } => (unscaled, -i64::from(scale)),
        }
    }

    fn decimal(&self) -> (i128, i32) {
        match self.0 {
            Amount::Int { value, scale } => (i128::from(value), scale.saturating_neg()),
            Amount::Dec { unscaled, scale } => (unscaled, scale),
        }
    }

    fn scaled(&self, scale: i32) -> i64 {
        match self.0 {
            Amount::Int { value, scale: own } if own < scale => {
                scale_down(value, scale.saturating_sub(own))
            }
            Amount::Int { value, scale: own } => scale_up(value, own.saturating_sub(scale)).0,
            Amount::Dec {
                unscaled,
                scale: own,
            } => decimal_value(unscaled, own, scale),
        }
    }
}

fn add_ints(a: i64, a_scale: i32, b: i64, b_scale: i32) -> Option<Quantity> {
    if b == 0 {
        return Some(Quantity(Amount::Int {
            value: a,
            scale: a_scale,
        }));
    }
    if a == 0 {
        return Some(Quantity(Amount::Int {
            value: b,
            scale: b_scale,
        }));
    }
    let scale = a_scale.min(b_scale);
    let lift = |value, from: i32| match scale_up(value, from.saturating_sub(scale)) {
        (value, true) => Some(value),
        _ => None,
    };
    let value = lift(a, a_scale)?.checked_add(lift(b, b_scale)?)?;
    Some(Quantity(Amount::Int { value, scale }))
}

/// `value * 10^digits`, and whether that is exact. Where it overflows the result is Go's: the
/// wrapped product for the steps it has a shortcut for, nothing for others.
fn scale_up(value: i64, digits: i32) -> (i64, bool) {
    if value == 0 || digits <= 0 {
        return (value, true);
    }
    let exact = u32::try_from(digits)
        .ok()
        .and_then(|digits| 10_i64.checked_pow(digits))
        .and_then(|factor| value.checked_mul(factor));
    match exact {
        Some(product) => (product, true),
        None if value == i64::MIN => (0, false),
        None => match digits {
            1 | 2 | 3 | 6 | 9 => (value.wrapping_mul(10_i64.pow(digits.unsigned_abs())), false),
            _ => (0, false),
        },
    }
}

/// `value / 10^digits`, rounded away from zero.
fn scale_down(value: i64, digits: i32) -> i64 {
    let factor = u32::try_from(digits)
        .ok()
        .and_then(|digits| 10_i64.checked_pow(digits));
    let Some(factor) = factor else {
        return value.signum();
    };
    value / factor + (value % factor).signum()
}

/// Go's rounding of decimals, which goes up for negative ones too.
fn decimal_value(unscaled: i128, scale: i32, new_exponent: i32) -> i64 {
    let drop = i64::from(scale) + i64::from(new_exponent);
    let wrapped = low_bits(unscaled);
    if drop == 0 {
        return wrapped;
    }
    if drop < 0 {
        let factor = u32::try_from(-drop)
            .ok()
            .and_then(|digits| 10_i64.checked_pow(digits));
        return wrapped.wrapping_mul(factor.unwrap_or(i64::MIN));
    }
    if unscaled < i128::from(i64::MAX) && drop < 19 {
        let factor = 10_i64.pow(u32::try_from(drop).unwrap_or(0));
        let rest = wrapped % factor;
        return (wrapped / factor).wrapping_add(i64::from(rest != 0));
    }
    let factor = u32::try_from(drop)
        .ok()
        .and_then(|digits| 10_i128.checked_pow(digits));
    let Some(factor) = factor else {
        return i64::from(unscaled > 0);
    };
    let rest = unscaled.rem_euclid(factor);
    low_bits(unscaled.div_euclid(factor)).wrapping_add(i64::from(rest != 0))
}

/// The lowest 64 bits of the magnitude, with the sign: Go's `big.Int.Int64`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "as Go truncates"
)]
fn low_bits(value: i128) -> i64 {
    let magnitude = value.unsigned_abs() as u64 as i64;
    if value < 0 {
        magnitude.wrapping_neg()
    } else {
        magnitude
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Decimal,
    Binary,
}

struct Text<'a> {
    positive: bool,
    /// Sign, digits, point, digits.
    value: &'a str,
    num: &'a str,
    denom: &'a str,
    suffix: &'a str,
}

fn split(text: &str) -> Result<Text<'_>, ParseError> {
    let bytes = text.as_bytes();
    let digits_from = |from: usize| {
        let rest = bytes.get(from..).unwrap_or_default();
        from + rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
    };
    let signed = matches!(bytes.first(), Some(b'+' | b'-'));
    let positive = bytes.first() != Some(&b'-');
    let mut at = usize::from(signed);
    while bytes.get(at) == Some(&b'0') {
        at += 1;
    }
    if at >= bytes.len() {
        return Ok(Text {
            positive,
            value: "0",
            num: "0",
            denom: "",
            suffix: "",
        });
    }
    let end = digits_from(at);
    let num = if end == at { "0" } else { &text[at..end] };
    at = end;
    let mut denom = "";
    if bytes.get(at) == Some(&b'.') {
        let end = digits_from(at + 1);
        denom = &text[at + 1..end];
        at = end;
    }
    let value = &text[..at];
    let letters = bytes[at..]
        .iter()
        .take_while(|byte| b"eEinumkKMGTP".contains(byte))
        .count();
    let mut end = at + letters;
    if matches!(bytes.get(end), Some(b'+' | b'-')) {
        end += 1;
    }
    if digits_from(end) != bytes.len() {
        return Err(ParseError::Format);
    }
    Ok(Text {
        positive,
        value,
        num,
        denom,
        suffix: &text[at..],
    })
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "Go truncates the exponent the same way"
)]
fn interpret(suffix: &str) -> Option<(i32, Format)> {
    let decimal = |exponent| Some((exponent, Format::Decimal));
    let binary = |exponent| Some((exponent, Format::Binary));
    match suffix {
        "" => decimal(0),
        "n" => decimal(-9),
        "u" => decimal(-6),
        "m" => decimal(-3),
        "k" => decimal(3),
        "M" => decimal(6),
        "G" => decimal(9),
        "T" => decimal(12),
        "P" => decimal(15),
        "E" => decimal(18),
        "Ki" => binary(10),
        "Mi" => binary(20),
        "Gi" => binary(30),
        "Ti" => binary(40),
        "Pi" => binary(50),
        "Ei" => binary(60),
        _ => decimal(suffix.strip_prefix(['e', 'E'])?.parse::<i64>().ok()? as i32),
    }
}

fn parse(text: &str) -> Result<Quantity, ParseError> {
    if text.is_empty() {
        return Err(ParseError::Format);
    }
    let parts = split(text)?;
    let (exponent, format) = interpret(parts.suffix).ok_or(ParseError::Suffix)?;
    if let Some(exact) = parse_int(&parts, exponent, format)? {
        return Ok(exact);
    }
    parse_decimal(&parts, exponent, format)
}

/// The short way, for what surely fits an `i64`.
fn parse_int(
    parts: &Text<'_>,
    exponent: i32,
    format: Format,
) -> Result<Option<Quantity>, ParseError> {
    let digits = i64::try_from(parts.num.len() + parts.denom.len()).unwrap_or(i64::MAX);
    let (scale, mantissa, precision) = match format {
        Format::Decimal => (exponent, 1, MAX_INT64_FACTORS.saturating_sub(digits)),
        Format::Binary if parts.denom.is_empty() => {
            let used = i64::from(exponent * 3 / 10);
            (
                0,
                1_i64 << exponent,
                15_i64.saturating_sub(digits) - used - 1,
            )
        }
        Format::Binary => (0, 1, -1),
    };
    if precision < 0 {
        return Ok(None);
    }
    let scale = scale.wrapping_sub(i32::try_from(parts.denom.len()).unwrap_or(i32::MAX));
    if scale < NANO {
        return Ok(None);
    }
    let mut value = 0_i64;
    for digit in parts.num.bytes().chain(parts.denom.bytes()) {
        value = value
            .checked_mul(10)
            .and_then(|value| value.checked_add(i64::from(digit - b'0')))
            .ok_or(ParseError::Numeric)?;
    }
    let product = value.checked_mul(mantissa);
    Ok(product.map(|product| {
        let value = if parts.positive { product } else { -product };
        Quantity(Amount::Int { value, scale })
    }))
}

fn parse_decimal(parts: &Text<'_>, exponent: i32, format: Format) -> Result<Quantity, ParseError> {
    let body = parts.value.strip_prefix(['+', '-']).unwrap_or(parts.value);
    let (whole, fraction) = body.split_once('.').unwrap_or((body, ""));
    if whole.is_empty() && fraction.is_empty() {
        return Err(ParseError::Numeric);
    }
    let mut digits: Vec<u8> = whole
        .bytes()
        .chain(fraction.bytes())
        .map(|byte| byte - b'0')
        .collect();
    let mut places = i64::try_from(fraction.len()).unwrap_or(i64::MAX);
    match format {
        Format::Decimal => places -= i64::from(exponent),
        Format::Binary => (0..exponent).for_each(|_| double(&mut digits)),
    }
    let most = i128::from(i64::MAX) * 1_000_000_000;
    let rounded =
        round_to_nano(&digits, places).filter(|&value| format == Format::Decimal || value <= most);
    let Some(unscaled) = rounded else {
        return Ok(saturated(parts.positive, format));
    };
    let unscaled = if parts.positive { unscaled } else { -unscaled };
    Ok(Quantity(Amount::Dec { unscaled, scale: 9 }))
}

/// Twice a number of decimal digits.
fn double(digits: &mut Vec<u8>) {
    let mut carry = 0;
    for digit in digits.iter_mut().rev() {
        let twice = *digit * 2 + carry;
        *digit = twice % 10;
        carry = twice / 10;
    }
    if carry > 0 {
        digits.insert(0, carry);
    }
}

/// Go caps binary quantities at the largest `i64`; decimal ones have a limit only here.
fn saturated(positive: bool, format: Format) -> Quantity {
    let (unscaled, scale) = match format {
        Format::Binary => (i128::from(i64::MAX), 0),
        Format::Decimal => (i128::MAX, 9),
    };
    Quantity(Amount::Dec {
        unscaled: if positive { unscaled } else { -unscaled },
        scale,
    })
}

/// Digits of which so many are after the point, as a number of nine places, rounded up.
fn round_to_nano(digits: &[u8], places: i64) -> Option<i128> {
    let cut = usize::try_from((places - 9).max(0)).unwrap_or(usize::MAX);
    let (kept, rest) = digits.split_at(digits.len().saturating_sub(cut));
    let mut value = 0_i128;
    for &digit in kept {
        value = value.checked_mul(10)?.checked_add(i128::from(digit))?;
    }
    if value != 0 {
        value = shift_up(value, (9 - places).max(0))?;
    }
    value.checked_add(i128::from(rest.iter().any(|&digit| digit != 0)))
}

#[cfg(test)]
mod tests {
    use super::{ParseError, Quantity};

    fn value(text: &str) -> i64 {
        Quantity::parse(text).unwrap().value()
    }

    fn milli(text: &str) -> i64 {
        Quantity::parse(text).unwrap().milli_value()
    }

    #[test]
    fn whole_units_round_up() {
        for (text, want) in [
            ("0", 0),
            ("1", 1),
            ("+1", 1),
            ("-1", -1),
            ("007", 7),
            ("1.", 1),
            (".5", 1),
            ("0.001", 1),
            ("1m", 1),
            ("1001m", 2),
            ("-1500m", -2),
            ("1n", 1),
            ("1u", 1),
            ("1k", 1000),
            ("1M", 1_000_000),
            ("2G", 2_000_000_000),
            ("3T", 3_000_000_000_000),
            ("4P", 4_000_000_000_000_000),
            ("5E", 5_000_000_000_000_000_000),
            ("1Ki", 1024),
            ("1.5Ki", 1536),
            ("0.5Mi", 524_288),
            ("128974848", 128_974_848),
            ("129e6", 129_000_000),
            ("129E6", 129_000_000),
            ("1e+3", 1000),
            ("1e-3", 1),
            ("12Gi", 12 << 30),
            ("1Ti", 1 << 40),
            ("7Ei", 7 << 60),
            ("8Ei", i64::MAX),
            ("100Ei", i64::MAX),
            ("1.1", 2),
            ("Ki", 0),
            (".", 0),
            ("9223372036854775807", i64::MAX),
            ("0.0000000001", 1),
            ("  5  ", 5),
        ] {
            assert_eq!(value(text), want, "{text}");
        }
    }

    #[test]
    fn thousandths() {
        for (text, want) in [
            ("100m", 100),
            ("0.1", 100),
            ("1", 1000),
            ("1.0005", 1001),
            ("100u", 1),
            ("2k", 2_000_000),
            ("0.123456789", 124),
            ("1e3", 1_000_000),
        ] {
            assert_eq!(milli(text), want, "{text}");
        }
    }

    #[test]
    fn overflow_is_as_in_go() {
        // One times ten to the 19th has no shortcut in Go, and gives nothing.
        assert_eq!(value("1e19"), 0);
        assert_eq!(value("10E"), 0);
        assert_eq!(milli("5E"), 0);
    }

    #[test]
    fn refused() {
        for (text, want) in [
            ("", ParseError::Format),
            ("abc", ParseError::Format),
            ("1 Gi", ParseError::Format),
            ("1Gib", ParseError::Format),
            ("1K", ParseError::Suffix),
            ("1mm", ParseError::Suffix),
            ("1e", ParseError::Suffix),
            ("1.2.3", ParseError::Format),
            ("--1", ParseError::Suffix),
        ] {
            assert_eq!(Quantity::parse(text).err(), Some(want), "{text}");
        }
    }

    #[test]
    fn sums_are_exact_before_they_round() {
        let half = Quantity::parse("0.5m").unwrap();
        assert_eq!(half.plus(half).milli_value(), 1);
        assert_eq!(half.milli_value(), 1);
        let big = Quantity::parse("9223372036854775807").unwrap();
        assert_eq!(big.plus(Quantity::new(1)).value(), i64::MIN);
        let ei = Quantity::parse("7Ei").unwrap();
        assert_eq!(
            ei.plus(Quantity::parse("1Ki").unwrap()).value(),
            (7 << 60) + 1024
        );
    }

    #[test]
    fn order() {
        let parse = |text| Quantity::parse(text).unwrap();
        assert!(parse("1Gi") > parse("1G"));
        assert_eq!(parse("1000m"), parse("1"));
        assert!(parse("-1") < parse("1n"));
        assert!(parse("1e30") > parse("1e20"));
        assert!(parse("0.1") < parse("1e20"));
        assert_eq!(parse("0"), parse("0e5"));
    }

    #[test]
    fn nothing_panics() {
        for text in [
            "1e9223372036854775807",
            "1e-9223372036854775808",
            "0e2147483647",
            "1e2147483647",
            "1e-2147483648",
            "99999999999999999999999999999999999999999999999999Ei",
            "0.00000000000000000000000000000000000000000000000000000001Ki",
            "-9223372036854775808",
            "1.99999999999999999999999999999999999999999999999999999999999",
        ] {
            if let Ok(parsed) = Quantity::parse(text) {
                let _ = (parsed.value(), parsed.milli_value(), parsed.is_zero());
                let _ = parsed.plus(parsed).plus(Quantity::new(i64::MIN)).value();
                let _ = parsed.cmp(&Quantity::milli(i64::MAX));
            }
        }
    }
}
