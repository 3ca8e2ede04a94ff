//! Golden parity with PyTorch: `README.md` in this folder says what the fixtures hold.

mod dcgan;
mod fixture;
mod operators;
