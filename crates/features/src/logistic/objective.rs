//! The mean cross-entropy of a softmax with decay, and its gradient, in one pass over the rows.

use fireassay_kernels::{Isa, Kernel, Lanes};

use crate::arithmetic::{Blocks, Column, Cross, ROWS, Vector, exp, forward};

/// Points are [classes, width]; the last column of the features is ones, so the last weight of a
/// class is its bias.
pub(super) struct Objective<'a> {
    features: &'a Blocks,
    labels: &'a [usize],
    /// The weight of the decay.
    pub(super) strength: f64,
    /// Logits of a block, then the gradient of the loss by them.
    logits: Vec<Column>,
    gradient: Cross,
    no_bias: Vec<f64>,
}

impl<'a> Objective<'a> {
    pub(super) fn new(features: &'a Blocks, labels: &'a [usize], classes: usize) -> Self {
        assert_eq!(features.rows(), labels.len(), "invariant: a label for each row");
        Self {
            features,
            labels,
            strength: 0.0,
            logits: vec![Column::ZERO; classes],
            gradient: Cross::new(classes, features.width()),
            no_bias: vec![0.0; classes],
        }
    }

    /// The value at `point`; its gradient goes to `gradient`.
    pub(super) fn at(&mut self, point: &[f64], gradient: &mut [f64]) -> f64 {
        let count = self.labels.len() as f64;
        let loss = Isa::best().run(Pass { objective: self, point }) / count;
        let mut squares = 0.0;
        let width = self.features.width();
        let sums = self.gradient.totals();
        for (at, (gradient, sum)) in gradient.iter_mut().zip(sums).enumerate() {
            let decays = at % width != width - 1;
            let weight = if decays { point[at] } else { 0.0 };
            squares += weight * weight;
            *gradient = sum / count + self.strength * weight;
        }
        loss + 0.5 * self.strength * squares
    }
}

/// The sum of the losses; the sums of the gradients stay in the objective.
struct Pass<'a, 'b> {
    objective: &'a mut Objective<'b>,
    point: &'a [f64],
}

impl Kernel for Pass<'_, '_> {
    type Output = f64;

    #[inline(always)]
    fn run<L: Lanes>(self, _: L) -> f64 {
        let Objective { features, labels, logits, gradient, no_bias, .. } = self.objective;
        gradient.reset();
        let mut sum = 0.0;
        for ((block, rows), labels) in features.iter().zip(labels.chunks(ROWS)) {
            forward(block, self.point, no_bias, logits);
            sum += softmax(logits, labels, rows);
            gradient.add(logits, block);
        }
        sum
    }
}

/// From logits to probabilities minus one for the right class; zero below the last row. Gives the
/// sum of the losses, row by row.
#[inline(always)]
fn softmax(logits: &mut [Column], labels: &[usize], rows: usize) -> f64 {
    let mut of_label = [0.0; ROWS];
    for (of_label, (row, &label)) in of_label.iter_mut().zip(labels.iter().enumerate()) {
        *of_label = logits[label].get(row);
    }
    let (mut max, mut total) = (Column::ZERO, Column::ZERO);
    for step in 0..max.0.len() {
        let most = logits.iter().map(|column| column.0[step]);
        let most = most.fold(Vector::splat(f64::NEG_INFINITY), Vector::max);
        let mut sum = Vector::ZERO;
        for column in &mut *logits {
            column.0[step] = exp(column.0[step].sub(most));
            sum = sum.add(column.0[step]);
        }
        for column in &mut *logits {
            column.0[step] = column.0[step].div(sum);
        }
        (max.0[step], total.0[step]) = (most, sum);
    }
    let mut sum = 0.0;
    for (row, &label) in labels.iter().enumerate() {
        sum += max.get(row) + libm::log(total.get(row)) - of_label[row];
        logits[label].set(row, logits[label].get(row) - 1.0);
    }
    for column in logits {
        (rows..ROWS).for_each(|row| column.set(row, 0.0));
    }
    sum
}
