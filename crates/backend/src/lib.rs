//! The only place with backend features: a name becomes a Burn device.
