//! The choice between the two forms of every operation.

use burn::backend::DispatchDevice;
use burn::tensor::Device;
use fireassay_spec::Kernels;

/// Whether operations on `device` are fused: where that is asked for, and on flex.
pub fn fuse(kernels: Kernels, device: &Device) -> bool {
    match kernels {
        Kernels::Off => false,
        Kernels::On => is_flex(device.as_dispatch()),
    }
}

fn is_flex(device: &DispatchDevice) -> bool {
    match device {
        DispatchDevice::Flex(_) => true,
        DispatchDevice::Autodiff(device) => is_flex(device),
        #[expect(unreachable_patterns, reason = "the other backends are features of Burn")]
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fused_operations_need_flex_and_the_switch() {
        let flex = Device::flex();
        assert!(fuse(Kernels::On, &flex));
        assert!(fuse(Kernels::On, &flex.clone().autodiff()));
        assert!(!fuse(Kernels::Off, &flex));
        assert!(!fuse(Kernels::Off, &flex.autodiff()));
    }
}
