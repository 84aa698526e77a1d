//! Runs a plan somewhere: the local process pool.
