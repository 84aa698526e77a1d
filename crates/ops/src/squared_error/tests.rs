//! Fused against composed.
