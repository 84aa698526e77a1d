//! Which examples take part in a step, and where their values lie.

use std::ops::Range;

use super::Direction;
use crate::threads::GROUP;

/// The work of one thread: some groups of examples, step by step.
pub(super) struct Schedule {
    /// The first example.
    pub(super) first: usize,
    steps: usize,
    direction: Direction,
    /// Group by group, within each from the longest to the shortest.
    members: Vec<Member>,
    keep: Keep,
}

/// Which rows there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    /// One per step of an example: those of a group side by side, in the order of steps.
    All,
    /// Those of this step and of the next.
    Two,
}

/// An example of a share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    /// Counted from the first one of the share.
    pub(super) example: usize,
    /// Steps it has.
    pub(super) length: usize,
}

/// An example that takes part in a step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Active {
    /// Its place among the members: where its states lie.
    pub(super) member: usize,
    /// Counted from the first example of the share.
    pub(super) example: usize,
    /// `example * steps` and the step of the sequence: where its input and output lie.
    pub(super) place: usize,
    /// Its row in this step.
    pub(super) row: usize,
    /// Where its gates lie.
    pub(super) slot: usize,
    /// Its row in the next step; none if this is its last one.
    pub(super) next: Option<usize>,
}

impl Schedule {
    /// Of the examples `share`.
    pub(super) fn new(
        share: Range<usize>,
        steps: usize,
        lengths: Option<&[usize]>,
        direction: Direction,
        keep: Keep,
    ) -> Self {
        let first = share.start;
        let length = |example: usize| lengths.map_or(steps, |lengths| lengths[example]);
        let member = |i| Member { example: i - first, length: length(i) };
        let mut members: Vec<Member> = share.map(member).collect();
        for group in members.chunks_mut(GROUP) {
            group.sort_by_key(|member| std::cmp::Reverse(member.length)); // stable: equal ones stay
        }
        Self { first, steps, direction, members, keep }
    }

    /// The examples in the order of their states.
    pub(super) fn members(&self) -> &[Member] {
        &self.members
    }

    /// Steps until the last example is finished.
    pub(super) fn steps(&self) -> usize {
        self.members.iter().map(|member| member.length).max().unwrap_or(0)
    }

    /// How many rows there are.
    pub(super) fn rows(&self) -> usize {
        match self.keep {
            Keep::All => self.members.iter().map(|member| member.length).sum(),
            Keep::Two => 2 * self.members.len(),
        }
    }

    /// How many rows of gates there are.
    pub(super) fn slots(&self) -> usize {
        match self.keep {
            Keep::All => self.rows(),
            Keep::Two => self.members.len(),
        }
    }

    /// Lists who takes part in `step`, counted in the order of reading.
    pub(super) fn list(&self, step: usize, active: &mut Vec<Active>) {
        active.clear();
        let mut first_row = 0; // of the group
        for (g, group) in self.members.chunks(GROUP).enumerate() {
            let count = group.iter().take_while(|member| member.length > step).count();
            let earlier: usize = group.iter().map(|member| member.length.min(step)).sum();
            for (rank, member) in group[..count].iter().enumerate() {
                let index = g * GROUP + rank;
                let (row, next) = match self.keep {
                    Keep::All => {
                        let row = first_row + earlier + rank;
                        (row, row + count)
                    }
                    Keep::Two => {
                        let half = |step: usize| step % 2 * self.members.len() + index;
                        (half(step), half(step + 1))
                    }
                };
                let time = match self.direction {
                    Direction::Forward => step,
                    Direction::Reverse => member.length - 1 - step,
                };
                active.push(Active {
                    member: index,
                    example: member.example,
                    place: member.example * self.steps + time,
                    row,
                    slot: if self.keep == Keep::All { row } else { index },
                    next: (step + 1 < member.length).then_some(next),
                });
            }
            first_row += group.iter().map(|member| member.length).sum::<usize>();
        }
    }
}

/// Splits `batch` examples into as many shares as there are threads, in whole groups.
pub(super) fn share(batch: usize) -> Vec<Range<usize>> {
    let groups = batch.div_ceil(GROUP);
    let size = groups.div_ceil(rayon::current_num_threads()).max(1) * GROUP;
    (0..batch).step_by(size).map(|first| first..(first + size).min(batch)).collect()
}

/// Cuts `whole` into one part per length; no parts of nothing.
pub(super) fn cut<T>(
    whole: Option<&mut [T]>,
    lengths: impl Iterator<Item = usize>,
) -> Vec<Option<&mut [T]>> {
    let mut rest = whole;
    let part = |len| {
        let (part, behind) = rest.take()?.split_at_mut(len);
        rest = Some(behind);
        Some(part)
    };
    lengths.map(part).collect()
}
