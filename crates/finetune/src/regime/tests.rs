//! Every regime, resolved on five blocks.

use fireassay_spec::{BatchNormSpec, FrozenBatchNorm, TrainedBatchNorm};

use super::*;
use crate::Statistics;

const BLOCKS: usize = 5;
const BUDGET: Budgeted = Budgeted { steps: 100, batch: 32, train: 1000 };

fn blocks(count: usize) -> Vec<Block> {
    let block = |index: usize| Block {
        name: format!("block {index}"),
        paths: vec![format!("backbone.X.blocks.{index}.")],
        params: 0,
        macs: 0,
        output: vec![1],
        features: 1,
    };
    (0..count).map(block).collect()
}

fn spec(regime: RegimeSpec) -> FinetuneSpec {
    FinetuneSpec {
        regime,
        head: HeadInit::Zero,
        batch_norm: BatchNormSpec::default(),
        lr_scheme: LrScheme::Uniform,
        anchor: Anchor::None,
        head_solver: HeadSolver::Gradient,
        forgetting: false,
    }
}

fn resolved(regime: RegimeSpec) -> Regime {
    Regime::resolve(&spec(regime), &blocks(BLOCKS), BUDGET)
}

/// One letter per part: everything, affine, nothing.
fn trained(phase: &Phase) -> String {
    let letter = |part: &PartPlan| match part.trains {
        Trains::Nothing => '.',
        Trains::Affine => 'a',
        Trains::Everything => 'T',
    };
    phase.parts.iter().map(letter).collect()
}

/// One letter per part: source, drawn, zero.
fn starts(regime: &Regime) -> String {
    let letter = |part: &Part| match part.starts {
        Origin::Source => 's',
        Origin::Drawn => 'd',
        Origin::Zero => '0',
    };
    regime.parts.iter().map(letter).collect()
}

#[test]
fn regimes_are_what_they_are_said_to_be() {
    let both = |regime| [resolved(regime)].map(|r| (starts(&r), trained(&r.phases[0])));
    for (regime, start, train) in [
        (RegimeSpec::Scratch, "dddddd", "TTTTTT"),
        (RegimeSpec::ScratchCut { keep: 2 }, "ddd", "TTT"),
        (RegimeSpec::RandomFeatures, "dddddd", ".....T"),
        (RegimeSpec::RandomFeaturesCut { keep: 1 }, "dd", ".T"),
        (RegimeSpec::LinearProbe, "sssss0", ".....T"),
        (RegimeSpec::EarlyLinearProbe { keep: 3 }, "sss0", "...T"),
        (RegimeSpec::FinetuneFrom { k: 2 }, "sssss0", "..TTTT"),
        (RegimeSpec::FinetuneLast { blocks: 3 }, "sssss0", "..TTTT"),
        (RegimeSpec::FinetuneFrom { k: 5 }, "sssss0", ".....T"),
        (RegimeSpec::Full, "sssss0", "TTTTTT"),
        (RegimeSpec::CutLast { blocks: 2 }, "sss0", "TTTT"),
        (RegimeSpec::ReinitLast { blocks: 2 }, "sssdd0", "TTTTTT"),
        (RegimeSpec::OneBlock { block: 1 }, "sssss0", "T....T"),
        (RegimeSpec::AffineOnly, "sssss0", "aaaaaT"),
        (RegimeSpec::Transplant { k: 2, finetune: false }, "ssddd0", "..TTTT"),
        (RegimeSpec::Selffer { k: 2, finetune: true }, "ssddd0", "TTTTTT"),
    ] {
        assert_eq!(both(regime), [(start.to_owned(), train.to_owned())], "{regime:?}");
        let resolved = resolved(regime);
        assert_eq!(resolved.phases.len(), 1);
        assert_eq!(resolved.phases[0].steps, 0..100);
        assert_eq!(resolved.cut_off, BLOCKS + 1 - start.len(), "{regime:?}");
        assert_eq!(resolved.has_source(), start.contains('s'));
    }
}

#[test]
fn phases_follow_one_another_and_fill_the_budget() {
    let lp_ft = resolved(RegimeSpec::LpFt { probe_fraction: 0.3, lr_factor: 0.1 });
    let phases: Vec<_> = lp_ft.phases.iter().map(|p| (trained(p), p.steps.clone())).collect();
    assert_eq!(phases, [(".....T".to_owned(), 0..30), ("TTTTTT".to_owned(), 30..100)]);
    assert_eq!(lp_ft.phases[0].parts[5].lr, 1.0);
    assert!(lp_ft.phases[1].parts.iter().all(|part| part.lr == 0.1));
    assert_eq!([0, 29, 30, 99, 100].map(|step| lp_ft.phase_at(step)), [0, 0, 1, 1, 1]);
    assert_eq!((lp_ft.fixed_up_to(0), lp_ft.fixed_up_to(1)), (5, 0));

    let gradual = resolved(RegimeSpec::GradualUnfreeze { stages: 3 });
    let phases: Vec<_> = gradual.phases.iter().map(|p| (trained(p), p.steps.clone())).collect();
    let expected = [(".....T", 0..33), ("..TTTT", 33..67), ("TTTTTT", 67..100)];
    assert_eq!(phases, expected.map(|(parts, steps)| (parts.to_owned(), steps)));

    // Fewer steps than phases: some are empty, the last step still has everything.
    let budget = Budgeted { steps: 2, ..BUDGET };
    let all = RegimeSpec::GradualUnfreeze { stages: 6 };
    let short = Regime::resolve(&spec(all), &blocks(BLOCKS), budget);
    assert_eq!(short.phases.iter().map(Phase::len).sum::<u64>(), 2);
    assert_eq!(trained(&short.phases[short.phase_at(1)]), "TTTTTT");
}

#[test]
fn a_head_that_is_solved_for_takes_one_step() {
    let phases = |regime| {
        let head_solver = HeadSolver::Ridge(vec![1.0]);
        let spec = FinetuneSpec { head_solver, ..spec(regime) };
        let regime = Regime::resolve(&spec, &blocks(2), BUDGET);
        let phase = |p: &Phase| (trained(p), p.steps.clone(), p.is_solved);
        (regime.phases.iter().map(phase).collect::<Vec<_>>(), regime.steps())
    };
    let head = ("..T".to_owned(), 0..1, true);
    assert_eq!(phases(RegimeSpec::LinearProbe), (vec![head.clone()], 1));
    let lp_ft = phases(RegimeSpec::LpFt { probe_fraction: 0.5, lr_factor: 0.1 });
    assert_eq!(lp_ft, (vec![head.clone(), ("TTT".to_owned(), 1..100, false)], 100));
    let gradual = phases(RegimeSpec::GradualUnfreeze { stages: 3 }).0;
    let after = [(".TT".to_owned(), 1..51, false), ("TTT".to_owned(), 51..100, false)];
    assert_eq!(gradual, [&[head][..], &after].concat());
    assert_eq!(phases(RegimeSpec::Full), (vec![("TTT".to_owned(), 0..100, false)], 100));
}

#[test]
fn learning_rates_fall_towards_the_input() {
    let rates = |lr_scheme| {
        let spec = FinetuneSpec { lr_scheme, ..spec(RegimeSpec::Full) };
        let regime = Regime::resolve(&spec, &blocks(4), BUDGET);
        regime.phases[0].parts.iter().map(|part| part.lr).collect::<Vec<_>>()
    };
    assert_eq!(rates(LrScheme::Uniform), [1.0; 5]);
    assert_eq!(rates(LrScheme::HeadTimes(10.0)), [0.1, 0.1, 0.1, 0.1, 1.0]);
    assert_eq!(rates(LrScheme::LayerDecay(0.5)), [0.0625, 0.125, 0.25, 0.5, 1.0]);
    let geometric = rates(LrScheme::Geometric(16.0));
    for (found, expected) in geometric.iter().zip([1.0 / 16.0, 0.125, 0.25, 0.5, 1.0]) {
        assert!((found - expected).abs() < 1e-15, "{geometric:?}");
    }
}

/// What a substring would take for the same.
#[test]
fn block_1_is_not_block_10() {
    let regime = Regime::resolve(&spec(RegimeSpec::Full), &blocks(12), BUDGET);
    assert_eq!(regime.part_of("backbone.X.blocks.1.linear.weight"), 1);
    assert_eq!(regime.part_of("backbone.X.blocks.10.linear.weight"), 10);
    assert_eq!(regime.part_of("head.weight"), 12);
    assert_eq!(regime.part_of("backbone.X.dropout.training"), 12);
}

#[test]
fn batch_norm_does_what_its_mode_says() {
    let norm = |frozen, trained, budget| {
        let batch_norm = BatchNormSpec { frozen, trained };
        let regime = RegimeSpec::FinetuneFrom { k: 1 };
        let spec = FinetuneSpec { batch_norm, ..spec(regime) };
        let regime = Regime::resolve(&spec, &blocks(2), budget);
        [0, 1].map(|part| {
            let Norm { affine, statistics, re_estimated } = regime.phases[0].parts[part].batch_norm;
            (affine, statistics == Statistics::Batch, re_estimated)
        })
    };
    let of_frozen = |mode| norm(mode, TrainedBatchNorm::Auto, BUDGET)[0];
    assert_eq!(of_frozen(FrozenBatchNorm::FullyFrozen), (false, false, false));
    assert_eq!(of_frozen(FrozenBatchNorm::StatisticsFixed), (true, false, false));
    assert_eq!(of_frozen(FrozenBatchNorm::SilentDrift), (false, true, false));
    assert_eq!(of_frozen(FrozenBatchNorm::Train), (true, true, false));
    assert_eq!(of_frozen(FrozenBatchNorm::ReEstimate), (false, false, true));
    let of_trained = |mode, budget| norm(FrozenBatchNorm::FullyFrozen, mode, budget)[1];
    assert_eq!(of_trained(TrainedBatchNorm::Auto, BUDGET), (true, true, false));
    for budget in [Budgeted { batch: 15, ..BUDGET }, Budgeted { train: 319, ..BUDGET }] {
        assert_eq!(of_trained(TrainedBatchNorm::Auto, budget), (true, false, false));
    }
    assert_eq!(of_trained(TrainedBatchNorm::StatisticsFixed, BUDGET), (true, false, false));
    assert_eq!(of_trained(TrainedBatchNorm::FullyFrozen, BUDGET), (false, false, false));
    assert_eq!(of_trained(TrainedBatchNorm::ReEstimate, BUDGET), (true, false, true));
}

/// Weights that nobody has trained have no statistics to keep.
#[test]
fn drawn_blocks_take_statistics_of_their_own() {
    let few = Budgeted { batch: 4, train: 20, ..BUDGET };
    let live = |regime| {
        let regime = Regime::resolve(&spec(regime), &blocks(3), few);
        let is_live = |part: &PartPlan| part.batch_norm.statistics == Statistics::Batch;
        regime.phases[0].parts[..3].iter().map(is_live).collect::<Vec<_>>()
    };
    assert_eq!(live(RegimeSpec::Scratch), [true; 3]);
    assert_eq!(live(RegimeSpec::Full), [false; 3]);
    assert_eq!(live(RegimeSpec::ReinitLast { blocks: 1 }), [false, false, true]);
    assert_eq!(live(RegimeSpec::Transplant { k: 1, finetune: true }), [false, true, true]);
}
