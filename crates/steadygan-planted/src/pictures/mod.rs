//! The painted kinds of pictures.

pub(crate) mod dominoes;
pub(crate) mod metalwork;
pub(crate) mod outdoors;
pub(crate) mod patterns;
pub(crate) mod vessels;
