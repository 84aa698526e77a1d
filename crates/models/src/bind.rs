//! `bind`: gives every parameter of a freshly built module an identity and an initial value that
//! depend on (seed, path, shape) only.
//!
//! Burn draws ids at random and initial values from one global generator at first use; both would
//! make a condition depend on which other components exist. Here
//! * an id becomes the hash of its path,
//! * weights and biases of linear and convolution layers are drawn from named streams, uniform in
//!   +-1/sqrt(fan-in) (the rule of PyTorch's defaults, from LeCun et al. 1998),
//! * those of recurrent layers likewise, in +-1/sqrt(hidden units),
//! * norm layers keep scale 1 and shift 0, running statistics 0 and 1.

use burn::module::{Flag, Module, ModuleMapper, Param, ParamId};
use burn::tensor::{Bool, Int, Tensor, TensorData};
use fireassay_spec::{Purpose, Stream, path_key};

/// Binds a freshly built module to a seed.
pub fn bind<M: Module>(module: M, seed: u64) -> M {
    module.map(&mut Binder { seed, path: Vec::new(), kind: Vec::new(), fan_in: None })
}

struct Binder {
    seed: u64,
    path: Vec<String>,
    kind: Vec<String>,
    /// Path of the layer whose weight was met last, and that weight's fan-in; the bias needs it, and
    /// in a recurrent layer the other weight.
    fan_in: Option<(String, usize)>,
}

enum Rule {
    Keep,
    Uniform { fan_in: usize },
}

impl Binder {
    fn path(&self) -> String {
        self.path.join(".")
    }

    fn key(&self) -> ParamId {
        ParamId::from(path_key(&self.path()))
    }

    fn rule(&mut self, dims: &[usize]) -> Rule {
        let kind = self.kind.last().map_or("", String::as_str);
        let kind = kind.strip_prefix("Struct:").unwrap_or(kind).to_owned();
        let leaf = self.path.last().cloned().unwrap_or_default();
        let layer = self.path[..self.path.len().saturating_sub(1)].join(".");
        match (kind.as_str(), leaf.as_str()) {
            ("BatchNorm" | "GroupNorm" | "LayerNorm", _) => Rule::Keep,
            ("Linear", "weight") => {
                self.fan_in = Some((layer, dims[0])); // [in, out]
                Rule::Uniform { fan_in: dims[0] }
            }
            ("Conv2d", "weight") => {
                let fan_in = dims[1..].iter().product(); // [out, in, k, k]
                self.fan_in = Some((layer, fan_in));
                Rule::Uniform { fan_in }
            }
            ("RecurrentCell", "weight_hh") => {
                self.fan_in = Some((layer, dims[1])); // [gates * hidden, hidden]
                Rule::Uniform { fan_in: dims[1] }
            }
            ("Linear" | "Conv2d", "bias")
            | ("RecurrentCell", "weight_ih" | "bias_hh" | "bias_ih") => match &self.fan_in {
                Some((owner, fan_in)) if *owner == layer => Rule::Uniform { fan_in: *fan_in },
                _ => unreachable!("invariant: what decides the range of {layer} is listed first"),
            },
            _ => unreachable!("invariant: bind has a rule for every layer; {kind} has none"),
        }
    }
}

impl ModuleMapper for Binder {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.path.push(name.to_owned());
        self.kind.push(container_type.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
        self.kind.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let key = self.key();
        let (_, mut tensor, mapper) = param.consume();
        if let Rule::Uniform { fan_in } = self.rule(&tensor.dims()) {
            let stream = Stream::new(self.seed, Purpose::Init, key.val(), 0);
            let bound = 1.0 / (fan_in as f64).sqrt();
            let values = stream.symmetric(tensor.shape().num_elements(), bound);
            // A new tensor does not inherit the gradient setting.
            let require_grad = tensor.is_require_grad();
            let data = TensorData::new(values, tensor.shape());
            tensor = Tensor::from_data(data, &tensor.device()).set_require_grad(require_grad);
        }
        Param::from_mapped_value(key, tensor, mapper)
    }

    fn map_int<const D: usize>(&mut self, param: Param<Tensor<D, Int>>) -> Param<Tensor<D, Int>> {
        let (_, tensor, mapper) = param.consume();
        Param::from_mapped_value(self.key(), tensor, mapper)
    }

    fn map_bool<const D: usize>(
        &mut self,
        param: Param<Tensor<D, Bool>>,
    ) -> Param<Tensor<D, Bool>> {
        let (_, tensor, mapper) = param.consume();
        Param::from_mapped_value(self.key(), tensor, mapper)
    }

    fn map_flag(&mut self, flag: Param<Flag>) -> Param<Flag> {
        let (_, value, mapper) = flag.consume();
        Param::from_mapped_value(self.key(), value, mapper)
    }
}
