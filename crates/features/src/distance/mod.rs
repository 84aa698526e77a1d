//! How far apart two sets of features are.

mod cka;
mod mmd;
mod pooled;
mod proxy;

pub use cka::{Cka, cka};
pub use mmd::{Mmd, mmd};
pub use proxy::{ProxyDistance, proxy_a_distance};
