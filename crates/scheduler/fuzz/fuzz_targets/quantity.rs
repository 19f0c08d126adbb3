//! Any text as a quantity, alone and with another.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scheduler::quantity::Quantity;

fuzz_target!(|texts: (&str, &str)| {
    let (Ok(a), Ok(b)) = (Quantity::parse(texts.0), Quantity::parse(texts.1)) else {
        return;
    };
    let sum = a.plus(b);
    let _ = (sum.value(), sum.milli_value(), sum.is_zero(), a.cmp(&b), b.cmp(&sum));
});
