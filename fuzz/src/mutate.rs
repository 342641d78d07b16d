//! Mutations: the same seed number gives the same inputs, on every machine.

/// No input is longer; what is slow in the length shows earlier, what overflows has its own tests.
pub const MAX_LENGTH: usize = 16 * 1024;

/// Bytes that readers treat specially more often than others.
const INTERESTING: &[u8] =
    b"\0\t\n\r \"'`,;:.-+/\\{}[]()<>=@#%&*|?09AZaz_\x7f\x80\xc3\xe2\xf0\xfe\xff";

/// Text that readers of text stumble over: byte order mark, direction and width of characters,
/// letters whose case mapping has another length, numbers at the edge of a type.
const AWKWARD: &[&str] = &[
    "\u{feff}",
    "\u{202e}",
    "\u{200b}",
    "\u{130}",
    "\u{df}",
    "e\u{301}",
    "\u{1f1f1}\u{1f1fa}",
    "-1",
    "4294967296",
    "18446744073709551616",
    "99999999999999999999999999",
    "1e309",
    "null",
];

/// An endless series of inputs near the seeds.
#[derive(Debug)]
pub struct Mutator {
    state: u64,
    seeds: Vec<Vec<u8>>,
    tokens: &'static [&'static str],
}

impl Mutator {
    /// Starts the series of `number`.
    ///
    /// ```
    /// use cerebrate_fuzz::mutate::Mutator;
    ///
    /// let mut one = Mutator::new(7, vec![b"seed".to_vec()], &["token"]);
    /// let mut other = Mutator::new(7, vec![b"seed".to_vec()], &["token"]);
    /// assert_eq!(one.next_input(), other.next_input());
    /// ```
    pub fn new(number: u64, seeds: Vec<Vec<u8>>, tokens: &'static [&'static str]) -> Self {
        Mutator { state: number, seeds, tokens }
    }

    /// The next input.
    pub fn next_input(&mut self) -> Vec<u8> {
        let mut input = self.seed();
        // Mostly few changes, so that what is left still passes the first checks of a reader.
        let scale = self.below(4);
        for _ in 0..=self.below(2 << scale) {
            self.mutate(&mut input);
        }
        input.truncate(MAX_LENGTH);
        input
    }

    fn seed(&mut self) -> Vec<u8> {
        let choice = self.below(self.seeds.len());
        self.seeds.get(choice).cloned().unwrap_or_default()
    }

    fn mutate(&mut self, input: &mut Vec<u8>) {
        let start = self.below(input.len() + 1);
        let end = (start + self.below(16)).min(input.len());
        match self.below(9) {
            0 => self.flip_bit(input),
            1 => {
                let byte = self.interesting();
                input.splice(start..end.min(start + 1), [byte]);
            }
            2 => {
                let byte = self.interesting();
                input.insert(start, byte);
            }
            3 => drop(input.drain(start..end)),
            4 => input.truncate(start),
            5 => {
                let copies = 1 + self.below(64);
                let piece = input.get(start..end).unwrap_or_default().repeat(copies);
                input.splice(start..start, piece);
            }
            6 => {
                let choice = self.below(AWKWARD.len());
                let piece = AWKWARD.get(choice).copied().unwrap_or_default();
                input.splice(start..start, piece.bytes());
            }
            7 => {
                let choice = self.below(self.tokens.len());
                let piece = self.tokens.get(choice).copied().unwrap_or_default();
                input.splice(start..end, piece.bytes());
            }
            _ => {
                let other = self.seed();
                let from = self.below(other.len() + 1);
                input.truncate(start);
                input.extend_from_slice(other.get(from..).unwrap_or_default());
            }
        }
        input.truncate(MAX_LENGTH);
    }

    fn flip_bit(&mut self, input: &mut [u8]) {
        let (place, bit) = (self.below(input.len()), self.below(8));
        if let Some(byte) = input.get_mut(place) {
            *byte ^= 1 << bit;
        }
    }

    fn interesting(&mut self) -> u8 {
        let choice = self.below(INTERESTING.len());
        INTERESTING.get(choice).copied().unwrap_or_default()
    }

    /// A number under `limit`, or 0. The low bias of the remainder does no harm here.
    fn below(&mut self, limit: usize) -> usize {
        // splitmix64
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        usize::try_from(mixed >> 33).unwrap_or_default().checked_rem(limit).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn series(number: u64) -> Vec<Vec<u8>> {
        let seeds = vec![b"2026-11-24T05:49:25Z".to_vec(), b"{\"uuid\": null}".to_vec()];
        let mut mutator = Mutator::new(number, seeds, &["token"]);
        (0..1_000).map(|_| mutator.next_input()).collect()
    }

    #[test]
    fn a_series_depends_on_its_number_alone() {
        assert_eq!(series(1), series(1));
        assert_ne!(series(1), series(2));
    }

    #[test]
    fn inputs_differ_stay_short_and_use_the_tokens() {
        let inputs = series(3);
        let distinct: HashSet<_> = inputs.iter().collect();
        assert!(distinct.len() > 900, "{} distinct inputs", distinct.len());
        assert!(inputs.iter().all(|input| input.len() <= MAX_LENGTH));
        assert!(inputs.iter().any(|input| input.windows(5).any(|window| window == b"token")));
    }

    #[test]
    fn nothing_to_start_from_is_enough() {
        let mut mutator = Mutator::new(0, Vec::new(), &[]);
        assert!((0..100).any(|_| !mutator.next_input().is_empty()));
    }
}
