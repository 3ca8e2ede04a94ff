//! The Dirac-GAN (Mescheder, Geiger and Nowozin 2018): the smallest game in which a GAN fails to converge, played by
//! the steps, losses and penalties that train networks. `README.md` in this folder summarises the known results.

mod flow;
mod game;
mod norms;
mod outcomes;
