//! How much work one question may take: counted, not timed, so that the same policy gives the same answer everywhere.

/// The question takes more work than it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooComplex;

/// Work left.
#[derive(Debug)]
pub(super) struct Budget {
    left: u64,
}

impl Budget {
    /// Steps of one question. A step is some ten nanoseconds in a release build: well under a second in all.
    const STEPS: u64 = 12_000_000;

    pub(super) fn new() -> Self {
        Self { left: Self::STEPS }
    }

    /// Takes steps.
    pub(super) fn spend(&mut self, steps: usize) -> Result<(), TooComplex> {
        self.left = self.left.checked_sub(u64::try_from(steps).unwrap_or(u64::MAX)).ok_or(TooComplex)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_may_take_its_steps_and_not_one_more() {
        let mut budget = Budget::new();
        let steps = usize::try_from(Budget::STEPS).unwrap();
        assert_eq!(budget.spend(steps - 1), Ok(()));
        assert_eq!((budget.spend(1), budget.spend(1)), (Ok(()), Err(TooComplex)));
    }
}
