//! Bytes on disk to contiguous arrays, splits and batches; free of Burn.
