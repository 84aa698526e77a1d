//! Tensors to logits: the model families.
