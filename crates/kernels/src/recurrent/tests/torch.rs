//! Against values of PyTorch. `make_torch.py` made `torch.txt`.

use super::*;

#[test]
fn packed_sequences_give_what_they_give_in_pytorch() {
    for cell in CELLS {
        for direction in [Direction::Forward, Direction::Reverse] {
            let case = Case::new(cell, [3, 4, 3, 5], direction).with_lengths(&[2, 4, 3]);
            let results = case.run(Isa::best());
            let mut compared = 0;
            for line in include_str!("torch.txt").lines() {
                let words: Vec<&str> = line.split(' ').collect();
                if words[0] != format!("{cell:?}") || words[1] != format!("{direction:?}") {
                    continue;
                }
                let exact: Vec<f64> =
                    words[3..].iter().map(|word| word.parse().expect("a number")).collect();
                let error = error(results.get(words[2]), &exact);
                assert!(error < 1e-6, "{cell:?} {direction:?} {}: {error:e}", words[2]);
                compared += 1;
            }
            assert_eq!(compared, if cell == Cell::Lstm { 10 } else { 8 });
        }
    }
}
