//! One training loop: optimizer, schedule, evaluation, checkpoints, resume.
