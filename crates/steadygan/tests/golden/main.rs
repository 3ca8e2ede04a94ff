//! Compares results with PyTorch's: `README.md` in this folder describes the fixtures.

mod dcgan;
mod external_logits;
mod fixture;
mod metrics;
mod operators;
mod penalties;
mod state_dicts;
mod steps;
mod stock;
#[cfg(feature = "stock-operators")]
mod stock_fixture;
