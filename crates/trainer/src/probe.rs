//! A head that is trained alone, solved as a convex problem: one update that ends at the optimum.

use fireassay_features::{
    Choice, Edge, Examples, FeatureError, Loss, Path, Problem, Stopping, Strengths, logistic, ridge,
};
use fireassay_spec::{HeadSolver, Trial};
use fireassay_tracking::SolvedHead;

use crate::TrainError;
use crate::setup::Setup;
use crate::state::model_state;

/// The head's weights and bias by the names of the model's tensors.
const WEIGHT: &str = "head.weight";
const BIAS: &str = "head.bias";

impl Setup<'_> {
    /// Finds the head for features of the train split, at the strength that is best on `val`, and
    /// puts it on the model. Gives the mean training loss without decay, and what was chosen.
    pub fn solve_head(
        &mut self,
        trial: &Trial,
        solver: &HeadSolver,
    ) -> Result<(f64, SolvedHead), TrainError> {
        let (train, val) = (self.splits.train.clone(), self.splits.val.clone());
        let classes = self.feed.dataset().num_classes();
        let kept = self.feed.matrix().ok_or_else(|| {
            TrainError::Solver(
                "the features are too large to be kept, or vary from step to step".into(),
            )
        })?;
        let examples = Examples::new(kept.values, &kept.labels, classes)?;
        let [train, val] = [train, val].map(|rows| kept.places_of(&rows));
        let (train, val) = (examples.only(&train)?, examples.only(&val)?);
        let problem = Problem::standardised(train)?;
        let path = match solver {
            HeadSolver::Ridge(strengths) => ridge(&problem, &Strengths::new(strengths)?)?,
            HeadSolver::Gradient => Err(FeatureError::Strengths { found: "none".into() })?,
            HeadSolver::Logistic(strengths) => {
                logistic(&problem, &Strengths::new(strengths)?, Stopping::default())?
            }
        };
        for note in &path.notes {
            tracing::warn!("{note}");
        }
        let choice = path.choose(&val)?;
        let head = &path.fits[choice.index].head;
        let loss = head.score(&train, Loss::CrossEntropy)?.loss;
        let solved = told(&path, &choice);
        // [classes, width] there, [width, classes] here.
        let column = |feature| head.weights().iter().skip(feature).step_by(head.width());
        let weight = bytes((0..head.width()).flat_map(column));
        let bias = bytes(head.bias().iter());
        let mut tensors = model_state(&self.model)?;
        for (name, bytes) in [(WEIGHT, weight), (BIAS, bias)] {
            let blob = tensors.get_mut(name);
            blob.expect("invariant: every model has a linear head").bytes = bytes;
        }
        self.enter_with(trial, self.phase, &tensors)?;
        Ok((loss, solved))
    }
}

fn bytes<'v>(values: impl Iterator<Item = &'v f64>) -> Vec<u8> {
    values.flat_map(|value| (*value as f32).to_le_bytes()).collect()
}

fn told(path: &Path, choice: &Choice) -> SolvedHead {
    let fit = &path.fits[choice.index];
    SolvedHead {
        strength: fit.strength,
        tried: path.fits.iter().map(|fit| fit.strength).collect(),
        val_accuracy: choice.scores.iter().map(|score| score.accuracy).collect(),
        edge: choice.edge.map(|edge| match edge {
            Edge::Strongest => "strongest".to_owned(),
            Edge::Weakest => "weakest".to_owned(),
            Edge::Only => "only".to_owned(),
        }),
        iterations: fit.search.map(|search| search.iterations as u64),
        converged: fit.search.is_none_or(|search| search.converged),
    }
}
