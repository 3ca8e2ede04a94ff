//! The fields of ONNX's messages that the export writes, with the names and numbers of `onnx.proto`.

/// `ModelProto`
pub(super) mod model {
    pub(crate) const IR_VERSION: u64 = 1;
    pub(crate) const PRODUCER_NAME: u64 = 2;
    pub(crate) const PRODUCER_VERSION: u64 = 3;
    pub(crate) const GRAPH: u64 = 7;
    pub(crate) const OPSET_IMPORT: u64 = 8;
    pub(crate) const METADATA_PROPS: u64 = 14;
}

/// `OperatorSetIdProto`
pub(super) mod opset {
    pub(crate) const DOMAIN: u64 = 1;
    pub(crate) const VERSION: u64 = 2;
}

/// `StringStringEntryProto`
pub(super) mod entry {
    pub(crate) const KEY: u64 = 1;
    pub(crate) const VALUE: u64 = 2;
}

/// `GraphProto`
pub(super) mod graph {
    pub(crate) const NODE: u64 = 1;
    pub(crate) const NAME: u64 = 2;
    pub(crate) const INITIALIZER: u64 = 5;
    pub(crate) const INPUT: u64 = 11;
    pub(crate) const OUTPUT: u64 = 12;
}

/// `NodeProto`
pub(super) mod node {
    pub(crate) const INPUT: u64 = 1;
    pub(crate) const OUTPUT: u64 = 2;
    pub(crate) const NAME: u64 = 3;
    pub(crate) const OP_TYPE: u64 = 4;
    pub(crate) const ATTRIBUTE: u64 = 5;
}

/// `AttributeProto`
pub(super) mod attribute {
    pub(crate) const NAME: u64 = 1;
    pub(crate) const F: u64 = 2;
    pub(crate) const I: u64 = 3;
    pub(crate) const S: u64 = 4;
    pub(crate) const INTS: u64 = 8;
    pub(crate) const TYPE: u64 = 20;
}

/// `TensorProto`
pub(super) mod tensor {
    pub(crate) const DIMS: u64 = 1;
    pub(crate) const DATA_TYPE: u64 = 2;
    pub(crate) const NAME: u64 = 8;
    pub(crate) const RAW_DATA: u64 = 9;
}

/// `ValueInfoProto`
pub(super) mod value_info {
    pub(crate) const NAME: u64 = 1;
    pub(crate) const TYPE: u64 = 2;
}

/// `TypeProto`
pub(super) mod type_ {
    pub(crate) const TENSOR_TYPE: u64 = 1;
}

/// `TypeProto.Tensor`
pub(super) mod tensor_type {
    pub(crate) const ELEM_TYPE: u64 = 1;
    pub(crate) const SHAPE: u64 = 2;
}

/// `TensorShapeProto`
pub(super) mod shape {
    pub(crate) const DIM: u64 = 1;
}

/// `TensorShapeProto.Dimension`
pub(super) mod dimension {
    pub(crate) const DIM_VALUE: u64 = 1;
    pub(crate) const DIM_PARAM: u64 = 2;
}
