use super::*;

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

#[test]
fn bits_depend_neither_on_instructions_nor_on_threads_nor_on_repetition() {
    for case in cases() {
        let data = Data::of(&case);
        let expected = run(Isa::best(), &case, &data);
        for isa in Isa::all() {
            for threads in [1, 2, 3, 5] {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
                let results = pool.expect("a pool of threads").install(|| run(isa, &case, &data));
                for ((name, expected), (_, actual)) in expected.all().into_iter().zip(results.all())
                {
                    let same = bits(expected) == bits(actual);
                    assert!(same, "{name} on {} with {threads} threads: {case:?}", isa.name());
                }
            }
        }
    }
}

/// An image on its own and the same image among others: the same output without a norm.
#[test]
fn an_image_does_not_depend_on_its_neighbours() {
    let mut case = cases()[9];
    let data = Data::of(&case);
    let all = run(Isa::best(), &case, &data);
    case.block.conv.images = 1;
    let mut alone = data.clone();
    alone.x.truncate(case.block.conv.input_len());
    alone.grad.truncate(case.block.output_len());
    let alone = run(Isa::best(), &case, &alone);
    assert_eq!(bits(&alone.y), bits(&all.y[..alone.y.len()]));
    assert_eq!(bits(&alone.x), bits(&all.x[..alone.x.len()]));
}
