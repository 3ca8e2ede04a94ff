//! Golden parity with PyTorch: `README.md` in this folder says what the fixtures hold.

mod dcgan;
mod fixture;
mod judge;
mod metrics;
mod operators;
mod penalties;
mod state_dicts;
mod steps;
mod stock;
#[cfg(feature = "stock-operators")]
mod stock_fixture;
